"""Alerts: one for each patient, rule and window; their moves and their clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from bot.store.tables import alert_moves, alert_tries, alerts
from bot.store.tries import FAILED, SENT
from bot.store.unit import Unit, add, claiming
from bot.store.wants import is_open

RAISED, CLOSED = "raised", "closed"
FALSE_ALARM = "false-alarm"
"""The outcome that is counted for each rule, and that silences nothing."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it stands: why, how urgent, who has it, when it is told again."""

    id: int
    patient_id: int
    rule: str
    tier: str
    state: str
    raised_at: datetime
    facts: str
    fired_count: int
    last_fired_at: datetime
    taken_by: int | None
    taken_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    deadline_at: datetime | None
    told_count: int
    hop: int = 0
    acted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One move in an alert's life, who made it if somebody did, and how long since it was raised.

    `since_raised` is in seconds, from when it was raised or last raised again.
    """

    move: str
    clinician_id: int | None
    at: datetime
    since_raised: int | None = None


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How many alerts of a rule were closed, and how many of them as false alarms."""

    rule: str
    closed: int
    false: int


def raise_(
    unit: Unit,
    *,
    patient_id: int,
    rule: str,
    tier: str,
    facts: str,
    at: datetime,
    deadline_at: datetime | None,
    window_hours: int,
    hop: int = 0,
) -> tuple[Alert, bool]:
    """The alert, and whether it is new.

    One of the same rule that is open, or was raised within the window, fires again instead, with
    the newest facts. It is given back in the state it was in: if that is closed, the caller moves
    it on, for a closed alert calls nobody.
    """
    earlier = _firing(unit, patient_id, rule, at - timedelta(hours=window_hours))
    if earlier is not None:
        again = {"fired_count": earlier.fired_count + 1, "last_fired_at": at, "facts": facts}
        unit.connection.execute(update(alerts).where(alerts.c.id == earlier.id).values(again))
        return _known(unit, earlier.id), False
    values = {
        "patient_id": patient_id,
        "rule": rule,
        "tier": tier,
        "state": RAISED,
        "raised_at": at,
        "facts": facts,
        "fired_count": 1,
        "last_fired_at": at,
        "deadline_at": deadline_at,
        "told_count": 0,
        "hop": hop,
        "window_start": _window(at, window_hours),
    }
    return _known(unit, add(unit, alerts, values)), True


def get(unit: Unit, alert_id: int) -> Alert | None:
    """The alert of that number, or None."""
    found = _alerts(unit, _query().where(alerts.c.id == alert_id))
    return found[0] if found else None


def open_(unit: Unit) -> list[Alert]:
    """Every open alert, the first raised first."""
    return _alerts(unit, _query().where(is_open()))


def open_in(unit: Unit, tier: str) -> list[Alert]:
    """The open alerts of a tier, the first raised first."""
    return _alerts(unit, _query().where(is_open(), alerts.c.tier == tier))


def open_of_patient(unit: Unit, patient_id: int) -> list[Alert]:
    """A patient's open alerts, the first raised first."""
    return _alerts(unit, _query().where(is_open(), alerts.c.patient_id == patient_id))


def of_patient(unit: Unit, patient_id: int) -> list[Alert]:
    """All alerts there ever were about a patient, the first raised first."""
    return _alerts(unit, _query().where(alerts.c.patient_id == patient_id))


def due(unit: Unit, now: datetime) -> list[Alert]:
    """The open alerts whose deadline has passed, the longest overdue first; locked if shared.

    One that has no deadline, as an earlier version left it, is due at once.
    """
    query = select(*_columns()).where(is_due(now))
    overdue = query.order_by(alerts.c.deadline_at, alerts.c.id)
    return _alerts(unit, claiming(overdue, unit, alerts))


def take_due(unit: Unit, alert_id: int, now: datetime) -> Alert | None:
    """The alert, locked if shared, if it is still due; None if somebody else saw to it."""
    query = _query().where(alerts.c.id == alert_id, is_due(now))
    found = _alerts(unit, claiming(query, unit, alerts))
    return found[0] if found else None


def asleep(unit: Unit, now: datetime, longest: Mapping[tuple[str, str], timedelta]) -> list[Alert]:
    """Open alerts due later than their tier and state allow: the clock was set back meanwhile."""
    latest = {which: now + most for which, most in longest.items()}
    return _alerts(unit, _query().where(is_asleep(latest)))


