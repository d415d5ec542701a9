"""Shared decisions: what the care team offers a patient, and what the patient answers."""

from __future__ import annotations

from datetime import datetime

from bot.service import calls, care
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.team import care_team
from bot.service.wording import fixed, line
from bot.store import offers
from bot.store.offers import ACCEPTED, DECLINED, OPEN, WITHDRAWN, Offer
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows.events import OfferClosed, Offered, OfferName, Setting
from flows.program import Release

YES, NO = "yes", "no"
SETTINGS: tuple[Setting, ...] = ("addon", "pace", "track", "pack")
"""What a proposal may change."""

MOST_LETTERS = 2900
"""A letter must fit into one message to the patient, whole."""


class TooLong(Exception):
    """The letter is longer than one message, and the patient must see all of it."""


def answer(
    unit: Unit, site: Site, patient: Patient, offer_id: int, value: str, at: datetime
) -> None:
    """Keep what the patient answered, and tell whoever offered; a second answer changes nothing."""
    offered = offers.get(unit, offer_id)
    if offered is None or offered.patient_id != patient.id:
        return
    if offered.state == WITHDRAWN:
        _answered_late(unit, site, patient, offered, value, at)
        return
    state = DECLINED if value == NO else ACCEPTED
    if not offers.settle(unit, offer_id, state, value, at):
        return
    if offered.kind == "call":
        calls.answered(unit, site, patient, offered, value, at=at)
    else:
        _tell(unit, site, patient, offered, f"c-{offered.kind}-{state}", at)


def propose(
    unit: Unit,
    site: Site,
    clinician: Clinician,
    patient: Patient,
    kind: Setting,
    value: str,
    *,
    at: datetime,
    name: str,
) -> int:
    """The number of the proposal that the patient is asked about."""
    values = {"clinician": clinician.name, "what": _named(site.release, kind, value)}
    subject = f"{kind}:{value}"
    return _make(
        unit,
        site,
        clinician,
        patient,
        "proposal",
        subject,
        values,
        at=at,
        name=name,
        change=(kind, value),
    )


def ask_letter(
    unit: Unit,
    site: Site,
    clinician: Clinician,
    patient: Patient,
    text: str,
    *,
    at: datetime,
    name: str,
) -> int:
    """The number of the letter that the patient is shown whole; TooLong if that cannot be."""
    if len(text) > MOST_LETTERS:
        raise TooLong
    values = {"clinician": clinician.name, "text": text}
    return _make(
        unit, site, clinician, patient, "letter", "letter", values, at=at, name=name, body=text
    )


def letter_of(unit: Unit, patient_id: int) -> Offer | None:
    """The last letter that the patient agreed to, or None; its words are in `body`."""
    agreed = [
        each
        for each in offers.of_patient(unit, patient_id)
        if each.kind == "letter" and each.state == ACCEPTED
    ]
    return agreed[-1] if agreed else None


def withdraw(unit: Unit, patient: Patient, offer_id: int, *, at: datetime) -> bool:
    """Whether the offer was still open, and so was taken back; the patient hears of it."""
    taken_back = offers.settle(unit, offer_id, offers.WITHDRAWN, None, at)
    if taken_back:
        event = OfferClosed(at=at, offer=offer_id, name="withdrawn")
        care.put_event(unit, patient, event, f"withdrawn:{offer_id}", at)
    return taken_back


def title_of(release: Release, kind: Setting, value: str) -> str:
    """What a proposal is called where nothing else says its kind; KeyError if there is none."""
    named = _named(release, kind, value)
    return line(release, f"proposal-{kind}", title=named) if kind in {"addon", "track"} else named


def change_of(offered: Offer) -> tuple[Setting, str]:
    """What a yes to this proposal changes, as it was kept."""
    named, _, value = offered.subject.partition(":")
    return next(kind for kind in SETTINGS if kind == named), value


def _named(release: Release, kind: Setting, value: str) -> str:
    """What a proposal is about, for a text that says its kind."""
    program = release.program
    match kind:
        case "addon":
            return release.flow(program.addons[value]).title
        case "track":
            return program.tracks[value].title
        case "pace":
            return line(release, "proposal-pace", days=str(program.pace[value]))
        case "pack":
            return line(release, f"proposal-pack-{value}")


def _make(
    unit: Unit,
    site: Site,
    clinician: Clinician,
    patient: Patient,
    kind: OfferName,
    subject: str,
    values: dict[str, str],
    *,
    at: datetime,
    name: str,
    change: tuple[Setting, str] | None = None,
    body: str | None = None,
) -> int:
    _replace(unit, patient, kind, subject, at)
    offer_id = offers.make(
        unit,
        patient_id=patient.id,
        clinician_id=clinician.id,
        kind=kind,
        subject=subject,
        at=at,
        body=body,
    )
    labels = site.release.label(f"{kind}-yes"), site.release.label(f"{kind}-no")
    choices = tuple(zip((YES, NO), labels, strict=True))
    event = Offered(at=at, offer=offer_id, name=kind, values=values, choices=choices, change=change)
    care.put_event(unit, patient, event, f"offered:{offer_id}:{name}", at)
    return offer_id


def _replace(unit: Unit, patient: Patient, kind: str, subject: str, at: datetime) -> None:
    """The same asked twice is one question: the earlier one is taken back."""
    for each in offers.of_patient(unit, patient.id):
        if each.state == OPEN and each.kind == kind and each.subject == subject:
            withdraw(unit, patient, each.id, at=at)


def _answered_late(
    unit: Unit, site: Site, patient: Patient, offered: Offer, value: str, at: datetime
) -> None:
    """The patient answered before they heard that it was taken back: nobody is left believing else.

    A change holds, for the program has made it; a time of a call does not, and both sides hear it.
    """
    if offered.kind == "call":
        calls.answered_late(unit, site, patient, offered, value, at=at)
    elif value == NO:
        _tell(unit, site, patient, offered, f"c-{offered.kind}-{DECLINED}", at)
    elif offered.kind == "letter":
        _tell(unit, site, patient, offered, "c-letter-late", at)
    elif offers.settle(unit, offered.id, ACCEPTED, value, at, was=WITHDRAWN):
        _tell(unit, site, patient, offered, "c-proposal-late", at)


def _tell(
    unit: Unit, site: Site, patient: Patient, offered: Offer, text: str, at: datetime
) -> None:
    what = ""
    if offered.kind == "proposal":
        what = title_of(site.release, *change_of(offered))
    bubble = fixed(site.release, text, pseudonym=patient.pseudonym, what=what)
    team = care_team(unit)
    asked = [each for each in team if each.id == offered.clinician_id] or team
    post_to(unit, asked, bubble, None, at=at, patient_id=patient.id)
