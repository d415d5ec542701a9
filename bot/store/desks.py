"""What a clinician's next words are about, as long as it has not grown old."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.store.tables import desks
from bot.store.unit import Unit, insert

LIVES = timedelta(minutes=30)
"""Longer than this nobody remembers what they were asked."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What was asked of a clinician: the task, about whom, its detail, and when."""

    task: str
    patient_id: int | None
    detail: str
    at: datetime


def put(
    unit: Unit, clinician_id: int, task: str, patient_id: int | None, detail: str, at: datetime
) -> None:
    """Keep what the clinician's next words are about, in the place of what was there."""
    values = {"task": task, "patient_id": patient_id, "detail": detail, "at": at}
    kept = insert(unit, desks).values(clinician_id=clinician_id, **values)
    statement = kept.on_conflict_do_update(index_elements=["clinician_id"], set_=values)
    unit.connection.execute(statement)


def get(unit: Unit, clinician_id: int, at: datetime) -> Desk | None:
    """What the clinician's next words are about; None if nothing, or too long ago."""
    query = select(desks.c.task, desks.c.patient_id, desks.c.detail, desks.c.at).where(
        desks.c.clinician_id == clinician_id, desks.c.at > at - LIVES
    )
    row = unit.connection.execute(query).one_or_none()
    return Desk(*row) if row is not None else None


def clear(unit: Unit, clinician_id: int) -> None:
    """Forget what the clinician's next words would have been about."""
    unit.connection.execute(delete(desks).where(desks.c.clinician_id == clinician_id))
