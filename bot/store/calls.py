"""Calls between patients and clinicians: offered times, the time that was agreed, what became."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, func, select, update

from bot.store.tables import calls, clinicians, patients
from bot.store.unit import Unit, add, claiming

SPOKEN_OF = ("booked", "over")
"""The states in which a clock says when the next word about a call is due."""

LIVE = ("offered", "wished", "booked", "over")
"""The states in which something about a call is still to be done."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it stands; `at` is the agreed time, `slots` are those that were offered last.

    What was due up to `reminded_at` has been said, `speak_at` is when the next word is due, and
    `sequence` grows with each change of the time. The zones are those of the patient and the
    clinician as they are now.
    """

    id: int
    patient_id: int
    clinician_id: int
    offer_id: int | None
    purpose: str
    state: str
    slots: tuple[datetime, ...]
    at: datetime | None
    minutes: int
    made_at: datetime
    settled_at: datetime | None
    reminded_at: datetime | None
    speak_at: datetime | None
    sequence: int
    patient_zone: str | None
    clinician_zone: str | None


def make(
    unit: Unit, *, patient_id: int, clinician_id: int, purpose: str, minutes: int, at: datetime
) -> int:
    """The number of a new call for which no time has been offered yet."""
    values = {
        "patient_id": patient_id,
        "clinician_id": clinician_id,
        "purpose": purpose,
        "state": "offered",
        "slots": "[]",
        "minutes": minutes,
        "made_at": at,
        "sequence": 0,
    }
    return add(unit, calls, values)


def get(unit: Unit, call_id: int) -> Call | None:
    """The call of that number, or None."""
    return _one(unit, _query().where(calls.c.id == call_id))


def of_offer(unit: Unit, offer_id: int) -> Call | None:
    """The call whose times this offer brought last, or None."""
    return _one(unit, _query().where(calls.c.offer_id == offer_id))


def of_patient(unit: Unit, patient_id: int) -> list[Call]:
    """Every call there was with a patient, oldest first."""
    return _calls(unit, _query().where(calls.c.patient_id == patient_id).order_by(calls.c.id))


def of_clinician(unit: Unit, clinician_id: int) -> list[Call]:
    """A clinician's calls about which something is still to be done, the next ones first."""
    mine = calls.c.clinician_id == clinician_id, calls.c.state.in_(LIVE)
    return _calls(unit, _query().where(*mine).order_by(calls.c.at.nulls_last(), calls.c.id))


def between(unit: Unit, since: datetime, until: datetime) -> list[Call]:
    """The calls that were agreed for a moment from `since` up to `until`, in order."""
    held = calls.c.state.in_(("booked", "over", "done", "no-show"))
    wanted = held, calls.c.at >= since, calls.c.at < until
    return _calls(unit, _query().where(*wanted).order_by(calls.c.at, calls.c.id))


def due(unit: Unit, now: datetime) -> list[int]:
    """The numbers of the calls of which something is to be said by now."""
    query = select(calls.c.id).where(is_due(now))
    return list(unit.connection.execute(query.order_by(calls.c.speak_at, calls.c.id)).scalars())


def is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether something is to be said of a call by that moment."""
    return and_(calls.c.state.in_(SPOKEN_OF), calls.c.speak_at <= now)


def next_due(unit: Unit) -> datetime | None:
    """When the next word about a call is due, or None if none is."""
    query = select(func.min(calls.c.speak_at)).where(calls.c.state.in_(SPOKEN_OF))
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


def take(unit: Unit, call_id: int) -> Call | None:
    """The call if it is to be spoken of, locked; None if another process has it in hand."""
    query = _query().where(calls.c.id == call_id, calls.c.state.in_(SPOKEN_OF))
    return _one(unit, claiming(query, unit, calls))


def change(unit: Unit, call_id: int, expected_state: str, **values: Any) -> bool:
    """Whether the call was still in that state, and so was changed."""
    if "slots" in values:
        values["slots"] = json.dumps([slot.isoformat() for slot in values["slots"]])
    unmoved = calls.c.id == call_id, calls.c.state == expected_state
    return unit.connection.execute(update(calls).where(*unmoved).values(values)).rowcount > 0


def _query() -> Select[Any]:
    return (
        select(
            calls,
            patients.c.zone.label("patient_zone"),
            clinicians.c.zone.label("clinician_zone"),
        )
        .join(patients, patients.c.id == calls.c.patient_id)
        .join(clinicians, clinicians.c.id == calls.c.clinician_id)
    )


def _one(unit: Unit, query: Select[Any]) -> Call | None:
    found = _calls(unit, query)
    return found[0] if found else None


def _calls(unit: Unit, query: Select[Any]) -> list[Call]:
    return [
        Call(
            **{name: row[name] for name in Call.__dataclass_fields__ if name != "slots"},
            slots=tuple(map(datetime.fromisoformat, json.loads(row["slots"]))),
        )
        for row in unit.connection.execute(query).mappings()
    ]
