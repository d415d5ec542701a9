"""The digits of a PIN are compared and forgotten: they reach neither the journal nor the state."""

from __future__ import annotations

import re
import unicodedata

from bot.keys import digest_of_pin, fits_pin
from bot.service.incoming import Incoming, Wrote
from bot.service.post import Unsay
from bot.store import outbox
from bot.store.outbox import NewPost
from bot.store.people import Patient
from bot.store.unit import Unit
from flows import crisis, locks
from flows.events import Attached, Edited, Event, Keyed, Said, words_of
from flows.program import Release
from flows.state import Lock, State

_RUN = re.compile(r"\d(?:[\s.\-]?\d){3,}")
"""Digits that may be a PIN, wherever they stand."""
_GAPS = re.compile(r"[\s.\-]")
_LENGTHS = range(4, 9)


def without_digits(release: Release, patient: Patient, event: Event) -> Event:
    """The event as it may be kept: a PIN is not in it, only whether it was the right one.

    Words of need are kept whole, and so are numbers while no PIN is asked for.
    """
    words = words_of(event)
    # most messages have no such digits, and the state need not be read twice
    if not isinstance(event, Said | Edited | Attached) or not _RUN.search(words):
        return event
    state = State.model_validate_json(patient.state_json)
    lock, digits = state.lock, _digits(words)
    if lock is None or event.to_clinician or crisis.screen(release.crisis, words) is not None:
        return event
    if digits and isinstance(event, Said) and _may_be_meant(state, lock, event):
        return _keyed(event, lock, digits)
    return _masked(event) if digits or lock.door is not None else event


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


def _may_be_meant(state: State, lock: Lock, event: Said) -> bool:
    """Whether digits are more likely a PIN than the answer to a question."""
    is_shut = lock.shut_until is not None and event.at < lock.shut_until
    return lock.door is not None or state.asked is None or is_shut


def _keyed(event: Said, lock: Lock, digits: str) -> Keyed:
    if lock.door is None:
        return Keyed(at=event.at, desk=event.desk, came="loose")
    if lock.door == locks.NEW:
        return Keyed(at=event.at, desk=event.desk, came="new", digest=digest_of_pin(digits))
    wanted = lock.candidate if lock.door == locks.AGAIN else lock.digest
    fits = fits_pin(digits, wanted)
    return Keyed(at=event.at, desk=event.desk, came="fits" if fits else "wrong")


def _digits(words: str) -> str:
    """The digits that are the whole message, as ASCII; empty if it is not a PIN alone."""
    bare = _GAPS.sub("", words)
    if not bare.isdecimal() or len(bare) not in _LENGTHS:
        return ""
    return "".join(str(unicodedata.decimal(each)) for each in bare)


def _masked(event: Said | Edited | Attached) -> Event:
    def hide(text: str) -> str:
        return _RUN.sub(lambda found: locks.MASK * len(_GAPS.sub("", found[0])), text)

    if isinstance(event, Attached):
        return event.model_copy(update={"caption": hide(event.caption)})
    return event.model_copy(update={"text": hide(event.text)})
