"""The weekly round at a clinician's desk: one patient at a time, most need first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.service import care
from bot.service import round as rounds
from bot.service.calls import call_buttons
from bot.service.desk import calls, doors, minutes, proposals
from bot.service.desk.chair import Chair, slot_of
from bot.service.desk.tasks import ask
from bot.service.desk.writing import MOST_LETTERS, has_left
from bot.service.incoming import Wrote
from bot.service.round import Need
from bot.service.wording import line
from bot.store import audit, drafts, guidance, people
from bot.store.desks import Desk
from bot.store.people import Patient
from flows.effects import Button
from flows.scene import Rows

KIND = "round"
MOST_MINUTES = 15
"""Longer than this nobody looks at one card: the clinician was called away."""

WAYS_ON = ("next", "stop")
"""What shows nothing of the patient who had their turn, and so goes on whatever happened."""

A_MINUTE = timedelta(minutes=1)
LASTS = timedelta(hours=12)
"""Whoever had their turn within this time has had it in this round."""


def begin(chair: Chair, rest: str) -> None:
    """Show the patient whose turn it is, or that everybody has had it."""
    _next(chair)


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap in a round asks for, carried out; the short notice to show, if any."""
    match parts:
        case [number, act, start, *more] if number.isdecimal() and start.isdecimal():
            patient = people.load(chair.unit, [int(number)]).get(int(number))
        case _:
            return None
    if patient is None:
        return "c-gone"
    if act not in WAYS_ON and doors.is_shut(chair, patient):
        return None
    match act, more:
        case "say", [name]:
            return _suggest(chair, patient, start, name)
        case (("send" | "edit" | "skip"), [draft]) if draft.isdecimal():
            return _draft(chair, patient, start, act, int(draft))
        case "own", []:
            return _own_words(chair, patient, start)
        case "call", []:
            return calls.ask_times(chair, patient)
        case "suggest", []:
            return proposals.choose(chair, patient)
        case "next" | "stop", []:
            return _finish(chair, patient, start, goes_on=act == "next")
        case _:
            return None


def typed(chair: Chair, desk: Desk, wrote: Wrote) -> None:
    """Show the clinician's own words in the place of a suggestion, to be sent."""
    text, patient = wrote.text.strip(), chair.patient(desk.patient_id or 0)
    if len(text) > MOST_LETTERS:
        ask(chair, desk.task, desk.patient_id, desk.detail)
        values = {"count": str(len(text)), "most": str(MOST_LETTERS)}
        chair.about(None, "c-too-long", **values)
        return
    _show_draft(chair, patient, desk.detail, text, wrote.message)


def _next(chair: Chair) -> None:
    since = guidance.since(chair.unit, chair.clinician.id, KIND, chair.at - LASTS)
    had = {each.patient_id for each in since}
    needs = rounds.order(chair.unit, chair.site, chair.clinician, chair.at)
    left = [need for need in needs if need.patient_id not in had]
    if not needs:
        chair.about(None, "c-round-nobody")
    elif not left:
        _over(chair, "c-round-all")
    else:
        _show(chair, left[0], place=len(needs) - len(left) + 1, of=len(needs))


def _show(chair: Chair, need: Need, *, place: int, of: int) -> None:
    unit, site, number = chair.unit, chair.site, need.patient_id
    # the plan stands there in the patient's own words
    audit.note(
        unit,
        at=chair.at,
        clinician_id=chair.clinician.id,
        act="round",
        patient_id=number,
        subject="plan",
    )
    lines = rounds.summary(unit, site, number, chair.at)
    start = str(int(chair.at.timestamp()))
    chair.about(
        number,
        "c-round",
        _buttons(chair, number, start),
        slot_of("round", 2 * number),
        number=str(place),
        count=str(of),
        why=_why(chair, need),
        lines="\n".join(lines),
    )


def _why(chair: Chair, need: Need) -> str:
    release = chair.site.release
    known = {
        "c-round-why-worse": bool(need.worse),
        "c-round-why-track": need.off_track,
    }
    said = [line(release, name) for name, holds in known.items() if holds]
    return ", ".join([*said, line(release, "c-round-why-weeks", weeks=str(need.weeks))])


