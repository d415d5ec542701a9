"""Words between a patient and the care team: a thread that each reads in their own chat."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from bot.service import alerts as alerting
from bot.service.arriving import clear, put_event
from bot.service.posting import post_to
from bot.service.reasons import reason_of
from bot.service.site import Site
from bot.service.team import care_team
from bot.service.wording import fixed
from bot.store import alerts, caseload, presence, thread
from bot.store.alerts import Alert
from bot.store.people import Clinician, Patient
from bot.store.thread import Unseen
from bot.store.unit import Unit
from flows import silence
from flows.events import HandedBack, TakenOver, Told
from flows.state import State

__all__ = [
    "clear",
    "hand_back",
    "mark_seen",
    "pieces",
    "put_event",
    "refuses",
    "relay",
    "replies_of",
    "send",
    "settle_taking_over",
    "take_over",
    "unread",
]

Refused = Literal["left", "consenting"]
"""Why nothing may be sent."""

PIECE = 3000
"""How many letters of a message go into one bubble, so that nothing is ever cut off."""


def relay(unit: Unit, site: Site, patient: Patient, text: str, *, at: datetime) -> None:
    """Keep the patient's words in the thread and bring them to whoever cares for them."""
    alert = _latest(alerts.open_of_patient(unit, patient.id))
    kept = alert.id if alert else None
    thread.add(unit, patient_id=patient.id, text=text, at=at, alert_id=kept)
    for piece in pieces(text):
        bubble = alerting.says(unit, site, patient.id, piece)
        post_to(unit, _readers(unit, patient, alert), bubble, alert, at=at, patient_id=patient.id)


def send(
    unit: Unit,
    site: Site,
    clinician: Clinician,
    patient: Patient,
    text: str,
    *,
    at: datetime,
    name: str,
    alert: Alert | None = None,
    source_message: int | None = None,
    corrects: int | None = None,
) -> None:
    """Put a clinician's words before the patient's next turn; `name` makes it happen once.

    The patient's own words count as seen from now on, and an alert that the words are about, or
    that this clinician has, as acted on.
    """
    thread.add(
        unit,
        patient_id=patient.id,
        text=text,
        at=at,
        alert_id=alert.id if alert else None,
        clinician_id=clinician.id,
        source_message=source_message,
        corrects=corrects,
    )
    told = Told(
        at=at,
        clinician=clinician.name,
        text=text,
        replies=replies_of(site, clinician),
        corrects=corrects is not None,
    )
    put_event(unit, patient, told, name, at)
    due_at = silence.due_at(site.release.program.presence, at, at)
    presence.spoke(unit, patient.id, clinician.id, at=at, due_at=due_at)
    mark_seen(unit, patient.id, at)
    for each in _acted_on(unit, patient, clinician, alert):
        alerting.act(unit, site, each, clinician, at=at)


def replies_of(site: Site, clinician: Clinician) -> str:
    """When replies usually come: in the clinician's words, else by the team's hours, else empty."""
    hours = site.settings.care_team_hours
    default = f"{hours.words} ({site.settings.time_zone})" if hours is not None else ""
    return clinician.replies or default


def refuses(unit: Unit, patient: Patient, *, live: bool = False) -> Refused | None:
    """Why nothing may be sent to the patient now, or None; `live` if it is to take them over.

    Whoever left is written to only while something urgent is open, and never taken over; whoever
    has agreed to nothing yet is taken over only while an alert is open.
    """
    found = alerts.open_of_patient(unit, patient.id)
    if patient.phase == "withdrawn":
        is_urgent = any(not reason_of(each).digest for each in found)
        return None if is_urgent and not live else "left"
    return "consenting" if live and patient.phase == "consenting" and not found else None


def take_over(
    unit: Unit, site: Site, clinician: Clinician, patient: Patient, *, at: datetime, name: str
) -> bool:
    """Whether the clinician writes in the program's place from now on; not if they did already."""
    if patient.taken_by == clinician.id:
        return False
    due_at = silence.due_at(site.release.program.presence, at, at)
    presence.take(unit, patient.id, clinician.id, at=at, due_at=due_at)
    put_event(unit, patient, TakenOver(at=at, clinician=clinician.name), name, at)
    return True


def hand_back(
    unit: Unit, site: Site, clinician: Clinician, patient: Patient, *, at: datetime, name: str
) -> bool:
    """Whether the conversation goes back to the program; not if the program has it."""
    engine = State.model_validate_json(patient.state_json)
    if patient.taken_by is None and engine.taken_by is None:
        return False
    presence.give_back(unit, patient.id)
    put_event(unit, patient, HandedBack(at=at, clinician=clinician.name), name, at)
    return True


def settle_taking_over(
    unit: Unit, site: Site, patient: Patient, before: State, after: State, *, at: datetime
) -> None:
    """Forget who wrote in the program's place, and tell them, when the patient went back to it."""
    if before.taken_by is None or after.taken_by is not None or patient.taken_by is None:
        return
    writer = [each for each in care_team(unit) if each.id == patient.taken_by]
    if any(each.name != before.taken_by for each in writer):
        return  # somebody else has taken over since, and the program is about to hear of it
    presence.give_back(unit, patient.id)
    bubble = fixed(site.release, "c-taken-ended", pseudonym=patient.pseudonym)
    post_to(unit, writer, bubble, None, at=at, patient_id=patient.id)


def unread(unit: Unit, patient_ids: Collection[int] | None = None) -> dict[int, Unseen]:
    """What of the patients' words nobody has answered or seen: by patient, the oldest first."""
    return thread.unseen(unit, patient_ids)


def mark_seen(unit: Unit, patient_id: int, at: datetime) -> int:
    """How many of the patient's words count as seen from now on."""
    return thread.mark_seen(unit, patient_id, at)


def pieces(text: str) -> list[str]:
    """The text in pieces that each fit into a bubble; always at least one."""
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)] or [""]


def _latest(found: list[Alert]) -> Alert | None:
    return found[-1] if found else None


def _acted_on(
    unit: Unit, patient: Patient, clinician: Clinician, alert: Alert | None
) -> list[Alert]:
    if alert is not None:
        # read again: it may have been closed while the words waited
        now = alerts.get(unit, alert.id)
        return [now] if now is not None and now.state != "closed" else []
    return [a for a in alerts.open_of_patient(unit, patient.id) if a.taken_by == clinician.id]


def _readers(unit: Unit, patient: Patient, alert: Alert | None) -> list[Clinician]:
    """Who took the alert or the conversation, else their own, else who wrote last, else all."""
    team = care_team(unit)
    last = thread.last_written(unit, patient.id)
    ranks: tuple[set[int], ...] = (
        {alert.taken_by or 0 if alert else 0, patient.taken_by or 0},
        set(caseload.of_patient(unit, patient.id)),
        {last[0]} if last is not None else set(),
    )
    for wanted in ranks:
        found = [each for each in team if each.id in wanted]
        if found:
            return found
    return team
