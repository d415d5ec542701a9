"""Alerts: one for each patient, rule and window; their moves and their clocks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update

from bot.store.tables import alert_moves, alerts
from bot.store.unit import Unit, add, claiming

RAISED, CLOSED = "raised", "closed"
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


@dataclass(frozen=True, slots=True)
class Move:
    """One move in an alert's life, and the clinician who made it, if one did."""

    move: str
    clinician_id: int | None
    at: datetime


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
        "window_start": _window(at, window_hours),
    }
    return _known(unit, add(unit, alerts, values)), True


def get(unit: Unit, alert_id: int) -> Alert | None:
    """The alert of that number, or None."""
    found = _alerts(unit, _query().where(alerts.c.id == alert_id))
    return found[0] if found else None


def open_(unit: Unit) -> list[Alert]:
    """Every open alert, the first raised first."""
    return _alerts(unit, _query().where(_is_open()))


def open_of_patient(unit: Unit, patient_id: int) -> list[Alert]:
    """A patient's open alerts, the first raised first."""
    return _alerts(unit, _query().where(_is_open(), alerts.c.patient_id == patient_id))


def of_patient(unit: Unit, patient_id: int) -> list[Alert]:
    """All alerts there ever were about a patient, the first raised first."""
    return _alerts(unit, _query().where(alerts.c.patient_id == patient_id))


def due(unit: Unit, now: datetime) -> list[Alert]:
    """The open alerts whose deadline has passed, the longest overdue first; locked if shared."""
    query = select(*_columns()).where(_is_open(), alerts.c.deadline_at <= now)
    overdue = query.order_by(alerts.c.deadline_at, alerts.c.id)
    return _alerts(unit, claiming(overdue, unit, alerts))


def next_deadline(unit: Unit) -> datetime | None:
    """When the next alert must be told again, or None if none waits."""
    query = select(func.min(alerts.c.deadline_at)).where(_is_open())
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


def postpone(unit: Unit, alert_id: int, deadline_at: datetime | None) -> None:
    """Move an alert's clock on; nothing else changes."""
    moved = update(alerts).where(alerts.c.id == alert_id).values(deadline_at=deadline_at)
    unit.connection.execute(moved)


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
        **_stamps(move, clinician_id, at, outcome),
    }
    unmoved = alerts.c.id == alert_id, alerts.c.state == expected_state
    if unit.connection.execute(update(alerts).where(*unmoved).values(values)).rowcount == 0:
        return False
    kept = {"alert_id": alert_id, "move": move, "clinician_id": clinician_id, "at": at}
    unit.connection.execute(alert_moves.insert(), kept)
    return True


def moves(unit: Unit, alert_id: int) -> list[Move]:
    """The moves of an alert, in order."""
    columns = alert_moves.c.move, alert_moves.c.clinician_id, alert_moves.c.at
    query = select(*columns).where(alert_moves.c.alert_id == alert_id).order_by(alert_moves.c.id)
    return [Move(*row) for row in unit.connection.execute(query)]


def _stamps(
    move: str, clinician_id: int | None, at: datetime, outcome: str | None
) -> dict[str, Any]:
    match move:
        case "tell":
            return {"told_count": alerts.c.told_count + 1}
        case "take":
            return {"taken_by": clinician_id, "taken_at": at}
        case "close":
            return {"closed_at": at, "outcome": outcome}
        case "fire":
            nobody = {"taken_by": None, "taken_at": None}
            return {"closed_at": None, "outcome": None, **nobody}
        case _:
            return {}


def _firing(unit: Unit, patient_id: int, rule: str, since: datetime) -> Alert | None:
    same = alerts.c.patient_id == patient_id, alerts.c.rule == rule
    query = _query().where(*same, or_(_is_open(), alerts.c.raised_at > since))
    found = _alerts(unit, query)
    return found[-1] if found else None


def _window(at: datetime, hours: int) -> datetime:
    # a fixed grid: whatever falls into the same cell was also raised within the window
    return at - (at - _EPOCH) % timedelta(hours=hours) if hours else at


def _known(unit: Unit, alert_id: int) -> Alert:
    return _alerts(unit, _query().where(alerts.c.id == alert_id))[0]


def _columns() -> list[ColumnElement[Any]]:
    return [alerts.c[name] for name in Alert.__dataclass_fields__]


def _query() -> Select[Any]:
    return select(*_columns()).order_by(alerts.c.id)


def _alerts(unit: Unit, query: Select[Any]) -> list[Alert]:
    return [Alert(*row) for row in unit.connection.execute(query)]


def _is_open() -> ColumnElement[bool]:
    return alerts.c.state != CLOSED
