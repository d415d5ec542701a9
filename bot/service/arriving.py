"""What befalls a patient from within the clinic, on its way through the inbox as all else."""

from __future__ import annotations

import hashlib
from datetime import datetime

from bot.store import inbox
from bot.store.inbox import Arrival
from bot.store.people import Patient
from bot.store.unit import Unit
from flows.events import Cleared, Event


def put_event(unit: Unit, patient: Patient, event: Event, name: str, at: datetime) -> None:
    """Put what happened before the patient's next turn; the same name never happens twice."""
    body = event.model_dump_json()
    digest = hashlib.sha256(name.encode()).hexdigest()
    inbox.keep(unit, [Arrival("clinic", name, digest, patient.lookup or "", body, at)])


def clear(unit: Unit, patient: Patient, *, at: datetime, name: str) -> None:
    """Lift the safety hold before the patient's next turn."""
    put_event(unit, patient, Cleared(at=at), name, at)
