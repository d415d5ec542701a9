"""Which patients a clinician wants to see, in which order, in words of the database.

Off track is told from columns that the database can see: alerts that are open about lessons left,
reminders unanswered or questions overdue; the clock of a lesson that has waited too long; and when
somebody at work on the program was last heard of. Everything finer lies sealed in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from bot.store.tables import (
    alerts,
    caseloads,
    clinicians,
    glasses,
    messages,
    nudges,
    patients,
    scores,
)
from flows.journey import PHASES

TIERS = ("red", "amber", "yellow", "grey")
"""The tiers, the gravest first."""

OFF_TRACK_RULES = {
    "behind-schedule": "lesson",
    "nudges-unanswered": "reminders",
    "overdue-after-amber": "questions",
    "silence-after-amber": "silent",
}
"""The rules whose open alert puts somebody off track, and in which way."""

CARING = ("clinician", "lead")
"""The roles of those who guide patients."""

AT_WORK = ("baseline", "planning", "learning", "finishing")
"""The phases in which a patient is expected to write."""

SILENT = timedelta(days=7)
"""Who is at work and was not heard of for so long is off track."""

TOLD_AFTER = timedelta(days=7)
"""The clock of a lesson left waiting ends so long after the patient was asked what is wrong."""

SORTS = ("need", "pseudonym", "phase", "joined", "seen", "due", "unread")
"""How the table can be sorted, beside by the newest score of a measure."""

TELLING = ("phase", "seen", "due", "unread")
"""The orders that tell of a patient what stands in no line that is shut."""

_OPEN = ("raised", "told", "seen", "taken", "acted")
_CLOCKS = ("behind:%", "silence:%", "unanswered:%", "overdue:%", "cue:%")
_SCORE = "score-"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which patients, in which order, and which page of them."""

    words: str = ""
    phase: str | None = None
    tier: str | None = None
    of_clinician: int | None = None
    open_to: int | None = None
    off_track: bool = False
    sort: str = "need"
    down: bool = False
    page: int = 1


def query(wanted: Wanted, columns: Sequence[ColumnElement[Any]], at: datetime) -> Select[Any]:
    """The patients who match, in the order that is wanted."""
    rows = matching(wanted, columns, at)
    if wanted.sort.startswith(_SCORE):
        newest = _newest_score(wanted.sort.removeprefix(_SCORE))
        return rows.order_by(_directed(newest, wanted.down), patients.c.id)
    return _SORTED.get(wanted.sort, _by_need)(rows, wanted.down).order_by(patients.c.id)


def matching(wanted: Wanted, columns: Sequence[ColumnElement[Any]], at: datetime) -> Select[Any]:
    """The patients who match, in no order."""
    return select(*columns).where(*_conditions(wanted, at))


def is_open() -> ColumnElement[bool]:
    """Whether an alert is open; named states, so that their index helps."""
    return alerts.c.state.in_(_OPEN)


def is_unread() -> ColumnElement[bool]:
    """Whether a message is the patient's and nobody has seen it."""
    return and_(messages.c.seen_at.is_(None), messages.c.clinician_id.is_(None))


def is_coming() -> ColumnElement[bool]:
    """Whether a nudge will reach the patient, and is not a clock of ours."""
    return and_(nudges.c.state == "waiting", ~is_clock())


def is_clock() -> ColumnElement[bool]:
    """Whether a nudge is a clock that runs for us, and nothing that the patient gets."""
    return or_(*(nudges.c.key.like(pattern) for pattern in _CLOCKS))


def is_left(at: datetime) -> ColumnElement[bool]:
    """Whether a nudge is the clock of a lesson that has waited too long by now."""
    begun = nudges.c.due_at <= at + TOLD_AFTER
    return and_(nudges.c.state == "waiting", nudges.c.key.like("behind:%"), begun)


def is_open_to(clinician_id: int, at: datetime) -> ColumnElement[bool]:
    """Whether a clinician who leads nobody may open the patient: bot.service.access in SQL."""
    taken = _with_open(alerts.c.taken_by == clinician_id)
    glass = select(glasses.c.patient_id).where(
        glasses.c.clinician_id == clinician_id, glasses.c.until_at > at
    )
    return or_(
        patients.c.id.in_(_guided_by(clinician_id)),
        patients.c.id.not_in(_guided()),
        patients.c.id.in_(taken),
        patients.c.id.in_(glass),
    )


