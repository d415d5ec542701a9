"""A clinician takes a conversation over from the program, and hands it back."""

from __future__ import annotations

from collections.abc import Mapping

from bot.service import care
from bot.service.desk import doors
from bot.service.desk.chair import Chair
from bot.service.posting import post_to
from bot.service.wording import fixed, line
from bot.store import people
from bot.store.people import Patient
from flows.effects import Button


def words(chair: Chair, patient: Patient, names: Mapping[int, str]) -> str:
    """Who speaks with the patient now: the program, or which clinician."""
    release = chair.site.release
    if patient.taken_by is None:
        return line(release, "c-speaks-program")
    return line(release, "c-speaks-clinician", name=names.get(patient.taken_by, "–"))


def take_over(chair: Chair, patient: Patient) -> str | None:
    """Have the program keep silent; whoever had taken the conversation over is told."""
    refused = care.refuses(chair.unit, patient, live=True)
    if refused is not None:
        text = "c-left" if refused == "left" else "c-not-agreed"
        chair.about(patient.id, text, pseudonym=patient.pseudonym)
        return None
    name = f"taken:{chair.cause}"
    if not care.take_over(chair.unit, chair.site, chair.clinician, patient, at=chair.at, name=name):
        return "c-taken-already"
    doors.keep_act(chair, "take-over", patient.id)
    _tell_other(chair, patient, "c-taken-from-you")
    back = Button(label=chair.site.release.label("desk-back"), data=f"card.{patient.id}.back")
    chair.about(patient.id, "c-taken-over", ((back,),), pseudonym=patient.pseudonym)
    return None


def hand_back(chair: Chair, patient: Patient) -> str | None:
    """Have the program go on; whoever had taken the conversation over is told."""
    name = f"back:{chair.cause}"
    if not care.hand_back(chair.unit, chair.site, chair.clinician, patient, at=chair.at, name=name):
        return "c-not-taken"
    doors.keep_act(chair, "hand-back", patient.id)
    _tell_other(chair, patient, "c-handed-back-other")
    chair.about(patient.id, "c-handed-back", pseudonym=patient.pseudonym)
    return None


def _tell_other(chair: Chair, patient: Patient, text: str) -> None:
    """Tell the one who had it before, unless that is who acts now."""
    others = [
        each
        for each in people.clinicians(chair.unit)
        if each.id == patient.taken_by and each.id != chair.clinician.id
    ]
    bubble = fixed(chair.site.release, text, name=chair.clinician.name, pseudonym=patient.pseudonym)
    post_to(chair.unit, others, bubble, None, at=chair.at, patient_id=patient.id)
