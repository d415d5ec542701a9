"""A take-over that is forgotten: its clinician is reminded; in the end the program goes on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from bot.service import when
from bot.service.arriving import put_event
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.team import care_team, readers
from bot.service.wording import age, fixed
from bot.store import members, people, presence
from bot.store.people import Clinician, Patient
from bot.store.presence import Taken
from bot.store.unit import Unit
from flows import silence
from flows.effects import Button
from flows.events import HandedBack

LEADING = ("lead",)
_HOUR = timedelta(hours=1)


def due(unit: Unit, site: Site) -> list[int]:
    """The patients with whom a clinician is silent for so long that something must follow."""
    return presence.due(unit, site.clock.now())


def go_on(unit: Unit, site: Site, patient_id: int) -> None:
    """Remind the clinician, or have the program go on; nothing if somebody saw to it."""
    now = site.clock.now()
    taken = presence.take_due(unit, patient_id, now)
    if taken is None:
        return
    program, taker = site.release.program.presence, _member(unit, taken.clinician_id)
    if taker is None:
        _take_back(unit, site, taken, "left", at=now)
    elif taken.word_at is None:
        # its clock was never begun, so it begins now
        due_at = silence.due_at(program, now, now)
        presence.spoke(unit, patient_id, taker.id, at=now, due_at=due_at)
    elif now < silence.ends_at(program, taken.word_at):
        _remind(unit, site, taken, taker, taken.word_at, now)
    else:
        _end(unit, site, taken, now)


def left(unit: Unit, site: Site, clinician_id: int, *, at: datetime) -> None:
    """Have the program go on wherever this clinician, who left the team, had taken over."""
    for taken in presence.of_clinician(unit, clinician_id):
        _take_back(unit, site, taken, "left", at=at)


def _remind(
    unit: Unit, site: Site, taken: Taken, taker: Clinician, word_at: datetime, now: datetime
) -> None:
    program = site.release.program.presence
    presence.postpone(unit, taken.patient_id, silence.due_at(program, word_at, now))
    patient = _patient(unit, taken)
    back = Button(label=site.release.label("desk-back"), data=f"card.{patient.id}.back")
    hours = timedelta(minutes=program.back_minutes) // _HOUR
    said = {"pseudonym": patient.pseudonym, "age": age(site.release, word_at, now)}
    bubble = fixed(site.release, "c-taken-silent", ((back,),), hours=str(hours), **said)
    post_to(unit, [taker], bubble, None, at=now, patient_id=patient.id)


def _end(unit: Unit, site: Site, taken: Taken, now: datetime) -> None:
    patient = _patient(unit, taken)
    zone = when.zone_or(site, patient.zone)
    kind = silence.kind_moment(site.release.program.nudges, now, zone)
    if kind > now:
        # nobody is woken by it
        presence.postpone(unit, taken.patient_id, kind)
    else:
        _take_back(unit, site, taken, "silent", at=now)


def _take_back(
    unit: Unit, site: Site, taken: Taken, why: Literal["silent", "left"], *, at: datetime
) -> None:
    """Have the program go on; the patient is told, and the clinician, or else the leads."""
    patient, word_at = _patient(unit, taken), taken.word_at or at
    name = _name(unit, taken.clinician_id)
    hours = (at - word_at) // _HOUR
    event = HandedBack(at=at, clinician=name, why=why, hours=hours)
    presence.give_back(unit, patient.id)
    put_event(unit, patient, event, f"back:{why}:{patient.id}:{at.isoformat()}", at)
    if why == "silent":
        readers_, text = [_member(unit, taken.clinician_id)], "c-taken-lapsed"
        said = {"age": age(site.release, word_at, at)}
    else:
        readers_, text, said = [*readers(unit, LEADING)], "c-taken-left", {"name": name}
    bubble = fixed(site.release, text, pseudonym=patient.pseudonym, **said)
    told = [each for each in readers_ if each is not None]
    post_to(unit, told, bubble, None, at=at, patient_id=patient.id)


def _member(unit: Unit, clinician_id: int) -> Clinician | None:
    return next((each for each in care_team(unit) if each.id == clinician_id), None)


def _name(unit: Unit, clinician_id: int) -> str:
    """The name of someone who is, or was, in the team."""
    return next((each.name for each in members.everyone(unit) if each.id == clinician_id), "–")


def _patient(unit: Unit, taken: Taken) -> Patient:
    return people.load(unit, [taken.patient_id])[taken.patient_id]
