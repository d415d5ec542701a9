"""What will come due for patients, one row for each patient and key."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.claims import NOW
from bot.store.tables import contacts, nudges
from bot.store.unit import Unit, claiming

Settled = Literal["sent", "skipped", "cancelled"]
WAITING, FIRED = "waiting", "fired"
_ONE = ("patient_id", "key")
_PLAN = ("due_at", "slot", "turn", "state", "reason")


@dataclass(frozen=True, slots=True)
class DueNudge:
    """A nudge that has come due; `lookup` is the patient's contact."""

    id: int
    patient_id: int
    key: str
    due_at: datetime
    slot: str
    turn: int
    lookup: str | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A nudge and what became of it."""

    key: str
    due_at: datetime
    slot: str
    turn: int
    state: str
    reason: str | None


def set(
    unit: Unit,
    patient_id: int,
    key: str,
    due_at: datetime,
    slot: str,
    turn: int,
    *,
    reason: str | None = None,
) -> None:
    """Have a nudge wait; one with the same key waits, for that reason, for the new moment."""
    plan = {"due_at": due_at, "slot": slot, "turn": turn, "state": WAITING, "reason": reason}
    row = {"patient_id": patient_id, "key": key, **plan}
    unit.later(nudges, patient_id, _setting(unit.is_postgres), row)


def cancel(unit: Unit, patient_id: int, key: str, reason: str) -> None:
    """Forget a nudge that is still waiting, and keep why."""
    _end(unit, patient_id, key, WAITING, "cancelled", reason)


def claim_due(unit: Unit, now: datetime, limit: int) -> list[DueNudge]:
    """The nudges that have come due, the oldest first, marked as fired."""
    query = claiming(_due(), unit, nudges)
    due = [DueNudge(*row) for row in unit.connection.execute(query, {"now": now, "most": limit})]
    if due:
        unit.connection.execute(_firing(), {"ids": [each.id for each in due]})
    return due


def is_due(now: BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a nudge has come due by that moment."""
    return and_(nudges.c.state == WAITING, nudges.c.due_at <= now)


def settle(unit: Unit, patient_id: int, key: str, state: Settled, reason: str | None) -> None:
    """Keep what became of a nudge that came due, and why."""
    _end(unit, patient_id, key, FIRED, state, reason)


def next_due(unit: Unit) -> datetime | None:
    """When the next nudge comes due, or None if none is waiting."""
    query = select(func.min(nudges.c.due_at)).where(nudges.c.state == WAITING)
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


def of_patient(unit: Unit, patient_id: int) -> list[Planned]:
    """A patient's nudges and what became of them."""
    columns = [nudges.c[name] for name in Planned.__dataclass_fields__]
    query = select(*columns).where(nudges.c.patient_id == patient_id).order_by(nudges.c.id)
    return [Planned(*row) for row in unit.connection.execute(query)]


def _end(
    unit: Unit, patient_id: int, key: str, was: str, state: Settled, reason: str | None
) -> None:
    whose = {"whose": patient_id, "which": key, "was": was}
    unit.later(nudges, patient_id, _ending(), {**whose, "end": state, "why": reason})


@cache
def _setting(is_postgres: bool) -> sqlite.Insert | postgresql.Insert:
    # statements are written once: to write one takes longer than to run it
    if is_postgres:
        to_postgres = postgresql.insert(nudges)
        anew = {name: to_postgres.excluded[name] for name in _PLAN}
        return to_postgres.on_conflict_do_update(index_elements=_ONE, set_=anew)
    to_sqlite = sqlite.insert(nudges)
    anew = {name: to_sqlite.excluded[name] for name in _PLAN}
    return to_sqlite.on_conflict_do_update(index_elements=_ONE, set_=anew)


@cache
def _ending() -> Update:
    return (
        update(nudges)
        .where(
            nudges.c.patient_id == bindparam("whose"),
            nudges.c.key == bindparam("which"),
            nudges.c.state == bindparam("was"),
        )
        .values(state=bindparam("end"), reason=bindparam("why"))
    )


@cache
def _due() -> Select[Any]:
    *columns, lookup = DueNudge.__dataclass_fields__
    return (
        select(*(nudges.c[name] for name in columns), contacts.c[lookup])
        .outerjoin(contacts, contacts.c.patient_id == nudges.c.patient_id)
        .where(is_due(NOW))
        .order_by(nudges.c.due_at, nudges.c.id)
        .limit(bindparam("most", type_=Integer))
    )


@cache
def _firing() -> Update:
    these = nudges.c.id.in_(bindparam("ids", expanding=True))
    return update(nudges).where(these).values(state=FIRED)
