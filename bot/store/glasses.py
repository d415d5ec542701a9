"""Patients opened for a while by someone on whose caseload they are not, and why."""

from datetime import datetime

from sqlalchemy import select

from bot.store.tables import glasses
from bot.store.unit import Unit


def break_(
    unit: Unit,
    *,
    clinician_id: int,
    patient_id: int,
    reason: str,
    at: datetime,
    until_at: datetime,
) -> None:
    """Keep that the clinician may open this patient until then, and the reason they gave."""
    sealed = unit.seal_of(patient_id).seal(reason, "glasses", "reason", clinician_id, patient_id)
    values = {
        "clinician_id": clinician_id,
        "patient_id": patient_id,
        "reason": sealed,
        "at": at,
        "until_at": until_at,
    }
    unit.connection.execute(glasses.insert(), values)


def open_until(unit: Unit, clinician_id: int, patient_id: int, at: datetime) -> datetime | None:
    """Until when this patient is open to the clinician by a reason they gave; None if not."""
    query = (
        select(glasses.c.until_at)
        .where(
            glasses.c.clinician_id == clinician_id,
            glasses.c.patient_id == patient_id,
            glasses.c.until_at > at,
        )
        .order_by(glasses.c.until_at.desc())
        .limit(1)
    )
    found: datetime | None = unit.connection.execute(query).scalar_one_or_none()
    return found
