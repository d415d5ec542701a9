"""Who looked at whom, and who changed what: rows that are only ever added."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from bot.keys import CannotOpen
from bot.store.tables import audit, patients
from bot.store.unit import Unit

MOST_SUBJECT = 128


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did or looked at; `reason` is what they gave as their reason."""

    id: int
    at: datetime
    clinician_id: int | None
    act: str
    patient_id: int | None
    pseudonym: str | None
    subject: str
    reason: str | None


def note(
    unit: Unit,
    *,
    at: datetime,
    clinician_id: int | None,
    act: str,
    patient_id: int | None = None,
    subject: str = "",
    reason: str | None = None,
) -> None:
    """Keep what was done or looked at, by whom, and about which patient."""
    seal = unit.seal_for(patient_id, "audit")
    place = _place(clinician_id, act, patient_id)
    values = {
        "at": at,
        "clinician_id": clinician_id,
        "act": act,
        "patient_id": patient_id,
        "subject": subject[:MOST_SUBJECT],
        "reason": seal.seal(reason, *place) if reason else None,
    }
    unit.connection.execute(audit.insert(), values)


def entries(
    unit: Unit,
    *,
    limit: int,
    before: int | None = None,
    clinician_id: int | None = None,
    patient_id: int | None = None,
) -> list[Entry]:
    """What was kept, newest first, from below the row `before`; of that clinician or patient."""
    query = (
        select(audit, patients.c.pseudonym)
        .outerjoin(patients, patients.c.id == audit.c.patient_id)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(audit.c.id < before)
    if clinician_id is not None:
        query = query.where(audit.c.clinician_id == clinician_id)
    if patient_id is not None:
        query = query.where(audit.c.patient_id == patient_id)
    return _entries(unit, unit.connection.execute(query).all())


def _entries(unit: Unit, rows: Iterable[Row[Any]]) -> list[Entry]:
    kept = list(rows)
    unit.fetch_seals({row.patient_id for row in kept if row.patient_id and row.reason})
    return [
        Entry(
            row.id,
            row.at,
            row.clinician_id,
            row.act,
            row.patient_id,
            row.pseudonym,
            row.subject,
            _reason(unit, row),
        )
        for row in kept
    ]


def _reason(unit: Unit, row: Row[Any]) -> str | None:
    if row.reason is None:
        return None
    place = _place(row.clinician_id, row.act, row.patient_id)
    try:
        return unit.seal_for(row.patient_id, "audit").open(row.reason, *place)
    except CannotOpen:
        # the patient's key is gone: that somebody looked is still known, why is not
        return None


def _place(clinician_id: int | None, act: str, patient_id: int | None) -> tuple[object, ...]:
    return ("audit", "reason", clinician_id, act, patient_id)
