"""Who guides whom, and how each patient wishes to be in contact."""

from datetime import datetime

from sqlalchemy import select, update

from bot.store.tables import caseloads
from bot.store.tables import patients as patients_table
from bot.store.unit import Unit

MODES = ("written", "live", "mixed", "none")
"""Every way to be in contact with the care team."""


def assign(unit: Unit, patient_id: int, clinician_id: int, at: datetime) -> None:
    """Put the patient on that clinician's caseload; twice changes nothing."""
    if clinician_id in of_patient(unit, patient_id):
        return
    values = {"patient_id": patient_id, "clinician_id": clinician_id, "since_at": at}
    unit.connection.execute(caseloads.insert(), values)


def unassign(unit: Unit, patient_id: int, clinician_id: int, at: datetime) -> None:
    """Take the patient off that clinician's caseload; since when and until when is kept."""
    this = (
        caseloads.c.patient_id == patient_id,
        caseloads.c.clinician_id == clinician_id,
        caseloads.c.until_at.is_(None),
    )
    unit.connection.execute(update(caseloads).where(*this).values(until_at=at))


def of_patient(unit: Unit, patient_id: int) -> list[int]:
    """The clinicians who guide this patient, the longest first."""
    query = (
        select(caseloads.c.clinician_id)
        .where(caseloads.c.patient_id == patient_id, caseloads.c.until_at.is_(None))
        .order_by(caseloads.c.id)
    )
    return list(dict.fromkeys(unit.connection.execute(query).scalars()))


def of_clinician(unit: Unit, clinician_id: int) -> list[int]:
    """The patients whom this clinician guides, the longest first."""
    query = (
        select(caseloads.c.patient_id)
        .where(caseloads.c.clinician_id == clinician_id, caseloads.c.until_at.is_(None))
        .order_by(caseloads.c.id)
    )
    return list(dict.fromkeys(unit.connection.execute(query).scalars()))


def mode_of(unit: Unit, patient_id: int) -> str:
    """How the patient wishes to be in contact: one of MODES."""
    query = select(patients_table.c.contact_mode).where(patients_table.c.id == patient_id)
    return str(unit.connection.execute(query).scalar_one())


def set_mode(unit: Unit, patient_id: int, mode: str) -> None:
    """Keep how the patient wishes to be in contact; ValueError for a way that there is not."""
    if mode not in MODES:
        raise ValueError(mode)
    changed = update(patients_table).where(patients_table.c.id == patient_id)
    unit.connection.execute(changed.values(contact_mode=mode))
