"""Digits that may be a PIN: which message is one, and what is kept of any other that has some."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from flows import crisis
from flows.events import Attached, Edited, Event, Said, words_of
from flows.locks import MASK
from flows.program import Crisis
from flows.state import Lock, State

_RUN = re.compile(r"\d(?:[\s.\-]?\d){3,}")
"""Digits that may be a PIN, wherever they stand."""
_GAPS = re.compile(r"[\s.\-]")
_LENGTHS = range(4, 9)

Worded = Said | Edited | Attached


@dataclass(frozen=True, slots=True)
class Pin:
    """Digits that are to be compared, and then forgotten."""

    digits: str = field(repr=False)


def may_hold_pin(event: Event) -> bool:
    """Whether there are digits in it at all; most messages have none, whatever the state."""
    return isinstance(event, Worded) and _RUN.search(words_of(event)) is not None


def heard(screen: Crisis, state: State, event: Event) -> Pin | Event:
    """The PIN that this message is, or the message as it may be kept.

    Words of need are kept whole, and so are numbers while no PIN is asked for.
    """
    words, lock = words_of(event), state.lock
    if lock is None or not isinstance(event, Worded) or event.to_clinician:
        return event
    if crisis.screen(screen, words) is not None:
        return event
    digits = _pin_alone(words)
    if digits and isinstance(event, Said) and _is_meant(state, lock, event):
        return Pin(digits)
    return _masked(event) if digits or lock.door is not None else event


def _is_meant(state: State, lock: Lock, event: Said) -> bool:
    """Whether digits are more likely a PIN than the answer to a question."""
    is_shut = lock.shut_until is not None and event.at < lock.shut_until
    return lock.door is not None or state.asked is None or is_shut


def _pin_alone(words: str) -> str:
    """The digits that are the whole message, as ASCII; empty if it is not a PIN alone."""
    bare = _GAPS.sub("", words)
    if not bare.isdecimal() or len(bare) not in _LENGTHS:
        return ""
    return "".join(str(unicodedata.decimal(each)) for each in bare)


def _masked(event: Worded) -> Event:
    if isinstance(event, Attached):
        return event.model_copy(update={"caption": _hidden(event.caption)})
    return event.model_copy(update={"text": _hidden(event.text)})


def _hidden(text: str) -> str:
    return _RUN.sub(lambda found: MASK * len(_GAPS.sub("", found[0])), text)
