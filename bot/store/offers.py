"""What clinicians offered to patients, and what became of it; each is answered once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update

from bot.store.tables import offers
from bot.store.unit import Unit, add

OPEN, ACCEPTED, DECLINED, WITHDRAWN = "open", "accepted", "declined", "withdrawn"


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer as it stands; `subject` says what of, `body` holds what must stay sealed."""

    id: int
    patient_id: int
    clinician_id: int
    kind: str
    subject: str
    state: str
    answer: str | None
    body: str | None
    made_at: datetime
    answered_at: datetime | None


def make(
    unit: Unit,
    *,
    patient_id: int,
    clinician_id: int,
    kind: str,
    subject: str,
    at: datetime,
    body: str | None = None,
) -> int:
    """The number of a new offer that is open."""
    seal = unit.seal_of(patient_id)
    values = {
        "patient_id": patient_id,
        "clinician_id": clinician_id,
        "kind": kind,
        "subject": subject,
        "state": OPEN,
        "body": seal.seal(body, *_place(patient_id, clinician_id)) if body is not None else None,
        "made_at": at,
    }
    return add(unit, offers, values)


def get(unit: Unit, offer_id: int) -> Offer | None:
    """The offer of that number, or None."""
    found = _offers(unit, select(offers).where(offers.c.id == offer_id))
    return found[0] if found else None


def of_patient(unit: Unit, patient_id: int) -> list[Offer]:
    """Every offer there was to a patient, oldest first."""
    query = select(offers).where(offers.c.patient_id == patient_id)
    return _offers(unit, query.order_by(offers.c.id))


def settle(
    unit: Unit, offer_id: int, state: str, answer: str | None, at: datetime, *, was: str = OPEN
) -> bool:
    """Whether the offer was still open, or what it `was`, and so is settled like this now."""
    settled = {"state": state, "answer": answer, "answered_at": at}
    still_open = offers.c.id == offer_id, offers.c.state == was
    return unit.connection.execute(update(offers).where(*still_open).values(settled)).rowcount > 0


def _offers(unit: Unit, query: Select[Any]) -> list[Offer]:
    return [_offer(unit, row) for row in unit.connection.execute(query).all()]


def _offer(unit: Unit, row: Row[Any]) -> Offer:
    body = None
    if row.body is not None:
        place = _place(row.patient_id, row.clinician_id)
        body = unit.seal_of(row.patient_id).open(row.body, *place)
    plain = {name: getattr(row, name) for name in Offer.__dataclass_fields__ if name != "body"}
    return Offer(**plain, body=body)


def _place(patient_id: int, clinician_id: int) -> tuple[object, ...]:
    # with who offers, so that nobody's letter can pass for another's
    return ("offers", "body", patient_id, clinician_id)
