"""Calls at a clinician's desk: times are typed, shown on both clocks, and offered when they fit."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.service import call_offers, when
from bot.service import calls as calling
from bot.service.desk import doors
from bot.service.desk.chair import Chair, slot_of
from bot.service.desk.tasks import ask
from bot.service.desk.writing import has_left
from bot.service.guiding import due_call
from bot.service.incoming import Wrote
from bot.service.wording import line
from bot.store import calls, desks
from bot.store.calls import Call
from bot.store.desks import Desk
from bot.store.people import Patient
from flows.effects import Button
from flows.reading.slots import Calendar, Slots, read_slots
from flows.scene import Rows

USUAL_MINUTES = 30
MOST_BUBBLES = 10

_ACTS = {
    "offered": ("cancel",),
    "wished": ("set", "again", "cancel"),
    "booked": ("new-time", "done", "no-show", "cancel"),
    "over": ("done", "no-show", "again"),
    "no-show": ("again",),
    "declined": ("again",),
    "cancelled": ("again",),
}
"""What may be done with a call in each state, as buttons."""


def ask_times(chair: Chair, patient: Patient, again: int = 0) -> str | None:
    """Ask the clinician for times that suit them; their next words are about this patient."""
    if has_left(chair, patient):
        return None
    purpose = due_call(chair.unit, chair.site, patient, chair.at) or "other"
    ask(chair, "call", patient.id, f"{purpose}|{again}")
    mine, theirs = _zones(chair, patient)
    chair.about(
        None,
        "c-call-times",
        pseudonym=patient.pseudonym,
        purpose=chair.site.release.label(f"call-for-{purpose}"),
        zone=when.place(chair.site, mine),
        now=when.both(chair.site, chair.at, mine, theirs),
    )
    return None


def typed(chair: Chair, desk: Desk, wrote: Wrote) -> None:
    """Show the times that were typed on both clocks, with a button that offers them."""
    patient = chair.patient(desk.patient_id or 0)
    slots = _read(chair, desk, wrote.text)
    if slots is None:
        return
    if len(slots.moments) > call_offers.MOST_SLOTS:
        _again(chair, desk, "c-call-too-many", most=str(call_offers.MOST_SLOTS))
        return
    minutes = slots.minutes or USUAL_MINUTES
    moments = ",".join(_packed(moment) for moment in slots.moments)
    detail = f"{chair.cause}|{desk.detail}|{minutes}|{moments}"
    ask(chair, "call-send", patient.id, detail)
    chair.about(
        patient.id,
        "c-call-check",
        _confirm(chair, "call-send"),
        slot_of("call", chair.cause),
        pseudonym=patient.pseudonym,
        minutes=str(minutes),
        times="\n".join(_lines(chair, patient, slots.moments)),
    )


def typed_time(chair: Chair, desk: Desk, wrote: Wrote) -> None:
    """Show the one time that was typed, with a button that sets the call to it."""
    slots, call = _read(chair, desk, wrote.text), calls.get(chair.unit, int(desk.detail))
    if slots is None:
        return
    if call is None or len(slots.moments) != 1:
        _again(chair, desk, "c-call-one-time")
        return
    patient = chair.patient(call.patient_id)
    detail = f"{chair.cause}|{call.id}|{slots.minutes or call.minutes}|{_packed(slots.moments[0])}"
    ask(chair, "call-move", patient.id, detail)
    chair.about(
        patient.id,
        "c-call-check-one",
        _confirm(chair, "call-move"),
        slot_of("call", chair.cause),
        pseudonym=patient.pseudonym,
        minutes=str(slots.minutes or call.minutes),
        when=_lines(chair, patient, slots.moments)[0],
    )


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap about a call asks for, carried out; the short notice to show, if any."""
    match parts:
        case ["0", task, cause] if cause.isdecimal():
            return _confirmed(chair, task, cause)
        case [number, act] if number.isdecimal():
            call = calls.get(chair.unit, int(number))
            return _act(chair, call, act) if call is not None else "c-not-now"
        case _:
            return None


def list_calls(chair: Chair, rest: str) -> None:
    """Answer with the clinician's calls that are to come, or wait for something."""
    found = calls.of_clinician(chair.unit, chair.clinician.id)
    if not found:
        chair.about(None, "c-calls-none")
    doors.keep_list(chair, "list-calls", [call.patient_id for call in found[:MOST_BUBBLES]])
    for call in found[:MOST_BUBBLES]:
        _show(chair, call)


def _act(chair: Chair, call: Call, act: str) -> str | None:
    match act:
        case "open":
            doors.keep_list(chair, "list-calls", [call.patient_id])
            _show(chair, call)
            return None
        case _ if act not in _ACTS.get(call.state, ()):
            return "c-not-now"
        case "again":
            return ask_times(chair, chair.patient(call.patient_id), call.id)
        case "set" | "new-time":
            return _ask_time(chair, call)
        case "cancel":
            done = calling.cancel(chair.unit, chair.site, call, at=chair.at, name=_name(chair))
            if done:
                doors.keep_act(chair, "cancel-call", call.patient_id, f"call {call.id}")
            if done and call.state != "booked":
                chair.about(call.patient_id, "c-call-withdrawn", **_values(chair, call))
            return None if done else "c-not-now"
        case _:
            return _settle(chair, call, act)


def _settle(chair: Chair, call: Call, outcome: str) -> str | None:
    number = calling.settle(chair.unit, call, outcome, chair.clinician, at=chair.at)
    if number is not None or outcome == "no-show":
        doors.keep_act(chair, "settle-call", call.patient_id, f"call {call.id}")
    if number is not None:
        change = ((_button(chair, "minutes-change", f"minutes.{number}.ask"),),)
        chair.about(call.patient_id, "c-call-done", change, **_values(chair, call))
    elif outcome == "no-show":
        buttons = calling.call_buttons(chair.site, call, "again")
        chair.about(call.patient_id, "c-call-no-show", buttons, **_values(chair, call))
    else:
        return "c-not-now"
    return None


