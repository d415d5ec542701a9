"""What a patient and the care team wrote to each other."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.store.tables import messages
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Message:
    """One message; clinician_id is None if the patient wrote it."""

    id: int
    alert_id: int | None
    clinician_id: int | None
    text: str
    at: datetime


def add(
    unit: Unit,
    *,
    patient_id: int,
    text: str,
    at: datetime,
    alert_id: int | None = None,
    clinician_id: int | None = None,
) -> None:
    """Keep a message: the patient's, or that clinician's."""
    values = {
        "patient_id": patient_id,
        "alert_id": alert_id,
        "clinician_id": clinician_id,
        "text": unit.seal_of(patient_id).seal(text, *_place(patient_id, clinician_id)),
        "at": at,
    }
    unit.connection.execute(messages.insert(), values)


def of(unit: Unit, patient_id: int) -> list[Message]:
    """The whole thread with a patient, oldest first."""
    seal = unit.seal_of(patient_id)
    query = select(messages).where(messages.c.patient_id == patient_id).order_by(messages.c.id)
    return [
        Message(
            row.id,
            row.alert_id,
            row.clinician_id,
            seal.open(row.text, *_place(patient_id, row.clinician_id)),
            row.at,
        )
        for row in unit.connection.execute(query)
    ]


def _place(patient_id: int, clinician_id: int | None) -> tuple[object, ...]:
    # with the writer, so that nobody's words can be put into another's mouth
    return ("messages", "text", patient_id, clinician_id)
