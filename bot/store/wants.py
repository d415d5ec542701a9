"""Which patients a clinician wants to see, in which order, in words of the database.

Off track is told from columns that the database can see: alerts that are open about lessons left,
reminders unanswered or questions overdue; the clock of a lesson that has waited too long; and when
somebody at work on the program was last heard of. Everything finer lies sealed in the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    case,
    except_,
    exists,
    func,
    literal_column,
    not_,
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


def is_open_to(
    clinician_id: int, at: datetime, whose: ColumnElement[int] = patients.c.id
) -> ColumnElement[bool]:
    """Whether a clinician who leads nobody may open the patient: bot.service.access in SQL."""
    theirs = (each.where(each.selected_columns[0] == whose) for each in _owns(clinician_id, at))
    return or_(~_is_guided(whose), *(each.correlate(whose.table).exists() for each in theirs))


def is_narrow(wanted: Wanted) -> bool:
    """Whether mostly few are wanted."""
    return bool(wanted.words or wanted.tier) or wanted.of_clinician is not None


class Crowd(NamedTuple):
    """Numbers of patients, and whose are left out: each in order already, or soon put in order.

    So the database goes through all of them in step, and looks nobody up.
    """

    numbers: Select[int]
    but: tuple[Select[int], ...] = ()

    def without(self, *others: Select[int]) -> Select[int] | CompoundSelect[int]:
        """Each number once, without those of these others."""
        but = *self.but, *others
        return except_(self.numbers, *but) if but else self.numbers.distinct()

    def in_order(self) -> Select[int] | CompoundSelect[int]:
        """Each number once, in order."""
        those = self.without()
        return those.order_by(those.selected_columns[0])


def crowd(wanted: Wanted, at: datetime) -> Crowd | None:
    """Those who are wanted, to be gone through in step; None where they are to be looked up."""
    if is_narrow(wanted) or wanted.off_track:
        return None
    those = select(patients.c.id)
    if wanted.phase:
        those = those.where(patients.c.phase == wanted.phase)
    return Crowd(those, () if wanted.open_to is None else (_shut_to(wanted.open_to, at),))


def is_read_whole(wanted: Wanted) -> bool:
    """Whether all who are wanted are read: they may be half of everybody, and in no index."""
    return wanted.off_track and not wanted.phase and not is_narrow(wanted)


def total(wanted: Wanted, at: datetime) -> Select[int]:
    """How many patients are wanted."""
    if wanted.tier is not None or wanted.of_clinician is not None:
        # they are few
        return _everybody().where(*conditions(wanted, at, of_each=True))
    if wanted.open_to is not None and not (wanted.words or wanted.phase or wanted.off_track):
        return _number_open_to(wanted.open_to, at)
    those = crowd(wanted, at)
    if those is not None and those.but:
        return select(func.count()).select_from(those.in_order().subquery())
    return _everybody().where(*conditions(wanted, at))


def conditions(wanted: Wanted, at: datetime, *, of_each: bool = False) -> list[ColumnElement[bool]]:
    """What must hold of the patients who are wanted; `of_each` if they are looked at one by one."""
    found = [_has_word(word) for word in wanted.words.split()]
    if wanted.phase:
        # so written SQLite reads their rows, and not all who are in the phase
        phase = patients.c.phase.concat("") if of_each else patients.c.phase
        found.append(phase == wanted.phase)
    if wanted.tier:
        found.append(patients.c.id.in_(_with_open(alerts.c.tier == wanted.tier)))
    if wanted.of_clinician is not None:
        found.append(patients.c.id.in_(_guided_by(wanted.of_clinician)))
    if wanted.open_to is not None:
        is_theirs = is_open_to if of_each else _is_one_open_to
        found.append(is_theirs(wanted.open_to, at))
    if wanted.off_track:
        found.append(_is_off_track(at, of_each=of_each))
    return found


def off_track(at: datetime) -> Select[int]:
    """The numbers of those who are off track, some of them more than once."""
    long_ago, seen = at - SILENT, patients.c.last_seen_at
    at_work = select(patients.c.id).where(patients.c.phase.in_(AT_WORK))
    never = at_work.where(seen.is_(None), patients.c.created_at <= long_ago)
    found = union_all(at_work.where(seen <= long_ago), never, _told(), _left(at)).subquery("off")
    return select(found.c.id)


def guided() -> Select[int]:
    """The patients whom somebody in the team guides."""
    return select(caseloads.c.patient_id).where(*_GUIDED_NOW)


def owns(clinician_id: int, at: datetime) -> CompoundSelect[int]:
    """The patients whom a clinician may open whoever guides them."""
    return union_all(*_owns(clinician_id, at))


def _everybody() -> Select[int]:
    return select(func.count()).select_from(patients)


def _number_open_to(clinician_id: int, at: datetime) -> Select[int]:
    """How many a clinician may open: those whom nobody guides, and of the others their own."""
    those = select(func.count(caseloads.c.patient_id.distinct())).where(*_GUIDED_NOW)
    own = owns(clinician_id, at).subquery("own")
    theirs = select(func.count(own.c.patient_id.distinct())).where(_is_guided(own.c.patient_id))
    all_, some, but = (each.scalar_subquery() for each in (_everybody(), theirs, those))
    return select(all_ + some - but)


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


def _owns(clinician_id: int, at: datetime) -> tuple[Select[int], ...]:
    """The patients whom a clinician may open whoever guides them."""
    taken = _with_open(alerts.c.taken_by == clinician_id)
    return _guided_by(clinician_id), taken, _under_glass(clinician_id, at)


def _is_one_open_to(clinician_id: int, at: datetime) -> ColumnElement[bool]:
    """The same as `is_open_to`, where nearly everybody is asked for it."""
    return or_(patients.c.id.not_in(guided()), patients.c.id.in_(owns(clinician_id, at)))


def _shut_to(clinician_id: int, at: datetime) -> Select[int]:
    """The patients whom this clinician may not open: all the others of `is_open_to`."""
    return guided().where(caseloads.c.patient_id.not_in(owns(clinician_id, at)))


def _is_guided(whose: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the patient has somebody in the team who guides them."""
    theirs = caseloads.c.patient_id == whose
    return exists().where(theirs, *_GUIDED_NOW).correlate(whose.table)


