"""Notes that clinicians keep about a patient: sealed, and never changed once written."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.store.tables import notes
from bot.store.unit import Unit
from bot.store.unit import add as add_row


@dataclass(frozen=True, slots=True)
class Note:
    """A note: who wrote it, and when."""

    id: int
    clinician_id: int
    text: str
    at: datetime


def add(unit: Unit, *, patient_id: int, clinician_id: int, text: str, at: datetime) -> int:
    """The number of a note that is kept now."""
    values = {
        "patient_id": patient_id,
        "clinician_id": clinician_id,
        "text": unit.seal_of(patient_id).seal(text, *_place(patient_id, clinician_id)),
        "at": at,
    }
    return add_row(unit, notes, values)


def of_patient(unit: Unit, patient_id: int) -> list[Note]:
    """The notes about a patient, the newest first."""
    seal = unit.seal_of(patient_id)
    query = select(notes).where(notes.c.patient_id == patient_id)
    return [
        Note(
            row.id,
            row.clinician_id,
            seal.open(row.text, *_place(patient_id, row.clinician_id)),
            row.at,
        )
        for row in unit.connection.execute(query.order_by(notes.c.at.desc(), notes.c.id.desc()))
    ]


def count(unit: Unit, patient_id: int) -> int:
    """How many notes there are about a patient; nothing is opened."""
    query = select(func.count()).where(notes.c.patient_id == patient_id)
    return int(unit.connection.execute(query).scalar_one())


def _place(patient_id: int, clinician_id: int) -> tuple[object, ...]:
    # with the writer, so that nobody's note can pass for another's
    return ("notes", "text", patient_id, clinician_id)
