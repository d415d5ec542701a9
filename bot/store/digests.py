"""When each clinician's digest is due: one row's clock, set anew after each digest."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, update

from bot.store.alerts import CLOSED
from bot.store.tables import alerts, clinicians
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Plan:
    """At which hour of whose clock a clinician reads their digest, and when the next one is due."""

    clinician_id: int
    hour: int | None
    zone: str | None
    due_at: datetime | None


def plans(unit: Unit) -> list[Plan]:
    """The plan of everyone who is in the team."""
    table = clinicians.c
    columns = table.id, table.digest_hour, table.zone, table.digest_at
    query = select(*columns).where(table.disabled_at.is_(None)).order_by(table.id)
    return [Plan(*row) for row in unit.connection.execute(query)]


def plan(unit: Unit, clinician_id: int, due_at: datetime) -> None:
    """Keep when a clinician's next digest is due."""
    this = update(clinicians).where(clinicians.c.id == clinician_id)
    unit.connection.execute(this.values(digest_at=due_at))


def next_due(unit: Unit) -> datetime | None:
    """When the next digest is due, or None while no alert is open."""
    is_open = exists().where(alerts.c.state != CLOSED)
    query = select(func.min(clinicians.c.digest_at)).where(clinicians.c.disabled_at.is_(None))
    earliest: datetime | None = unit.connection.execute(query.where(is_open)).scalar_one()
    return earliest