def _is_by_somebody() -> ColumnElement[bool]:
    """Whether whoever guides is in the team still."""
    still = and_(clinicians.c.disabled_at.is_(None), clinicians.c.role.in_(CARING))
    strays, whose = select(clinicians.c.id).where(not_(still)), caseloads.alias("strays")
    # mostly nobody else guides anybody, which is asked once, and then of no patient
    has_strays = exists().where(whose.c.clinician_id.in_(strays), whose.c.until_at.is_(None))
    # so written SQLite looks at whoever guides the patient, and not for each of the whole team
    is_still = (caseloads.c.clinician_id + 0).in_(select(clinicians.c.id).where(still))
    return or_(~has_strays, is_still)


_GUIDED_NOW = (caseloads.c.until_at.is_(None), _is_by_somebody())


def _is_off_track(at: datetime, *, of_each: bool) -> ColumnElement[bool]:
    long_ago = at - SILENT
    never = and_(patients.c.last_seen_at.is_(None), patients.c.created_at <= long_ago)
    heard = or_(patients.c.last_seen_at <= long_ago, never)
    silent = and_(patients.c.phase.in_(AT_WORK), heard)
    told: ColumnElement[bool] = patients.c.id.in_(_told())
    left: ColumnElement[bool] = patients.c.id.in_(_left(at))
    if of_each:
        told = _told().where(alerts.c.patient_id == patients.c.id).exists()
        left = _left_of_each(at).exists()
    # as one case: else SQLite looks up each of these by itself, and reads the whole rows
    return case((silent, 1), (told, 1), (left, 1), else_=0) == 1


def _told() -> Select[int]:
    """Of whom an open alert tells that they are off track."""
    # so written SQLite goes through the few that are open, and not through all of these rules
    rule = alerts.c.rule.concat("")
    return _with_open(rule.in_(list(OFF_TRACK_RULES)))


def _left(at: datetime) -> Select[int]:
    """Whose lesson has waited too long."""
    return select(nudges.c.patient_id).where(is_left(at))


def _left_of_each(at: datetime) -> Select[int]:
    # so written SQLite looks at the patient's own nudges, and not at all that are left
    state = nudges.c.state.concat("") == "waiting"
    theirs = nudges.c.patient_id == patients.c.id, nudges.c.due_at <= at + TOLD_AFTER
    return select(nudges.c.id).where(*theirs, state, _in_words(LEFT)).correlate(patients)


def _in_words(words: str) -> ColumnElement[bool]:
    # without a type: as a truth it would be compared with 1, and fit no index any more
    return literal_column(words)
