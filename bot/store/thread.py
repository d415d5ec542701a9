"""What a patient and the care team wrote to each other."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update

from bot.keys import Seal
from bot.store.tables import messages
from bot.store.unit import Unit
from bot.store.unit import add as new_row


@dataclass(frozen=True, slots=True)
class Unseen:
    """How many of a patient's words wait, and since when."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message; clinician_id is None if the patient wrote it."""

    id: int
    alert_id: int | None
    clinician_id: int | None
    text: str
    at: datetime
    corrects: int | None = None
    seen_at: datetime | None = None


def add(
    unit: Unit,
    *,
    patient_id: int,
    text: str,
    at: datetime,
    alert_id: int | None = None,
    clinician_id: int | None = None,
    source_message: int | None = None,
    corrects: int | None = None,
) -> int:
    """The number of a message that is kept now: the patient's, or that clinician's.

    `source_message` is its number in the clinician's chat; `corrects` is the message it replaces.
    """
    values = {
        "patient_id": patient_id,
        "alert_id": alert_id,
        "clinician_id": clinician_id,
        "text": unit.seal_of(patient_id).seal(text, *_place(patient_id, clinician_id)),
        "at": at,
        "source_message": source_message,
        "corrects": corrects,
    }
    return new_row(unit, messages, values)


def of(unit: Unit, patient_id: int) -> list[Message]:
    """The whole thread with a patient, oldest first."""
    seal = unit.seal_of(patient_id)
    query = select(messages).where(messages.c.patient_id == patient_id).order_by(messages.c.id)
    return [_message(seal, row) for row in unit.connection.execute(query)]


def sent_from(unit: Unit, clinician_id: int, source_message: int) -> tuple[int, Message] | None:
    """To which patient, and as what, a message from that clinician's chat went out last."""
    query = (
        select(messages)
        .where(messages.c.clinician_id == clinician_id, messages.c.source_message == source_message)
        .order_by(messages.c.id.desc())
        .limit(1)
    )
    row = unit.connection.execute(query).one_or_none()
    if row is None:
        return None
    return row.patient_id, _message(unit.seal_of(row.patient_id), row)


def last_written(unit: Unit, patient_id: int) -> tuple[int, datetime] | None:
    """Which clinician wrote to the patient last, and when."""
    return _last(unit, messages.c.patient_id == patient_id, messages.c.clinician_id.is_not(None))


def wrote_to(unit: Unit, clinician_id: int, patient_id: int) -> datetime | None:
    """When this clinician last wrote to this patient."""
    mine = messages.c.patient_id == patient_id, messages.c.clinician_id == clinician_id
    found = _last(unit, *mine)
    return found[1] if found is not None else None


def unseen(unit: Unit, patient_ids: Collection[int] | None = None) -> dict[int, Unseen]:
    """What of these patients' words nobody has answered or seen, the longest waiting first."""
    waiting = (
        select(messages.c.patient_id, func.count(), func.min(messages.c.at))
        .where(messages.c.seen_at.is_(None), messages.c.clinician_id.is_(None))
        .group_by(messages.c.patient_id)
        .order_by(func.min(messages.c.id))
    )
    if patient_ids is not None:
        waiting = waiting.where(messages.c.patient_id.in_(list(patient_ids)))
    return {row[0]: Unseen(row[1], row[2]) for row in unit.connection.execute(waiting)}


def mark_seen(unit: Unit, patient_id: int, at: datetime) -> int:
    """How many of the patient's words count as seen from now on."""
    mine = messages.c.patient_id == patient_id, messages.c.clinician_id.is_(None)
    changed = update(messages).where(*mine, messages.c.seen_at.is_(None)).values(seen_at=at)
    return unit.connection.execute(changed).rowcount


def recent(unit: Unit, limit: int) -> list[int]:
    """The patients with whom there were words last, the latest first."""
    query = (
        select(messages.c.patient_id)
        .group_by(messages.c.patient_id)
        .order_by(func.max(messages.c.id).desc())
        .limit(limit)
    )
    return list(unit.connection.execute(query).scalars())


def _last(unit: Unit, *those: ColumnElement[bool]) -> tuple[int, datetime] | None:
    columns = messages.c.clinician_id, messages.c.at
    query = select(*columns).where(*those).order_by(messages.c.id.desc()).limit(1)
    row = unit.connection.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def _message(seal: Seal, row: Row[Any]) -> Message:
    return Message(
        row.id,
        row.alert_id,
        row.clinician_id,
        seal.open(row.text, *_place(row.patient_id, row.clinician_id)),
        row.at,
        row.corrects,
        row.seen_at,
    )


def _place(patient_id: int, clinician_id: int | None) -> tuple[object, ...]:
    # with the writer, so that nobody's words can be put into another's mouth
    return ("messages", "text", patient_id, clinician_id)
