"""Who looked at whom, and who changed what: rows that are only ever added."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, literal, or_, select

from bot.keys import CannotOpen
from bot.store import chained
from bot.store.tables import audit, patients
from bot.store.unit import Unit

MOST_SUBJECT = 128
LISTED = "patients "


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
    """Keep what was done or looked at, by whom, and about which patient; a reason is about one.

    It is written as the last thing of the transaction. Where it cannot be written, nothing of the
    transaction is kept, and nothing is shown.
    """
    values = {
        "at": at,
        "clinician_id": clinician_id,
        "act": act,
        "patient_id": patient_id,
        "subject": subject[:MOST_SUBJECT],
        "reason": _sealed(unit, clinician_id, act, patient_id, reason),
    }
    unit.last(chained.add, values)


def note_list(
    unit: Unit, *, at: datetime, clinician_id: int | None, act: str, patient_ids: Iterable[int]
) -> None:
    """Keep who was on a list that somebody read, by the patients' numbers."""
    for subject in listed(patient_ids):
        note(unit, at=at, clinician_id=clinician_id, act=act, subject=subject)


def listed(patient_ids: Iterable[int]) -> list[str]:
    """These patients' numbers as subjects, such as "patients 1,2,15"; always one at least."""
    subjects, words = [], [str(number) for number in sorted(set(patient_ids))] or ["none"]
    while words:
        count = len(words)
        while len(LISTED + ",".join(words[:count])) > MOST_SUBJECT:
            count -= 1
        subjects.append(LISTED + ",".join(words[:count]))
        words = words[count:]
    return subjects


def on_list(subject: str) -> list[int]:
    """The numbers of the patients whom a subject lists; none for one that is no list."""
    words = subject.removeprefix(LISTED).split(",") if subject.startswith(LISTED) else []
    return [int(word) for word in words if word.isdecimal()]


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
        query = query.where(_is_about(patient_id))
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
        return unit.seal_of(row.patient_id).open(row.reason, *place)
    except CannotOpen:
        # the patient's key is gone: that somebody looked is still known, why is not
        return None


def _sealed(
    unit: Unit, clinician_id: int | None, act: str, patient_id: int | None, reason: str | None
) -> bytes | None:
    if not reason:
        return None
    if patient_id is None:
        # the row can't be sealed anew when a secret key goes: only a patient's key lasts
        msg = "a reason needs the patient whom it is about"
        raise ValueError(msg)
    place = _place(clinician_id, act, patient_id)
    return unit.seal_of(patient_id).seal(reason, *place)


def _is_about(patient_id: int) -> ColumnElement[bool]:
    """Whether an entry is about that patient, alone or on a list of many."""
    numbers = literal(",") + func.substr(audit.c.subject, len(LISTED) + 1) + ","
    is_on_list = audit.c.subject.startswith(LISTED) & numbers.contains(f",{patient_id},")
    return or_(audit.c.patient_id == patient_id, audit.c.patient_id.is_(None) & is_on_list)


def _place(clinician_id: int | None, act: str, patient_id: int | None) -> tuple[object, ...]:
    return ("audit", "reason", clinician_id, act, patient_id)