def _conditions(wanted: Wanted, at: datetime) -> list[ColumnElement[bool]]:
    found = [_has_word(word) for word in wanted.words.split()]
    if wanted.phase:
        found.append(patients.c.phase == wanted.phase)
    if wanted.tier:
        found.append(patients.c.id.in_(_with_open(alerts.c.tier == wanted.tier)))
    if wanted.of_clinician is not None:
        found.append(patients.c.id.in_(_guided_by(wanted.of_clinician)))
    if wanted.open_to is not None:
        found.append(is_open_to(wanted.open_to, at))
    if wanted.off_track:
        found.append(_is_off_track(at))
    return found


def _has_word(word: str) -> ColumnElement[bool]:
    return patients.c.pseudonym.icontains(word, autoescape=True)


def _with_open(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(alerts.c.patient_id).where(is_open(), *conditions)


def _guided_by(clinician_id: int) -> Select[Any]:
    own = caseloads.c.clinician_id == clinician_id, caseloads.c.until_at.is_(None)
    return select(caseloads.c.patient_id).where(*own)


def _guided() -> Select[Any]:
    """The patients who have somebody in the team who guides them."""
    guiding = caseloads.join(clinicians, clinicians.c.id == caseloads.c.clinician_id)
    still = caseloads.c.until_at.is_(None), clinicians.c.disabled_at.is_(None)
    caring = clinicians.c.role.in_(CARING)
    return select(caseloads.c.patient_id).select_from(guiding).where(*still, caring)


def _is_off_track(at: datetime) -> ColumnElement[bool]:
    heard = func.coalesce(patients.c.last_seen_at, patients.c.created_at)
    silent = and_(patients.c.phase.in_(AT_WORK), heard <= at - SILENT)
    told = patients.c.id.in_(_with_open(alerts.c.rule.in_(list(OFF_TRACK_RULES))))
    left = patients.c.id.in_(select(nudges.c.patient_id).where(is_left(at)))
    return or_(silent, told, left)


def _newest_score(measure: str) -> ColumnElement[Any]:
    mine = scores.c.patient_id == patients.c.id, scores.c.measure == measure
    newest = select(scores.c.total).where(*mine, scores.c.total.is_not(None))
    return newest.order_by(scores.c.at.desc()).limit(1).scalar_subquery()


def _by_need(rows: Select[Any], down: bool) -> Select[Any]:
    """Open alerts by tier and age first, then unread words, then who was not heard of longest."""
    ranks = {tier: rank for rank, tier in enumerate(TIERS)}
    rank = case(ranks, value=alerts.c.tier, else_=len(TIERS))
    worst = (
        select(
            alerts.c.patient_id,
            func.min(rank).label("rank"),
            func.min(alerts.c.raised_at).label("since"),
        )
        .where(is_open())
        .group_by(alerts.c.patient_id)
        .subquery()
    )
    joined = rows.outerjoin_from(patients, worst, worst.c.patient_id == patients.c.id)
    return joined.order_by(
        _directed(worst.c.rank, down),
        _directed(worst.c.since, down),
        _directed(patients.c.last_seen_at, down),
    )


def _by_unread(rows: Select[Any], down: bool) -> Select[Any]:
    waiting = (
        select(messages.c.patient_id, func.count().label("number"))
        .where(is_unread())
        .group_by(messages.c.patient_id)
        .subquery()
    )
    joined = rows.outerjoin_from(patients, waiting, waiting.c.patient_id == patients.c.id)
    return joined.order_by(_directed(waiting.c.number, not down))


def _by_due(rows: Select[Any], down: bool) -> Select[Any]:
    coming = (
        select(nudges.c.patient_id, func.min(nudges.c.due_at).label("due_at"))
        .where(is_coming())
        .group_by(nudges.c.patient_id)
        .subquery()
    )
    joined = rows.outerjoin_from(patients, coming, coming.c.patient_id == patients.c.id)
    return joined.order_by(_directed(coming.c.due_at, down))


def _by_phase(rows: Select[Any], down: bool) -> Select[Any]:
    order = {phase: number for number, phase in enumerate(PHASES)}
    place = case(order, value=patients.c.phase, else_=len(PHASES))
    return rows.order_by(_directed(place, down))


def _by_column(name: str) -> Callable[[Select[Any], bool], Select[Any]]:
    def by(rows: Select[Any], down: bool) -> Select[Any]:
        return rows.order_by(_directed(patients.c[name], down))

    return by


def _directed(column: ColumnElement[Any], down: bool) -> ColumnElement[Any]:
    # who has nothing there comes last, whichever way it is sorted
    return column.desc().nulls_last() if down else column.asc().nulls_last()


_SORTED: dict[str, Callable[[Select[Any], bool], Select[Any]]] = {
    "need": _by_need,
    "pseudonym": _by_column("pseudonym"),
    "phase": _by_phase,
    "joined": _by_column("created_at"),
    "seen": _by_column("last_seen_at"),
    "due": _by_due,
    "unread": _by_unread,
}
