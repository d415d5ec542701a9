"""Shared decisions at a clinician's desk: a change or a letter is chosen, and the patient asked."""

from __future__ import annotations

from bot.service import offers as offering
from bot.service.desk import doors
from bot.service.desk.chair import Chair, slot_of
from bot.service.desk.writing import LEFT
from bot.service.guiding import scene_of
from bot.service.letter import text_of
from bot.store import offers, people
from bot.store.people import Patient
from flows import course
from flows.effects import Button
from flows.events import Setting
from flows.scene import Rows, Scene

LETTERS = ("letter", "letter-plan")
"""A letter with the numbers alone, and one with the patient's plan in their own words."""


def choose(chair: Chair, patient: Patient) -> str | None:
    """Show the clinician everything that may be proposed to this patient now."""
    if patient.phase == LEFT:
        chair.about(patient.id, "c-left", pseudonym=patient.pseudonym)
        return None
    rows = _choices(chair, patient)
    chair.about(patient.id, "c-suggest", rows, slot_of("offer", 0), pseudonym=patient.pseudonym)
    return None


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap about a proposal asks for, carried out; the short notice to show, if any."""
    match parts:
        case ["back", number] if number.isdecimal():
            return _withdraw(chair, int(number))
        case [number, *what] if number.isdecimal():
            patient = people.load(chair.unit, [int(number)]).get(int(number))
        case _:
            return None
    if patient is None or patient.phase == LEFT:
        return "c-not-now"
    return None if doors.is_shut(chair, patient) else _chosen(chair, patient, what)


def _chosen(chair: Chair, patient: Patient, what: list[str]) -> str | None:
    match what:
        case [named, value] if (kind := _setting(named)) and value in _open(chair, patient, kind):
            return _propose(chair, patient, kind, value)
        case [letter] if letter in LETTERS:
            return _show_letter(chair, patient, with_plan=letter == "letter-plan")
        case ["send", letter] if letter in LETTERS:
            return _ask_letter(chair, patient, with_plan=letter == "letter-plan")
        case _:
            # it was so already, or has become so since the buttons were shown
            return "c-not-now"


def _propose(chair: Chair, patient: Patient, kind: Setting, value: str) -> str | None:
    number = offering.propose(
        chair.unit,
        chair.site,
        chair.clinician,
        patient,
        kind,
        value,
        at=chair.at,
        name=str(chair.cause),
    )
    doors.keep_act(chair, "propose", patient.id, f"offer {number}")
    what = offering.title_of(chair.site.release, kind, value)
    _offered(chair, patient, number, what)
    return None


def _show_letter(chair: Chair, patient: Patient, *, with_plan: bool) -> str | None:
    """The whole letter first: nothing is asked of a patient that nobody has read."""
    doors.keep_look(chair, patient.id, "draft-letter", "plan" if with_plan else "numbers")
    letter = text_of(chair.unit, chair.site, patient.id, plan=with_plan, at=chair.at)
    send = _button(chair, "letter-send", f"suggest.{patient.id}.send.{LETTERS[with_plan]}")
    values = {"pseudonym": patient.pseudonym, "text": letter}
    chair.about(patient.id, "c-letter", ((send,),), slot_of("offer", 0), **values)
    return None


def _ask_letter(chair: Chair, patient: Patient, *, with_plan: bool) -> str | None:
    text = text_of(chair.unit, chair.site, patient.id, plan=with_plan, at=chair.at)
    number = offering.ask_letter(
        chair.unit,
        chair.site,
        chair.clinician,
        patient,
        text,
        at=chair.at,
        name=str(chair.cause),
    )
    doors.keep_act(chair, "ask-letter", patient.id, f"offer {number}")
    _offered(chair, patient, number, chair.site.release.label("letter"))
    return None


def _offered(chair: Chair, patient: Patient, number: int, what: str) -> None:
    chair.settle(slot_of("offer", 0))
    back = _button(chair, "offer-back", f"suggest.back.{number}")
    text = "c-suggested" if patient.reachable else "c-unreachable"
    values = {"pseudonym": patient.pseudonym}
    if patient.reachable:
        values["what"] = what
    chair.about(patient.id, text, ((back,),), slot_of("offer", number), **values)


def _withdraw(chair: Chair, number: int) -> str | None:
    offered = offers.get(chair.unit, number)
    if offered is None:
        return "c-not-now"
    patient = chair.patient(offered.patient_id)
    if offered.clinician_id != chair.clinician.id and doors.is_shut(chair, patient):
        return None
    chair.settle(slot_of("offer", number))
    if not offering.withdraw(chair.unit, patient, number, at=chair.at):
        return "c-not-now"
    doors.keep_act(chair, "withdraw", patient.id, f"offer {number}")
    chair.about(patient.id, "c-withdrawn", pseudonym=patient.pseudonym)
    return None


def _choices(chair: Chair, patient: Patient) -> Rows:
    release = chair.site.release
    changes = tuple(
        (_plain(offering.title_of(release, kind, value), f"suggest.{patient.id}.{kind}.{value}"),)
        for kind in offering.SETTINGS
        for value in _open(chair, patient, kind)
    )
    letters = tuple(
        (_button(chair, letter, f"suggest.{patient.id}.{letter}"),) for letter in LETTERS
    )
    return (*changes, *letters)


def _open(chair: Chair, patient: Patient, kind: Setting) -> list[str]:
    """What of this kind would change something for the patient."""
    scene = scene_of(chair.site, patient, chair.at)
    program, answers = chair.site.release.program, scene.state.answers
    match kind:
        case "addon":
            return [name for name, flow in program.addons.items() if not _has(scene, name, flow)]
        case "pace":
            return [name for name in program.pace if answers.get("pace") != name]
        case "track":
            known = answers.get("track")
            return [name for name in program.tracks if known is not None and known != name]
        case "pack":
            track = program.tracks.get(str(answers.get("track")))
            now = answers.get(course.PACK, "whole")
            return [p for p in ("short", "whole") if track and track.short and p != now]


def _has(scene: Scene, name: str, flow: str) -> bool:
    return name in scene.state.addons or scene.state.finished(flow) is not None


def _setting(named: str) -> Setting | None:
    return next((kind for kind in offering.SETTINGS if kind == named), None)


def _button(chair: Chair, label: str, data: str) -> Button:
    return _plain(chair.site.release.label(label), data)


def _plain(label: str, data: str) -> Button:
    return Button(label=label, data=data)
