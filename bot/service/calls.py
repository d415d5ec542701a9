"""Calls: a time is agreed on, it may move or fall through, and a person says how it went."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.service import care, when
from bot.service.call_offers import NONE, OTHER, Slots, known, offer_slots, take_back
from bot.service.invitation import invitation
from bot.service.post import Document
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.team import care_team
from bot.service.wording import fixed, line
from bot.store import calls, guidance, outbox, people
from bot.store.calls import Call
from bot.store.offers import Offer
from bot.store.outbox import NewPost
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows import calls as life
from flows.effects import Button
from flows.events import OfferClosed
from flows.scene import Rows

AHEAD = ("offered", "wished", "booked")
"""The states of a call that has yet to take place."""


def answered(
    unit: Unit, site: Site, patient: Patient, offered: Offer, value: str, *, at: datetime
) -> None:
    """Carry out what the patient answered to offered times."""
    call = calls.of_offer(unit, offered.id)
    if call is None or call.state != "offered":
        return
    if value in {OTHER, NONE}:
        move, text = ("wish", "c-call-wish") if value == OTHER else ("decline", "c-call-declined")
        buttons = call_buttons(site, call, "set", "again") if value == OTHER else ()
        _change(unit, call, move)
        _tell(unit, site, call, text, buttons, at=at)
    elif value.isdecimal() and 1 <= int(value) <= len(call.slots):
        _choose(unit, site, patient, call, call.slots[int(value) - 1], at=at)


def answered_late(
    unit: Unit, site: Site, patient: Patient, offered: Offer, value: str, *, at: datetime
) -> None:
    """Tell both sides that a time was chosen when the offer had been taken back already."""
    call = calls.of_offer(unit, offered.id)
    if call is None:
        return
    if value in {OTHER, NONE}:
        _tell(unit, site, call, "c-call-wish" if value == OTHER else "c-call-declined", at=at)
    elif value.isdecimal() and 1 <= int(value) <= len(call.slots):
        chosen = replace(call, at=call.slots[int(value) - 1])
        values = _said_of(unit, site, chosen, chosen.at or at)
        event = OfferClosed.model_validate(
            {"at": at, "offer": offered.id, "name": "cancelled", "values": values}
        )
        care.put_event(unit, patient, event, f"late:{offered.id}", at)
        _tell(unit, site, chosen, "c-call-taken-back", call_buttons(site, call, "again"), at=at)


def move(
    unit: Unit,
    site: Site,
    call: Call,
    to: datetime,
    *,
    at: datetime,
    name: str,
    minutes: int | None = None,
) -> bool:
    """Whether the call was given that time by the clinician; both hear of it, with a new file."""
    if not life.may(call.state, "move"):
        return False
    says = "moved" if call.at is not None else "booked"
    moved = _set_time(unit, site, call, "move", to, at=at, minutes=minutes)
    if moved is not None:
        _told_both(unit, site, moved, says, at=at, name=name)
    return moved is not None


def cancel(unit: Unit, site: Site, call: Call, *, at: datetime, name: str) -> bool:
    """Whether the call, or the offer of its times, was still there to be taken back."""
    patient = _patient(unit, call)
    if life.may(call.state, "withdraw"):
        take_back(unit, patient, call, at=at, name=name)
        return _change(unit, call, "withdraw", settled_at=at)
    if not life.may(call.state, "cancel"):
        return False
    done = _change(unit, call, "cancel", settled_at=at, sequence=call.sequence + 1)
    if done:
        _told_both(unit, site, known(unit, call.id), "cancelled", at=at, name=name)
    return done


def settle(
    unit: Unit, call: Call, outcome: str, clinician: Clinician, *, at: datetime
) -> int | None:
    """What a call came to: the number of its minutes of guidance if it took place, else None."""
    if not life.may(call.state, outcome) or not _change(unit, call, outcome, settled_at=at):
        return None
    if outcome != "done":
        return None
    return guidance.spent(unit, call.patient_id, clinician.id, "call", call.minutes, at)


def call_buttons(site: Site, call: Call, *acts: str) -> Rows:
    """Buttons for these acts on a call, one a row."""
    release = site.release
    return tuple(
        (Button(label=release.label(f"call-{act}"), data=f"call.{call.id}.{act}"),) for act in acts
    )


def team_of(unit: Unit, call: Call) -> list[Clinician]:
    """Who must hear of the call: its clinician, or everyone if that one has left the team."""
    team = care_team(unit)
    return [each for each in team if each.id == call.clinician_id] or team


def values_for(unit: Unit, site: Site, call: Call) -> dict[str, str]:
    """What a clinician's texts about a call may say of it."""
    moment, zones = call.at, when.times_of(site, call, call.at or call.made_at)
    said = (
        when.both(site, moment, zones.clinician_zone, zones.patient_zone)
        if moment is not None
        else line(site.release, "c-call-no-time")
    )
    return {
        "pseudonym": _patient(unit, call).pseudonym,
        "when": said,
        "minutes": str(call.minutes),
        "purpose": site.release.label(f"call-for-{call.purpose}"),
    }


