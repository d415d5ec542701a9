"""Booked calls come near, begin and are over: both sides hear of it, each in their own day."""

from __future__ import annotations

from datetime import datetime

from bot.service import care, when
from bot.service.calls import call_buttons, kind_hour, team_of, values_for
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.wording import fixed
from bot.store import calls, people
from bot.store.calls import Call
from bot.store.unit import Unit
from flows import calls as life
from flows.calls import Times, Told
from flows.events import Reminded

_SAYS: dict[Told, str] = {"team-day": "c-call-day", "soon": "c-call-soon", "ask": "c-call-ask"}


def due(unit: Unit, site: Site) -> list[int]:
    """The numbers of the calls of which something is to be said now."""
    return calls.due(unit, site.clock.now())


def remind(unit: Unit, site: Site, call_id: int) -> None:
    """Say what is due about this call, once; another process may have done it already."""
    call, now = calls.take(unit, call_id), site.clock.now()
    if call is None or call.at is None:
        return
    times = when.times_of(site, call, call.at)
    said, later = _said(site, call, times, now)
    trigger = "ask" if call.state == "over" else "end" if later is None else "remind"
    # how it went is asked each day until somebody says so
    speak_at = later or life.ask_again(times, kind_hour(site), now)
    moved = {"state": life.move(call.state, trigger), "reminded_at": now, "speak_at": speak_at}
    if calls.change(unit, call.id, call.state, **moved):
        for what in said:
            _say(unit, site, call, what, now)


def remind_due(unit: Unit, site: Site) -> int:
    """How many calls something was said about, all in one transaction."""
    found = due(unit, site)
    for call_id in found:
        remind(unit, site, call_id)
    return len(found)


def _said(
    site: Site, call: Call, times: Times, now: datetime
) -> tuple[tuple[Told, ...], datetime | None]:
    """What must be said now, and when the next word is due; None when it is over."""
    if call.state == "over":
        return ("ask",), None
    return life.due(times, kind_hour(site), call.reminded_at or call.made_at, now)


def _say(unit: Unit, site: Site, call: Call, what: Told, now: datetime) -> None:
    if what in {"patient-day", "soon"}:
        _remind_patient(unit, site, call, "call-day" if what != "soon" else "call-soon", now)
    if what in _SAYS:
        acts = {"ask": ("done", "no-show", "again")}.get(what, ("open",))
        buttons = call_buttons(site, call, *acts)
        values = values_for(unit, site, call)
        patient = people.load(unit, [call.patient_id])[call.patient_id]
        text = _SAYS[what] if patient.reachable or what == "ask" else "c-call-unreachable"
        bubble = fixed(site.release, text, buttons, **values)
        post_to(unit, team_of(unit, call), bubble, None, at=now, patient_id=call.patient_id)


def _remind_patient(unit: Unit, site: Site, call: Call, name: str, now: datetime) -> None:
    patient = people.load(unit, [call.patient_id])[call.patient_id]
    if not patient.reachable or patient.phase == "withdrawn":
        return
    values = {
        "clinician": next((each.name for each in team_of(unit, call)), ""),
        "when": when.zoned(site, call.at or now, when.zone_or(site, call.patient_zone)),
        "minutes": str(call.minutes),
    }
    event = Reminded.model_validate({"at": now, "name": name, "values": values})
    care.put_event(unit, patient, event, f"{name}:{call.id}:{call.sequence}", now)
