"""What will come due for patients, one row for each patient and key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update

from bot.store.tables import contacts, nudges
from bot.store.unit import Unit, claiming, insert

Settled = Literal["sent", "skipped", "cancelled"]
WAITING, FIRED = "waiting", "fired"


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
    statement = insert(unit, nudges).values(patient_id=patient_id, key=key, **plan)
    unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["patient_id", "key"], set_=plan)
    )


def cancel(unit: Unit, patient_id: int, key: str, reason: str) -> None:
    """Forget a nudge that is still waiting, and keep why."""
    waiting = nudges.c.patient_id == patient_id, nudges.c.key == key, nudges.c.state == WAITING
    values = {"state": "cancelled", "reason": reason}
    unit.connection.execute(update(nudges).where(*waiting).values(values))


def claim_due(unit: Unit, now: datetime, limit: int) -> list[DueNudge]:
    """The nudges that have come due, the oldest first, marked as fired."""
    query = (
        select(nudges, contacts.c.lookup)
        .outerjoin(contacts, contacts.c.patient_id == nudges.c.patient_id)
        .where(nudges.c.state == WAITING, nudges.c.due_at <= now)
        .order_by(nudges.c.due_at, nudges.c.id)
        .limit(limit)
    )
    rows = unit.connection.execute(claiming(query, unit, nudges)).mappings()
    due = [DueNudge(**{name: row[name] for name in DueNudge.__dataclass_fields__}) for row in rows]
    fired = update(nudges).where(nudges.c.id.in_([each.id for each in due]))
    unit.connection.execute(fired.values(state=FIRED))
    return due


def settle(unit: Unit, patient_id: int, key: str, state: Settled, reason: str | None) -> None:
    """Keep what became of a nudge that came due, and why."""
    fired = nudges.c.patient_id == patient_id, nudges.c.key == key, nudges.c.state == FIRED
    values = {"state": state, "reason": reason}
    unit.connection.execute(update(nudges).where(*fired).values(values))


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
