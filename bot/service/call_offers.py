"""Times for a call are offered to a patient, again and again until one is agreed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.service import care, when
from bot.service.site import Site
from bot.service.wording import line
from bot.store import calls, offers
from bot.store.calls import Call
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows import calls as life
from flows.events import OfferClosed, Offered, OfferName

OTHER, NONE = "other", "no"
"""What a patient may answer beside a time: another wish, or no call."""

MOST_SLOTS = 6
"""More buttons than this nobody reads."""


@dataclass(frozen=True, slots=True)
class Slots:
    """The times that are offered, for how many minutes, and the text that offers them."""

    moments: Sequence[datetime]
    minutes: int
    says: OfferName


def offer(
    unit: Unit,
    site: Site,
    clinician: Clinician,
    patient: Patient,
    slots: Sequence[datetime],
    minutes: int,
    purpose: str,
    *,
    at: datetime,
    name: str,
    again: int | None = None,
) -> int:
    """The number of the call for which these times are offered; `again` names one that was."""
    call = calls.get(unit, again) if again is not None else None
    if call is None or not life.may(call.state, "offer"):
        number = calls.make(
            unit,
            patient_id=patient.id,
            clinician_id=clinician.id,
            purpose=purpose,
            minutes=minutes,
            at=at,
        )
        call = known(unit, number)
    else:
        take_back(unit, patient, call, at=at, name=name)
    says: OfferName = "call" if call.offer_id is None else "call-again"
    offered = Slots(slots, minutes, says)
    offer_slots(unit, site, clinician, patient, call, offered, at=at, name=name)
    return call.id


def offer_slots(
    unit: Unit,
    site: Site,
    clinician: Clinician,
    patient: Patient,
    call: Call,
    slots: Slots,
    *,
    at: datetime,
    name: str,
) -> None:
    """Put the times before the patient, and keep with the call which ones they are."""
    offer_id = offers.make(
        unit,
        patient_id=patient.id,
        clinician_id=clinician.id,
        kind="call",
        subject=call.purpose,
        at=at,
    )
    listed = sorted(set(slots.moments))[:MOST_SLOTS]
    _keep(unit, call, offer_id, clinician, listed, slots.minutes)
    event = _offered(site, clinician, patient, listed, slots, offer_id, at)
    care.put_event(unit, patient, event, f"offered:{offer_id}:{name}", at)


def take_back(unit: Unit, patient: Patient, call: Call, *, at: datetime, name: str) -> None:
    """Close the offer that is still open for this call, if one is."""
    if call.offer_id is not None and offers.settle(unit, call.offer_id, offers.WITHDRAWN, None, at):
        event = OfferClosed(at=at, offer=call.offer_id, name="withdrawn")
        care.put_event(unit, patient, event, f"withdrawn:{call.offer_id}:{name}", at)


def known(unit: Unit, call_id: int) -> Call:
    """The call of that number, which must be there."""
    found = calls.get(unit, call_id)
    if found is None:
        raise LookupError(f"there is no call {call_id}")
    return found


def _keep(
    unit: Unit,
    call: Call,
    offer_id: int,
    clinician: Clinician,
    listed: Sequence[datetime],
    minutes: int,
) -> None:
    calls.change(
        unit,
        call.id,
        call.state,
        state=life.move(call.state, "offer"),
        offer_id=offer_id,
        clinician_id=clinician.id,
        slots=listed,
        minutes=minutes,
        settled_at=None,
    )


def _offered(
    site: Site,
    clinician: Clinician,
    patient: Patient,
    listed: Sequence[datetime],
    slots: Slots,
    offer_id: int,
    at: datetime,
) -> Offered:
    zone = when.zone_or(site, patient.zone)
    labels = [when.here(site, slot, zone) for slot in listed]
    values = {
        "clinician": clinician.name,
        "minutes": str(slots.minutes),
        "zone": when.place(site, zone),
        "times": "\n".join(labels) or line(site.release, "call-no-times"),
    }
    choices = _choices(site, labels)
    return Offered(at=at, offer=offer_id, name=slots.says, values=values, choices=choices)


def _choices(site: Site, labels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What the patient may answer: one of the times, another wish, or no call."""
    return (
        *((str(number), label) for number, label in enumerate(labels, 1)),
        (OTHER, site.release.label("offer-other")),
        (NONE, site.release.label("offer-none")),
    )
