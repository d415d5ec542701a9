"""The digits of a PIN are compared and forgotten: they reach neither the journal nor the state."""

from __future__ import annotations

from bot.keys import digest_of_pin, fits_pin
from bot.service.incoming import Incoming, Wrote
from bot.service.post import Unsay
from bot.store import outbox
from bot.store.outbox import NewPost
from bot.store.people import Patient
from bot.store.unit import Unit
from flows import digits, locks
from flows.digits import Pin
from flows.events import Event, Keyed
from flows.program import Release
from flows.state import Lock, State


def without_digits(release: Release, patient: Patient, event: Event) -> Event:
    """The event as it may be kept: a PIN is not in it, only whether it was the right one."""
    # most messages have no such digits, and the state need not be read twice
    if not digits.may_hold_pin(event):
        return event
    state = State.model_validate_json(patient.state_json)
    found = digits.heard(release.crisis, state, event)
    return _keyed(event, state.lock or Lock(), found) if isinstance(found, Pin) else found


def taken_away(
    unit: Unit, patient: Patient, incoming: Incoming, before: Event, event: Event
) -> None:
    """Have the message deleted that held what is not kept of it."""
    what = incoming.what
    if event is before or not isinstance(what, Wrote) or what.message is None:
        return
    if patient.contact_id is None:
        return
    body = Unsay(messages=(what.message,))
    post = NewPost(
        contact_id=patient.contact_id,
        patient_id=patient.id,
        lane="reply",
        shape="unsay",
        body=body.model_dump_json(),
        created_at=event.at,
    )
    outbox.add(unit, [post])


def _keyed(event: Event, lock: Lock, pin: Pin) -> Keyed:
    if lock.door is None:
        return Keyed(at=event.at, desk=event.desk, came="loose")
    if lock.door == locks.NEW:
        return Keyed(at=event.at, desk=event.desk, came="new", digest=digest_of_pin(pin.digits))
    wanted = lock.candidate if lock.door == locks.AGAIN else lock.digest
    fits = fits_pin(pin.digits, wanted)
    return Keyed(at=event.at, desk=event.desk, came="fits" if fits else "wrong")