def _show(chair: Chair, call: Call) -> None:
    state = chair.site.release.label(f"call-{call.state}")
    buttons = calling.call_buttons(chair.site, call, *_ACTS.get(call.state, ()))
    chair.about(call.patient_id, "c-call", buttons, state=state, **_values(chair, call))


def _ask_time(chair: Chair, call: Call) -> str | None:
    patient = chair.patient(call.patient_id)
    ask(chair, "call-time", patient.id, str(call.id))
    mine, theirs = _zones(chair, patient)
    chair.about(
        None,
        "c-call-time",
        pseudonym=patient.pseudonym,
        zone=when.place(chair.site, mine),
        now=when.both(chair.site, chair.at, mine, theirs),
    )
    return None


def _confirmed(chair: Chair, task: str, cause: str) -> str | None:
    """Carry out what was shown, if it is still what lies on the desk."""
    desk = desks.get(chair.unit, chair.clinician.id, chair.at)
    chair.settle(slot_of("call", int(cause)))
    if desk is None or not desk.detail.startswith(f"{cause}|"):
        return "c-not-now"
    desks.clear(chair.unit, chair.clinician.id)
    match task:
        case "call-send":
            return _send(chair, desk)
        case "call-move":
            return _move(chair, desk)
        case _:
            return "c-cancelled"


def _send(chair: Chair, desk: Desk) -> str | None:
    _, purpose, again, minutes, packed = desk.detail.split("|")
    patient = chair.patient(desk.patient_id or 0)
    if has_left(chair, patient):
        return None
    slots = [slot for each in packed.split(",") if (slot := _unpacked(each)) > chair.at]
    if not slots:
        chair.about(None, "c-call-none-left")
        return None
    call_offers.offer(
        chair.unit,
        chair.site,
        chair.clinician,
        patient,
        slots,
        int(minutes),
        purpose,
        at=chair.at,
        name=_name(chair),
        again=int(again) or None,
    )
    doors.keep_act(chair, "call", patient.id)
    reached = "c-call-offered" if patient.reachable else "c-unreachable"
    chair.about(patient.id, reached, pseudonym=patient.pseudonym)
    return None


def _move(chair: Chair, desk: Desk) -> str | None:
    _, number, minutes, packed = desk.detail.split("|")
    call, to = calls.get(chair.unit, int(number)), _unpacked(packed)
    if call is None or to <= chair.at:
        chair.about(None, "c-call-none-left")
        return None
    moved = calling.move(
        chair.unit,
        chair.site,
        call,
        to,
        at=chair.at,
        name=_name(chair),
        minutes=int(minutes),
    )
    if not moved:
        return "c-not-now"
    doors.keep_act(chair, "move-call", call.patient_id, f"call {call.id}")
    return None


def _again(chair: Chair, desk: Desk, name: str, /, **values: str) -> None:
    """Say what was wrong, and wait for other words."""
    ask(chair, desk.task, desk.patient_id, desk.detail)
    chair.about(None, name, **values)


def _read(chair: Chair, desk: Desk, text: str) -> Slots | None:
    """What was typed, if all of it was understood; otherwise the clinician is told what was not."""
    mine = when.zone_or(chair.site, chair.clinician.zone)
    messages, months = chair.site.release.messages, chair.site.release.text("months").split()
    slots = read_slots(text, Calendar(chair.at, mine, messages.days, months))
    if slots.unclear:
        _again(chair, desk, "c-call-unclear", text="; ".join(slots.unclear))
    elif slots.past:
        _again(chair, desk, "c-call-past", text="; ".join(slots.past))
    elif not slots.moments:
        _again(chair, desk, "c-call-unclear", text=text.strip())
    else:
        return slots
    return None


def _lines(chair: Chair, patient: Patient, moments: tuple[datetime, ...]) -> list[str]:
    """Each time on both clocks, and what else the clinician has then."""
    mine, theirs = _zones(chair, patient)
    held = calls.of_clinician(chair.unit, chair.clinician.id)
    return [
        when.both(chair.site, moment, mine, theirs) + _clash(chair, held, moment)
        for moment in moments
    ]


def _clash(chair: Chair, held: list[Call], moment: datetime) -> str:
    for call in held:
        if call.state == "booked" and call.at is not None:
            ends = when.times_of(chair.site, call, call.at).ends
            if call.at <= moment < ends:
                name = chair.patient(call.patient_id).pseudonym
                return " " + line(chair.site.release, "c-call-clash", pseudonym=name)
    return ""


def _zones(chair: Chair, patient: Patient) -> tuple[str, str]:
    site = chair.site
    return when.zone_or(site, chair.clinician.zone), when.zone_or(site, patient.zone)


def _values(chair: Chair, call: Call) -> dict[str, str]:
    return calling.values_for(chair.unit, chair.site, call)


def _confirm(chair: Chair, act: str) -> Rows:
    send = _button(chair, act, f"call.0.{act}.{chair.cause}")
    return ((send, _button(chair, "call-drop", f"call.0.drop.{chair.cause}")),)


def _button(chair: Chair, label: str, data: str) -> Button:
    return Button(label=chair.site.release.label(label), data=data)


def _name(chair: Chair) -> str:
    return str(chair.cause)


def _packed(moment: datetime) -> str:
    return str(int(moment.timestamp()) // 60)


def _unpacked(minutes: str) -> datetime:
    return datetime.fromtimestamp(int(minutes) * 60, UTC)
