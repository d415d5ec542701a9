"""The patients as a clinician sees them in their chat: lists, and a card for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.service import access, care
from bot.service.desk import doors, glance, presence, writing
from bot.service.desk.chair import Chair
from bot.service.wording import age, line
from bot.store import alerts, caseload, finding, people
from bot.store.people import Glance, Patient
from flows.effects import Button
from flows.scene import Rows

MOST_PATIENTS = 50
MOST_FOUND = 8
MOST_LISTED = 20
A_ROW = 2
ORDER = (
    *("write", "take", "back", "call", "suggest", "minutes", "mode", "mine", "not-mine", "seen"),
)
"""In which order the buttons of a card stand."""

Act = Callable[[Chair, Patient], str | None]
"""Carries out a tap on a patient's card; gives back the name of a short notice, or None."""


def list_patients(chair: Chair, rest: str) -> None:
    """Answer with the patients at a glance, or with those whose pseudonyms come near the words."""
    if rest:
        _find(chair, rest)
        return
    listed = people.patients(chair.unit, MOST_PATIENTS)
    shown = access.open_among(chair.unit, chair.clinician, [each.id for each in listed], chair.at)
    doors.keep_list(chair, "list-patients", shown)
    lines = [_line(chair, each) if each.id in shown else each.pseudonym for each in listed]
    if lines:
        chair.say("c-patients", patients="\n".join(lines))
    else:
        chair.say("c-patients-none")


def list_mine(chair: Chair, rest: str) -> None:
    """Answer with the clinician's own patients, each as a button that opens the card."""
    mine = caseload.of_clinician(chair.unit, chair.clinician.id)
    if not mine:
        chair.say("c-mine-none")
    _choice(chair, "c-mine", mine)


def list_unread(chair: Chair, rest: str) -> None:
    """Answer with everyone whose words nobody has answered or seen, the longest waiting first."""
    waiting = care.unread(chair.unit)
    if not waiting:
        chair.say("c-unread-none")
        return
    release, shown = chair.site.release, list(waiting)[:MOST_LISTED]
    doors.keep_list(chair, "list-unread", shown)
    found = people.load(chair.unit, shown, lock=False)
    lines = [
        line(
            release,
            "c-unread-line",
            pseudonym=found[number].pseudonym,
            count=str(waiting[number].count),
            age=age(release, waiting[number].since, chair.at),
        )
        for number in shown
    ]
    rows = _opening([found[number] for number in shown])
    chair.about(None, "c-unread", rows, patients="\n".join(lines), count=str(len(waiting)))


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap on a patient's card asks for, carried out; the short notice to show, if any."""
    match parts:
        case [number, *acts] if number.isdecimal():
            patient = writing.find(chair, int(number))
        case _:
            return None
    match acts:
        case _ if patient is None:
            return "c-gone"
        case []:
            return show(chair, patient)
        case ["back"] if patient.taken_by == chair.clinician.id:
            # whoever has taken over can always hand back
            return presence.hand_back(chair, patient)
        case _ if doors.is_shut(chair, patient):
            return None
        case ["mode", mode] if mode in caseload.MODES:
            return _set_mode(chair, patient, mode)
        case [act] if act in CARD:
            return CARD[act](chair, patient)
        case _:
            return None


def show(chair: Chair, patient: Patient) -> str | None:
    """Answer with the patient's card, if the patient is open to the clinician."""
    if doors.is_shut(chair, patient):
        return None
    doors.keep_look(chair, patient.id, "open-card")
    unit, release = chair.unit, chair.site.release
    names = {each.id: each.name for each in people.clinicians(unit)}
    guides = [names[each] for each in caseload.of_patient(unit, patient.id) if each in names]
    unread = care.unread(unit, [patient.id]).get(patient.id)
    chair.about(
        patient.id,
        "c-card",
        _buttons(chair, patient, has_unread=unread is not None),
        **glance.whom(chair, patient),
        alerts=str(len(alerts.open_of_patient(unit, patient.id))),
        unread=str(unread.count if unread is not None else 0),
        mode=release.label(f"mode-{caseload.mode_of(unit, patient.id)}"),
        guides=", ".join(guides) or line(release, "c-nobody"),
        presence=presence.words(chair, patient, names),
    )
    return None