def overdue(unit: Unit, now: datetime) -> set[int]:
    """The open alerts past their deadline, or old enough and nobody could be reached."""
    is_late = or_(alerts.c.deadline_at <= now, and_(alerts.c.raised_at <= now, _is_lost()))
    query = select(alerts.c.id).where(is_open(), is_late)
    return set(unit.connection.execute(query).scalars())


def raised_since(unit: Unit, rule: str, since: datetime) -> int:
    """How many alerts of a rule were raised, or raised again, since then."""
    fired = alerts.c.rule == rule, alerts.c.last_fired_at >= since
    query = select(func.count()).select_from(alerts).where(*fired)
    return int(unit.connection.execute(query).scalar_one())


def waiting_count(unit: Unit, rule: str) -> int:
    """How many open alerts of a rule nobody has acted on."""
    waits = alerts.c.rule == rule, alerts.c.state != "acted", is_open()
    query = select(func.count()).select_from(alerts).where(*waits)
    return int(unit.connection.execute(query).scalar_one())


def false_alarms_by_rule(unit: Unit, since: datetime) -> list[FalseAlarms]:
    """What became of the alerts closed since then, for each rule by name."""
    move = alert_moves.c
    false = func.sum(case((move.outcome == FALSE_ALARM, 1), else_=0))
    closings = move.move == "close", move.at >= since
    query = select(alerts.c.rule, func.count(), false).join_from(alert_moves, alerts)
    query = query.where(*closings)
    rows = unit.connection.execute(query.group_by(alerts.c.rule).order_by(alerts.c.rule))
    return [FalseAlarms(rule, closed, int(false)) for rule, closed, false in rows]


def open_counts(unit: Unit) -> dict[str, int]:
    """How many alerts are open in each tier."""
    query = select(alerts.c.tier, func.count()).where(is_open()).group_by(alerts.c.tier)
    return {tier: count for tier, count in unit.connection.execute(query)}


def next_deadline(unit: Unit) -> datetime | None:
    """When the next alert must be told again, or None if none waits."""
    query = select(func.min(alerts.c.deadline_at)).where(is_open())
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


def postpone(unit: Unit, alert_id: int, deadline_at: datetime | None) -> None:
    """Move an alert's clock on; nothing else changes."""
    moved = update(alerts).where(alerts.c.id == alert_id).values(deadline_at=deadline_at)
    unit.connection.execute(moved)


def reach(unit: Unit, alert_id: int, hop: int) -> None:
    """Keep how far along its chain the alert is."""
    unit.connection.execute(update(alerts).where(alerts.c.id == alert_id).values(hop=hop))


def write_note(unit: Unit, alert_id: int, patient_id: int, note: str) -> None:
    """Keep a clinician's words about how it ended."""
    sealed = unit.seal_of(patient_id).seal(note, *_note_place(alert_id))
    unit.connection.execute(update(alerts).where(alerts.c.id == alert_id).values(note=sealed))


def note_of(unit: Unit, alert_id: int) -> str | None:
    """The words about how it ended, or None."""
    query = select(alerts.c.patient_id, alerts.c.note).where(alerts.c.id == alert_id)
    row = unit.connection.execute(query).one_or_none()
    if row is None or row.note is None:
        return None
    return unit.seal_of(row.patient_id).open(row.note, *_note_place(alert_id))


def save_move(
    unit: Unit,
    alert_id: int,
    *,
    expected_state: str,
    state: str,
    move: str,
    clinician_id: int | None,
    at: datetime,
    deadline_at: datetime | None,
    outcome: str | None = None,
) -> bool:
    """Whether the alert was still in the expected state, and so the move was made and kept."""
    values = {
        "state": state,
        "deadline_at": deadline_at,
        **_stamps(move, clinician_id, at, outcome, reopens=expected_state == CLOSED),
    }
    unmoved = alerts.c.id == alert_id, alerts.c.state == expected_state
    if unit.connection.execute(update(alerts).where(*unmoved).values(values)).rowcount == 0:
        return False
    kept = {"alert_id": alert_id, "move": move, "clinician_id": clinician_id, "at": at}
    since = 0 if move == "fire" else _since_raised(unit, alert_id, at)
    unit.connection.execute(
        alert_moves.insert(), {**kept, "since_raised": since, "outcome": outcome}
    )
    return True


