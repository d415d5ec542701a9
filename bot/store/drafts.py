"""A clinician's words that wait for "Send", and perhaps for somebody to send them to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, select, update

from bot.store.tables import drafts
from bot.store.unit import Unit, add

Fate = Literal["sent", "cancelled", "replaced"]
WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Draft:
    """Words that wait: whose, for whom (None if that was not said yet), and about which alert."""

    id: int
    clinician_id: int
    patient_id: int | None
    alert_id: int | None
    text: str
    source_message: int | None
    at: datetime


def keep(
    unit: Unit,
    *,
    clinician_id: int,
    patient_id: int | None,
    text: str,
    at: datetime,
    alert_id: int | None = None,
    source_message: int | None = None,
) -> int:
    """The number of the new draft."""
    values = {
        "clinician_id": clinician_id,
        "patient_id": patient_id,
        "alert_id": alert_id,
        "text": _sealed(unit, patient_id, clinician_id, text),
        "source_message": source_message,
        "state": WAITS,
        "at": at,
    }
    return add(unit, drafts, values)


def waiting(unit: Unit, draft_id: int, clinician_id: int) -> Draft | None:
    """That clinician's draft of that number, if it still waits; on PostgreSQL locked."""
    found = _found(unit, _waiting(clinician_id).where(drafts.c.id == draft_id))
    return found[0] if found else None


def waiting_for(unit: Unit, clinician_id: int, patient_id: int | None) -> list[Draft]:
    """What this clinician has waiting for that patient, or for nobody yet."""
    return _found(unit, _waiting(clinician_id).where(drafts.c.patient_id == patient_id))


def of_message(unit: Unit, clinician_id: int, source_message: int) -> Draft | None:
    """The waiting draft that came from that message in the clinician's chat, or None."""
    this = _waiting(clinician_id).where(drafts.c.source_message == source_message)
    found = _found(unit, this)
    return found[-1] if found else None


def change(
    unit: Unit, draft: Draft, *, text: str | None = None, patient_id: int | None = None
) -> None:
    """Give a waiting draft other words, or somebody to send them to."""
    patient = patient_id or draft.patient_id
    words = draft.text if text is None else text
    sealed = _sealed(unit, patient, draft.clinician_id, words)
    changed = update(drafts).where(drafts.c.id == draft.id)
    unit.connection.execute(changed.values(patient_id=patient, text=sealed))


def settle(unit: Unit, draft_id: int, fate: Fate, at: datetime) -> bool:
    """Whether the draft still waited: the first tap wins. Its words are not kept here."""
    statement = (
        update(drafts)
        .where(drafts.c.id == draft_id, drafts.c.state == WAITS)
        .values(state=fate, settled_at=at, text=b"")
    )
    return unit.connection.execute(statement).rowcount == 1


def fate_of(unit: Unit, draft_id: int, clinician_id: int) -> str | None:
    """What became of that clinician's draft, or None if there never was one."""
    query = select(drafts.c.state).where(
        drafts.c.id == draft_id, drafts.c.clinician_id == clinician_id
    )
    return unit.connection.execute(query).scalar_one_or_none()


def _waiting(clinician_id: int) -> Select[Any]:
    mine = drafts.c.clinician_id == clinician_id, drafts.c.state == WAITS
    return select(drafts).where(*mine).order_by(drafts.c.id)


def _found(unit: Unit, query: Select[Any]) -> list[Draft]:
    locked = query.with_for_update() if unit.locks else query
    return [_draft(unit, row) for row in unit.connection.execute(locked)]


def _draft(unit: Unit, row: Row[Any]) -> Draft:
    seal = unit.seal_for(row.patient_id, "drafts")
    text = seal.open(row.text, *_place(row.patient_id, row.clinician_id))
    return Draft(
        row.id,
        row.clinician_id,
        row.patient_id,
        row.alert_id,
        text,
        row.source_message,
        row.at,
    )


def _sealed(unit: Unit, patient_id: int | None, clinician_id: int, text: str) -> bytes:
    return unit.seal_for(patient_id, "drafts").seal(text, *_place(patient_id, clinician_id))


def _place(patient_id: int | None, clinician_id: int) -> tuple[object, ...]:
    # with the reader, so that words for one cannot come to stand before another
    return ("drafts", "text", patient_id, clinician_id)
