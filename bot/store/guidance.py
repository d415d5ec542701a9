"""Minutes of guidance that clinicians gave to their patients."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from bot.store.tables import guidance
from bot.store.unit import Unit, add


@dataclass(frozen=True, slots=True)
class Spent:
    """Minutes that a clinician gave to a patient, and what they were for."""

    id: int
    patient_id: int
    clinician_id: int
    kind: str
    minutes: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """What a clinician gave over a stretch of time: minutes, to how many patients, how often."""

    clinician_id: int
    kind: str
    minutes: float
    patients: int
    times: int


def spent(
    unit: Unit, patient_id: int, clinician_id: int, kind: str, minutes: float, at: datetime
) -> int:
    """The number under which these minutes are kept."""
    values = {
        "patient_id": patient_id,
        "clinician_id": clinician_id,
        "kind": kind,
        "minutes": minutes,
        "at": at,
    }
    return add(unit, guidance, values)


def get(unit: Unit, number: int) -> Spent | None:
    """The minutes kept under that number, or None."""
    row = unit.connection.execute(select(guidance).where(guidance.c.id == number)).one_or_none()
    return None if row is None else Spent(*row)


def correct(unit: Unit, number: int, minutes: float) -> None:
    """Keep another number of minutes in the place of these."""
    changed = update(guidance).where(guidance.c.id == number).values(minutes=minutes)
    unit.connection.execute(changed)


def of_patient(unit: Unit, patient_id: int) -> list[Spent]:
    """All minutes that were given to a patient, oldest first."""
    query = select(guidance).where(guidance.c.patient_id == patient_id).order_by(guidance.c.id)
    return [Spent(*row) for row in unit.connection.execute(query)]


def since(unit: Unit, clinician_id: int, kind: str, at: datetime) -> list[Spent]:
    """What a clinician gave of that kind from that moment on, oldest first."""
    query = (
        select(guidance)
        .where(
            guidance.c.clinician_id == clinician_id,
            guidance.c.kind == kind,
            guidance.c.at >= at,
        )
        .order_by(guidance.c.id)
    )
    return [Spent(*row) for row in unit.connection.execute(query)]


def last_by_patient(unit: Unit, patient_ids: list[int]) -> dict[int, datetime]:
    """When each of these patients was last given guidance, of those who ever were."""
    query = (
        select(guidance.c.patient_id, func.max(guidance.c.at))
        .where(guidance.c.patient_id.in_(patient_ids), guidance.c.minutes > 0)
        .group_by(guidance.c.patient_id)
    )
    return {row[0]: row[1] for row in unit.connection.execute(query)}


def totals(unit: Unit, since: datetime) -> list[Total]:
    """What each clinician gave of each kind from that moment on."""
    query = (
        select(
            guidance.c.clinician_id,
            guidance.c.kind,
            func.sum(guidance.c.minutes),
            func.count(guidance.c.patient_id.distinct()),
            func.count(),
        )
        .where(guidance.c.at >= since)
        .group_by(guidance.c.clinician_id, guidance.c.kind)
        .order_by(guidance.c.clinician_id, guidance.c.kind)
    )
    return [Total(*row) for row in unit.connection.execute(query)]
