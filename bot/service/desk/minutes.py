"""Minutes of guidance at a clinician's desk: noted, and put right."""

from __future__ import annotations

from bot.service.desk import doors
from bot.service.desk.chair import Chair
from bot.store import guidance, people
from bot.store.people import Patient
from flows.effects import Button
from flows.scene import Rows

CHOICES = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60)
A_ROW = 5
OTHER = "other"
"""The kind of guidance that was neither a round nor a call."""


def ask(chair: Chair, patient: Patient) -> str | None:
    """Ask how many minutes the clinician gave to this patient."""
    rows = _choices(chair, f"minutes.p{patient.id}")
    chair.about(None, "c-minutes-ask", rows, pseudonym=patient.pseudonym)
    return None


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap about minutes asks for, carried out; the short notice to show, if any."""
    match parts:
        case [whom, count] if whom.startswith("p") and _is_count(whom[1:], count):
            return _note(chair, int(whom[1:]), int(count))
        case [number, "ask"] if number.isdecimal():
            return _ask_again(chair, int(number))
        case [number, count] if _is_count(number, count):
            return _correct(chair, int(number), int(count))
        case _:
            return None


def change_button(chair: Chair, number: int) -> Rows:
    """A button that puts these minutes right."""
    label = chair.site.release.label("minutes-change")
    return ((Button(label=label, data=f"minutes.{number}.ask"),),)


def _note(chair: Chair, patient_id: int, count: int) -> str | None:
    patient = people.load(chair.unit, [patient_id]).get(patient_id)
    if patient is None:
        return "c-not-now"
    me = chair.clinician.id
    number = guidance.spent(chair.unit, patient_id, me, OTHER, count, chair.at)
    doors.keep_act(chair, "minutes", patient_id)
    values = {"pseudonym": patient.pseudonym, "minutes": str(count)}
    chair.about(None, "c-minutes-noted", change_button(chair, number), **values)
    return None


def _ask_again(chair: Chair, number: int) -> str | None:
    spent = _own(chair, number)
    if spent is None:
        return "c-not-now"
    name = chair.patient(spent.patient_id).pseudonym
    chair.about(None, "c-minutes-ask", _choices(chair, f"minutes.{number}"), pseudonym=name)
    return None


def _correct(chair: Chair, number: int, count: int) -> str | None:
    spent = _own(chair, number)
    if spent is None:
        return "c-not-now"
    guidance.correct(chair.unit, number, count)
    doors.keep_act(chair, "minutes", spent.patient_id, "correction")
    name = chair.patient(spent.patient_id).pseudonym
    chair.about(
        None,
        "c-minutes-noted",
        change_button(chair, number),
        pseudonym=name,
        minutes=str(count),
    )
    return None


def _own(chair: Chair, number: int) -> guidance.Spent | None:
    """The clinician's own minutes of that number: nobody changes another's."""
    spent = guidance.get(chair.unit, number)
    return spent if spent is not None and spent.clinician_id == chair.clinician.id else None


def _choices(chair: Chair, begins: str) -> Rows:
    row = [Button(label=str(count), data=f"{begins}.{count}") for count in CHOICES]
    return tuple(tuple(row[start : start + A_ROW]) for start in range(0, len(row), A_ROW))


def _is_count(number: str, count: str) -> bool:
    return number.isdecimal() and count.isdecimal() and int(count) in CHOICES