def _buttons(chair: Chair, number: int, start: str) -> Rows:
    found = rounds.suggestions(chair.unit, chair.site, number, chair.at)
    suggested = tuple(
        (Button(label=each.title, data=f"round.{number}.say.{start}.{each.name}"),)
        for each in found
    )
    over = [
        tuple(button for (button,) in call_buttons(chair.site, call, "done", "no-show", "again"))
        for call in rounds.over_calls(chair.unit, number)
    ]
    return (
        *suggested,
        *over,
        tuple(_button(chair, act, number, start) for act in ("own", "call", "suggest")),
        tuple(_button(chair, act, number, start) for act in ("next", "stop")),
    )


def _suggest(chair: Chair, patient: Patient, start: str, name: str) -> str | None:
    found = rounds.suggestions(chair.unit, chair.site, patient.id, chair.at)
    wanted = next((each for each in found if each.name == name), None)
    if wanted is None:
        return "c-not-now"
    _show_draft(chair, patient, start, wanted.text, None)
    return None


def _show_draft(chair: Chair, patient: Patient, start: str, text: str, source: int | None) -> None:
    """Show the words whole; what is sent is what stood there, whatever changes meanwhile."""
    number = drafts.keep(
        chair.unit,
        clinician_id=chair.clinician.id,
        patient_id=patient.id,
        text=text,
        at=chair.at,
        source_message=source,
    )
    row = tuple(
        _button(chair, act, patient.id, start, f".{number}") for act in ("send", "edit", "skip")
    )
    values = {"pseudonym": patient.pseudonym, "text": text}
    chair.about(patient.id, "c-round-words", (row,), slot_of("draft", number), **values)


def _draft(chair: Chair, patient: Patient, start: str, act: str, number: int) -> str | None:
    draft = drafts.waiting(chair.unit, number, chair.clinician.id)
    if draft is None:
        return "c-not-now"
    goes = act == "send" and not has_left(chair, patient)
    drafts.settle(chair.unit, number, "sent" if goes else "cancelled", chair.at)
    chair.settle(slot_of("draft", number))
    if act == "edit":
        return _own_words(chair, patient, start)
    if goes:
        _send(chair, patient, start, draft)
    return None


def _send(chair: Chair, patient: Patient, start: str, draft: drafts.Draft) -> None:
    care.send(
        chair.unit,
        chair.site,
        chair.clinician,
        patient,
        draft.text,
        at=chair.at,
        name=f"told:draft:{draft.id}",
        source_message=draft.source_message,
    )
    doors.keep_act(chair, "write", patient.id)
    text = "c-sent" if patient.reachable else "c-unreachable"
    # the way on lies right under the thumb
    row = tuple(_button(chair, act, patient.id, start) for act in ("next", "stop"))
    slot = slot_of("round", 2 * patient.id + 1)
    chair.about(patient.id, text, (row,), slot, pseudonym=patient.pseudonym)


def _own_words(chair: Chair, patient: Patient, start: str) -> str | None:
    ask(chair, KIND, patient.id, start)
    chair.about(None, "c-write", pseudonym=patient.pseudonym)
    return None


def _finish(chair: Chair, patient: Patient, start: str, *, goes_on: bool) -> str | None:
    begun = datetime.fromtimestamp(int(start), UTC)
    since = guidance.since(chair.unit, chair.clinician.id, KIND, begun)
    if any(each.patient_id == patient.id for each in since):
        return "c-not-now"
    took = min(MOST_MINUTES, max(1, round((chair.at - begun) / A_MINUTE)))
    me = chair.clinician.id
    number = guidance.spent(chair.unit, patient.id, me, KIND, took, chair.at)
    doors.keep_act(chair, "minutes", patient.id, KIND)
    for slot in (2 * patient.id, 2 * patient.id + 1):
        chair.settle(slot_of("round", slot))
    values = {"pseudonym": patient.pseudonym, "minutes": str(took)}
    chair.about(None, "c-minutes-noted", minutes.change_button(chair, number), **values)
    if goes_on:
        _next(chair)
    else:
        _over(chair, "c-round-stopped")
    return None


def _over(chair: Chair, text: str) -> None:
    given = guidance.since(chair.unit, chair.clinician.id, KIND, chair.at - LASTS)
    total = sum(each.minutes for each in given)
    count = len({each.patient_id for each in given})
    chair.about(None, text, count=str(count), minutes=f"{total:g}")


def _button(chair: Chair, act: str, number: int, start: str, more: str = "") -> Button:
    label = chair.site.release.label(f"round-{act}")
    return Button(label=label, data=f"round.{number}.{act}.{start}{more}")