def moves(unit: Unit, alert_id: int) -> list[Move]:
    """The moves of an alert, in order."""
    columns = [alert_moves.c[name] for name in Move.__dataclass_fields__]
    query = select(*columns).where(alert_moves.c.alert_id == alert_id).order_by(alert_moves.c.id)
    return [Move(*row) for row in unit.connection.execute(query)]


def begun_at(unit: Unit, alert_id: int) -> datetime:
    """When the alert was raised, or last fired again."""
    again = alert_moves.c.alert_id == alert_id, alert_moves.c.move == "fire"
    query = select(func.max(alert_moves.c.at)).where(*again)
    fired: datetime | None = unit.connection.execute(query).scalar_one()
    return fired or _known(unit, alert_id).raised_at


def _since_raised(unit: Unit, alert_id: int, at: datetime) -> int:
    # a clock that was set back must not make it less than nothing
    return max(0, int((at - begun_at(unit, alert_id)).total_seconds()))


def _stamps(
    move: str, clinician_id: int | None, at: datetime, outcome: str | None, *, reopens: bool
) -> dict[str, Any]:
    match move:
        case "tell":
            return {"told_count": alerts.c.told_count + 1}
        case "take" | "relieve":
            return {"taken_by": clinician_id, "taken_at": at}
        case "return":
            return {"taken_by": None, "taken_at": None, "acted_at": None}
        case "act":
            return {"acted_at": at}
        case "close":
            return {"closed_at": at, "outcome": outcome}
        case "fire" if reopens:
            nobody = {"taken_by": None, "taken_at": None, "acted_at": None}
            return {"closed_at": None, "outcome": None, "note": None, "hop": 0, **nobody}
        case _:
            return {}


def _firing(unit: Unit, patient_id: int, rule: str, since: datetime) -> Alert | None:
    same = alerts.c.patient_id == patient_id, alerts.c.rule == rule
    query = _query().where(*same, or_(is_open(), alerts.c.raised_at > since))
    found = _alerts(unit, query)
    return found[-1] if found else None


def _window(at: datetime, hours: int) -> datetime:
    # a fixed grid: whatever falls into the same cell was also raised within the window
    return at - (at - _EPOCH) % timedelta(hours=hours) if hours else at


def _note_place(alert_id: int) -> tuple[object, ...]:
    return ("alerts", "note", alert_id)


def _known(unit: Unit, alert_id: int) -> Alert:
    return _alerts(unit, _query().where(alerts.c.id == alert_id))[0]


def _columns() -> list[ColumnElement[Any]]:
    return [alerts.c[name] for name in Alert.__dataclass_fields__]


def _query() -> Select[Any]:
    return select(*_columns()).order_by(alerts.c.id)


def _alerts(unit: Unit, query: Select[Any]) -> list[Alert]:
    return [Alert(*row) for row in unit.connection.execute(query)]


def is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether an alert is open, and its clock has run out by that moment or was never set."""
    # open in each, so that the index of the open ones leads to it
    ran_out, never_set = alerts.c.deadline_at <= now, alerts.c.deadline_at.is_(None)
    return or_(and_(ran_out, is_open()), and_(never_set, is_open()))


def is_asleep(
    latest: Mapping[tuple[str, str], datetime | BindParameter[datetime]],
) -> ColumnElement[bool]:
    """Whether an alert is open and due later than the latest moment for its tier and state."""
    late = [
        # each by itself, so that the index of those asleep leads to it
        and_(
            alerts.c.tier == tier,
            alerts.c.state == state,
            alerts.c.deadline_at > moment,
            is_open(),
        )
        for (tier, state), moment in latest.items()
    ]
    return or_(False, *late)


def _is_lost() -> ColumnElement[bool]:
    """Whether nobody has it, it was told, and no try ever reached anybody since it was raised."""
    of_this = alert_tries.c.alert_id == alerts.c.id
    reached = exists().where(of_this, alert_tries.c.state == SENT)
    failed = exists().where(of_this, alert_tries.c.state == FAILED)
    return and_(alerts.c.taken_by.is_(None), failed, not_(reached))