def kind_hour(site: Site) -> str:
    """The hour at which people hear of tomorrow's call."""
    return site.release.program.nudges.time


def _choose(
    unit: Unit, site: Site, patient: Patient, call: Call, slot: datetime, *, at: datetime
) -> None:
    if slot <= at:
        _too_late(unit, site, patient, call, at=at)
        return
    booked = _set_time(unit, site, call, "book", slot, at=at)
    if booked is not None:
        _told_both(unit, site, booked, "booked", at=at, name=f"booked:{call.offer_id}")


def _too_late(unit: Unit, site: Site, patient: Patient, call: Call, *, at: datetime) -> None:
    """The time that was tapped lies behind: what is left is offered again, and the team hears."""
    left = [slot for slot in call.slots if slot > at]
    name = f"late:{call.offer_id}"
    clinician = team_of(unit, call)[0]
    slots = Slots(left, call.minutes, "call-again")
    offer_slots(unit, site, clinician, patient, call, slots, at=at, name=name)
    _tell(unit, site, call, "c-call-late", call_buttons(site, call, "again"), at=at)


def _set_time(
    unit: Unit,
    site: Site,
    call: Call,
    trigger: str,
    to: datetime,
    *,
    at: datetime,
    minutes: int | None = None,
) -> Call | None:
    """The call at that time; what would have been said of an earlier one is left out."""
    long = minutes or call.minutes
    times = replace(when.times_of(site, call, to), minutes=long)
    _, later = life.due(times, kind_hour(site), at, at)
    done = _change(
        unit,
        call,
        trigger,
        at=to,
        minutes=long,
        reminded_at=at,
        speak_at=later,
        sequence=call.sequence + 1,
        settled_at=None,
    )
    return known(unit, call.id) if done else None


def _told_both(unit: Unit, site: Site, call: Call, says: str, *, at: datetime, name: str) -> None:
    """Both sides hear what became of the call, and get it for their calendars."""
    moment = call.at or at
    patient, team = _patient(unit, call), team_of(unit, call)
    values = _said_of(unit, site, call, moment)
    writer, theirs = values["clinician"], values["when"]
    caption = line(site.release, "call-file", when=theirs)
    file = invitation(site, call, writer, caption, at=at)
    event = OfferClosed.model_validate(
        {"at": at, "offer": call.offer_id or 0, "name": says, "values": values}
    )
    care.put_event(unit, patient, event, f"{says}:{call.id}:{call.sequence}:{name}", at)
    _hand(unit, patient, file, at=at)
    acts = ("open",) if says != "cancelled" else ("again",)
    _tell(unit, site, call, f"c-call-{says}", call_buttons(site, call, *acts), at=at)
    ours = invitation(
        site,
        call,
        patient.pseudonym,
        line(
            site.release,
            "call-file",
            when=when.zoned(site, moment, when.zone_or(site, call.clinician_zone)),
        ),
        at=at,
    )
    post_to(unit, team, ours, None, at=at, patient_id=call.patient_id)


def _said_of(unit: Unit, site: Site, call: Call, moment: datetime) -> dict[str, str]:
    """What a patient's text about a call may say of it."""
    team = team_of(unit, call)
    return {
        "clinician": team[0].name if team else line(site.release, "c-unknown"),
        "when": when.zoned(site, moment, when.zone_or(site, call.patient_zone)),
        "minutes": str(call.minutes),
    }


def _hand(unit: Unit, patient: Patient, file: Document, *, at: datetime) -> None:
    if patient.contact_id is not None:
        post = NewPost(
            contact_id=patient.contact_id,
            patient_id=patient.id,
            lane="reply",
            shape=file.shape,
            body=file.model_dump_json(),
            created_at=at,
        )
        outbox.add(unit, [post])


def _tell(
    unit: Unit, site: Site, call: Call, text: str, buttons: Rows = (), *, at: datetime
) -> None:
    bubble = fixed(site.release, text, buttons, **values_for(unit, site, call))
    post_to(unit, team_of(unit, call), bubble, None, at=at, patient_id=call.patient_id)


def _change(unit: Unit, call: Call, trigger: str, **values: object) -> bool:
    return calls.change(unit, call.id, call.state, state=life.move(call.state, trigger), **values)


def _patient(unit: Unit, call: Call) -> Patient:
    return people.load(unit, [call.patient_id])[call.patient_id]
