"""A patient leaves the program: what was open with them is closed."""

from __future__ import annotations

from datetime import datetime

from bot.service import calls, offers
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.team import care_team
from bot.service.wording import fixed
from bot.store import calls as store
from bot.store import offers as kept
from bot.store.people import Patient
from bot.store.unit import Unit


def part(unit: Unit, site: Site, patient: Patient, *, at: datetime) -> None:
    """Take back every offer to the patient and cancel every call; who made them is told."""
    concerned = set()
    for call in store.of_patient(unit, patient.id):
        if call.state in calls.AHEAD:
            calls.cancel(unit, site, call, at=at, name=f"left:{at.isoformat()}")
            concerned.add(call.clinician_id)
    for each in kept.of_patient(unit, patient.id):
        if each.state == kept.OPEN and offers.withdraw(unit, patient, each.id, at=at):
            concerned.add(each.clinician_id)
    if concerned:
        team = care_team(unit)
        told = [each for each in team if each.id in concerned] or team
        bubble = fixed(site.release, "c-left-closed", pseudonym=patient.pseudonym)
        post_to(unit, told, bubble, None, at=at, patient_id=patient.id)