def _find(chair: Chair, words: str) -> None:
    found = finding.search(chair.unit, words, MOST_FOUND + 1)
    numbers = [each.id for each in found.patients]
    if not numbers:
        chair.say("c-found-none")
    elif len(numbers) == 1 and found.sure:
        show(chair, chair.patient(numbers[0]))
    else:
        more = found.sure and len(numbers) > MOST_FOUND
        _choice(chair, "c-found-many" if more else "c-found", numbers[:MOST_FOUND])


def _line(chair: Chair, patient: Glance) -> str:
    release = chair.site.release
    return line(
        release,
        "c-patient-line",
        pseudonym=patient.pseudonym,
        phase=release.label(f"phase-{patient.phase}"),
        age=age(release, patient.last_seen_at, chair.at),
    )


def _choice(chair: Chair, name: str, numbers: Iterable[int]) -> None:
    """Offer these patients in order, in as many bubbles as it takes."""
    ordered = list(numbers)
    for start in range(0, len(ordered), MOST_LISTED):
        part = ordered[start : start + MOST_LISTED]
        found = people.load(chair.unit, part, lock=False)
        chair.about(None, name, _opening([found[each] for each in part if each in found]))


def _opening(patients: Iterable[Patient]) -> Rows:
    return tuple((Button(label=each.pseudonym, data=f"card.{each.id}"),) for each in patients)


def _buttons(chair: Chair, patient: Patient, *, has_unread: bool) -> Rows:
    is_mine = chair.clinician.id in caseload.of_patient(chair.unit, patient.id)
    hidden = {
        "back" if patient.taken_by is None else "take",
        "not-mine" if not is_mine else "mine",
        *(() if has_unread else ("seen",)),
    }
    label = chair.site.release.label
    row = [
        Button(label=label(f"desk-{act}"), data=f"card.{patient.id}.{act}")
        for act in ORDER
        if act in CARD and act not in hidden
    ]
    return tuple(tuple(row[start : start + A_ROW]) for start in range(0, len(row), A_ROW))


def _choose_mode(chair: Chair, patient: Patient) -> str | None:
    label = chair.site.release.label
    rows = tuple(
        (Button(label=label(f"mode-{mode}"), data=f"card.{patient.id}.mode.{mode}"),)
        for mode in caseload.MODES
    )
    chair.about(patient.id, "c-choose-mode", rows, pseudonym=patient.pseudonym)
    return None


def _set_mode(chair: Chair, patient: Patient, mode: str) -> str | None:
    caseload.set_mode(chair.unit, patient.id, mode)
    doors.keep_act(chair, "mode", patient.id)
    said = chair.site.release.label(f"mode-{mode}")
    chair.about(patient.id, "c-mode", pseudonym=patient.pseudonym, mode=said)
    return None


def _mine(chair: Chair, patient: Patient) -> str | None:
    caseload.assign(chair.unit, patient.id, chair.clinician.id, chair.at)
    doors.keep_act(chair, "assign", patient.id)
    chair.about(patient.id, "c-mine-now", pseudonym=patient.pseudonym)
    return None


def _not_mine(chair: Chair, patient: Patient) -> str | None:
    if not access.may_let_go(chair.unit, chair.clinician.id, patient.id):
        chair.about(patient.id, "c-mine-last", pseudonym=patient.pseudonym)
        return None
    caseload.unassign(chair.unit, patient.id, chair.clinician.id, chair.at)
    doors.keep_act(chair, "unassign", patient.id)
    chair.about(patient.id, "c-not-mine-now", pseudonym=patient.pseudonym)
    return None


def _seen(chair: Chair, patient: Patient) -> str | None:
    care.mark_seen(chair.unit, patient.id, chair.at)
    doors.keep_act(chair, "mark-seen", patient.id)
    return "c-seen"


CARD: dict[str, Act] = {
    "write": writing.begin,
    "take": presence.take_over,
    "back": presence.hand_back,
    "mode": _choose_mode,
    "mine": _mine,
    "not-mine": _not_mine,
    "seen": _seen,
}
"""Every act of a patient's card by the last part of its button's data; others add their own."""
