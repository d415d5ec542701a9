"""Which patients a clinician wants to see, in which order, in words of the database.

Off track is told from columns that the database can see: alerts that are open about lessons left,
reminders unanswered or questions overdue; the clock of a lesson that has waited too long; and when
somebody at work on the program was last heard of. Everything finer lies sealed in the state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from bot.store.tables import (
    COMING,
    IS_CLOCK,
    LEFT,
    alerts,
    caseloads,
    clinicians,
    glasses,
    messages,
    nudges,
    patients,
)

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

_WAITING: ColumnElement[str] = literal_column("'waiting'")
_CLOSED: ColumnElement[str] = literal_column("'closed'")


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


def is_open() -> ColumnElement[bool]:
    """Whether an alert is open; in the very words of the indexes that hold the open ones."""
    return alerts.c.state != _CLOSED


def is_unread() -> ColumnElement[bool]:
    """Whether a message is the patient's and nobody has seen it."""
    return and_(messages.c.seen_at.is_(None), messages.c.clinician_id.is_(None))


def is_waiting(rows: FromClause) -> ColumnElement[bool]:
    """Whether a nudge waits; in the very words of the indexes that hold those."""
    return rows.c.state == _WAITING


def is_coming(rows: FromClause = nudges) -> ColumnElement[bool]:
    """Whether a nudge will reach the patient, and is not a clock of ours."""
    words = COMING.replace(nudges.name, rows.description)
    return and_(rows.c.state == _WAITING, _in_words(words))


def is_clock() -> ColumnElement[bool]:
    """Whether a nudge is a clock that runs for us, and nothing that the patient gets."""
    return _in_words(IS_CLOCK)


def is_left(at: datetime) -> ColumnElement[bool]:
    """Whether a nudge is the clock of a lesson that has waited too long by now."""
    begun = nudges.c.due_at <= at + TOLD_AFTER
    return and_(nudges.c.state == _WAITING, _in_words(LEFT), begun)


def is_open_to(clinician_id: int, at: datetime) -> ColumnElement[bool]:
    """Whether a clinician who leads nobody may open the patient: bot.service.access in SQL."""
    return or_(
        patients.c.id.in_(_guided_by(clinician_id)),
        ~_is_guided(),
        patients.c.id.in_(_with_open(alerts.c.taken_by == clinician_id)),
        patients.c.id.in_(_under_glass(clinician_id, at)),
    )


def total(wanted: Wanted, at: datetime) -> Select[int]:
    """How many patients are wanted."""
    everybody = select(func.count()).select_from(patients)
    are_few = wanted.tier is not None or wanted.of_clinician is not None
    if wanted.open_to is None or are_few:
        return everybody.where(*conditions(wanted, at))
    shut = _shut_to(wanted.open_to, at)
    others = conditions(replace(wanted, open_to=None), at)
    if others:
        return everybody.where(*others, patients.c.id.not_in(shut))
    # who is shut is sooner counted than who is not
    number = select(func.count()).select_from(shut.distinct().subquery())
    return select(everybody.scalar_subquery() - number.scalar_subquery())


def conditions(wanted: Wanted, at: datetime) -> list[ColumnElement[bool]]:
    """What must hold of the patients who are wanted."""
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
    # a pseudonym has no capitals
    return patients.c.pseudonym.contains(word.lower(), autoescape=True)


def _with_open(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(alerts.c.patient_id).where(is_open(), *conditions)


def _guided_by(clinician_id: int) -> Select[Any]:
    own = caseloads.c.clinician_id == clinician_id, caseloads.c.until_at.is_(None)
    return select(caseloads.c.patient_id).where(*own)


def _under_glass(clinician_id: int, at: datetime) -> Select[Any]:
    opened = glasses.c.clinician_id == clinician_id, glasses.c.until_at > at
    return select(glasses.c.patient_id).where(*opened)


def _shut_to(clinician_id: int, at: datetime) -> Select[int]:
    """The patients whom this clinician may not open: all the others of `is_open_to`."""
    their_own = union_all(
        _guided_by(clinician_id),
        _with_open(alerts.c.taken_by == clinician_id),
        _under_glass(clinician_id, at),
    )
    guided = caseloads.c.until_at.is_(None), _is_by_somebody()
    return select(caseloads.c.patient_id).where(*guided, caseloads.c.patient_id.not_in(their_own))


def _is_guided() -> ColumnElement[bool]:
    """Whether the patient has somebody in the team who guides them."""
    of_them = caseloads.c.patient_id == patients.c.id, caseloads.c.until_at.is_(None)
    return exists().where(*of_them, _is_by_somebody()).correlate(patients)


def _is_by_somebody() -> ColumnElement[bool]:
    """Whether whoever guides is in the team still."""
    still = clinicians.c.disabled_at.is_(None), clinicians.c.role.in_(CARING)
    # so written SQLite looks at whoever guides the patient, and not for each of the whole team
    return (caseloads.c.clinician_id + 0).in_(select(clinicians.c.id).where(*still))


def _is_off_track(at: datetime) -> ColumnElement[bool]:
    long_ago = at - SILENT
    never = and_(patients.c.last_seen_at.is_(None), patients.c.created_at <= long_ago)
    heard = or_(patients.c.last_seen_at <= long_ago, never)
    silent = and_(patients.c.phase.in_(AT_WORK), heard)
    # so written SQLite goes through the few that are open, and not through all of these rules
    rule = alerts.c.rule.concat("")
    told = patients.c.id.in_(_with_open(rule.in_(list(OFF_TRACK_RULES))))
    left = patients.c.id.in_(select(nudges.c.patient_id).where(is_left(at)))
    # as one case: else SQLite looks up each of these by itself, and reads the whole rows
    return case((silent, 1), (told, 1), (left, 1), else_=0) == 1


def _in_words(words: str) -> ColumnElement[bool]:
    # without a type: as a truth it would be compared with 1, and fit no index any more
    return literal_column(words)
