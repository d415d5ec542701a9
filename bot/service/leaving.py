"""Somebody leaves the team: what they had in hand goes back to the others at once."""

from __future__ import annotations

from datetime import datetime

from bot.service import alerts as alerting
from bot.service import calls as calling
from bot.service import silence
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.team import readers
from bot.service.wording import fixed
from bot.store import alerts, calls, members, people
from bot.store.calls import Call
from bot.store.unit import Unit


def leave(unit: Unit, site: Site, clinician_id: int, *, at: datetime) -> bool:
    """Whether the member was in the team, and is no longer from now on.

    Where they had taken over the program goes on, and alerts that they had are told to everyone
    whom their rule reaches. Their calls are cancelled, and the leads hear of each.
    """
    found = {each.id: each.name for each in people.clinicians(unit)}
    # while they are still in the team, so that the patient reads whose call it was
    ended = _end_calls(unit, site, clinician_id, at) if clinician_id in found else []
    if not members.disable(unit, clinician_id, at):
        return False
    silence.left(unit, site, clinician_id, at=at)
    for call in ended:
        _tell(unit, site, call, found[clinician_id], at)
    for alert in alerts.open_(unit):
        if alert.taken_by == clinician_id:
            alerting.put_back(unit, site, alert, clinician_id, at=at)
    return True


def _end_calls(unit: Unit, site: Site, clinician_id: int, at: datetime) -> list[Call]:
    """The calls that were to come, each cancelled; how those that are over went is still asked."""
    return [
        call
        for call in calls.of_clinician(unit, clinician_id)
        if call.state in calling.AHEAD
        and calling.cancel(unit, site, call, at=at, name=f"left:{at.isoformat()}")
    ]


def _tell(unit: Unit, site: Site, call: Call, name: str, at: datetime) -> None:
    values = {**calling.values_for(unit, site, call), "name": name}
    again = calling.call_buttons(site, call, "again")
    bubble = fixed(site.release, "c-call-left", again, **values)
    post_to(unit, readers(unit, silence.LEADING), bubble, None, at=at, patient_id=call.patient_id)
