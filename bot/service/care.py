"""Words between a patient and the care team: a thread that each reads in their own chat."""

from __future__ import annotations

import hashlib
from datetime import datetime

from bot.service.alerts import post_to, says
from bot.service.site import Site
from bot.service.team import care_team
from bot.store import alerts, inbox, thread
from bot.store.alerts import Alert
from bot.store.inbox import Arrival
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows.events import Cleared, Event, Told

PIECE = 3000
"""How many letters of a message go into one bubble, so that nothing is ever cut off."""


def relay(unit: Unit, site: Site, patient: Patient, text: str, *, at: datetime) -> None:
    """Keep the patient's words in the thread and bring them to whoever cares for them."""
    alert = _latest(alerts.open_of_patient(unit, patient.id))
    kept = alert.id if alert else None
    thread.add(unit, patient_id=patient.id, text=text, at=at, alert_id=kept)
    for piece in pieces(text):
        bubble = says(unit, site, patient.id, piece)
        post_to(unit, _readers(unit, patient, alert), bubble, alert, at=at, patient_id=patient.id)


def tell(
    unit: Unit, patient: Patient, clinician: Clinician, text: str, *, at: datetime, name: str
) -> None:
    """Put a clinician's words before the patient's next turn; `name` makes it happen once."""
    thread.add(unit, patient_id=patient.id, text=text, at=at, clinician_id=clinician.id)
    _into_inbox(unit, patient, Told(at=at, clinician=clinician.name, text=text), name, at)


def clear(unit: Unit, patient: Patient, *, at: datetime, name: str) -> None:
    """Lift the safety hold before the patient's next turn."""
    _into_inbox(unit, patient, Cleared(at=at), name, at)


def pieces(text: str) -> list[str]:
    """The text in pieces that each fit into a bubble; always at least one."""
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)] or [""]


def _into_inbox(unit: Unit, patient: Patient, event: Event, name: str, at: datetime) -> None:
    body = event.model_dump_json()
    digest = hashlib.sha256(name.encode()).hexdigest()
    inbox.keep(unit, [Arrival("clinic", name, digest, patient.lookup or "", body, at)])


def _latest(found: list[Alert]) -> Alert | None:
    return found[-1] if found else None


def _readers(unit: Unit, patient: Patient, alert: Alert | None) -> list[Clinician]:
    """Who took the alert, else who wrote last, else everyone."""
    team = care_team(unit)
    wrote = [m.clinician_id for m in thread.of(unit, patient.id) if m.clinician_id is not None]
    wanted = alert.taken_by if alert and alert.taken_by else wrote[-1] if wrote else None
    return [clinician for clinician in team if clinician.id == wanted] or team
