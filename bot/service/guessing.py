"""Codes that do not fit: each sender has a few tries, and operators hear when there are many."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store import inbox
from bot.store.unit import Unit

TRIES = 5
"""So many wrong codes an hour are read from one sender (OWASP ASVS 5.0, 6.3.1 and 6.6.3)."""
MANY = 50
"""More wrong codes in an hour than this, from whomever, are told to the operators."""
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def may_try(unit: Unit, sender: str, at: datetime) -> bool:
    """Whether a code of this sender is looked at, the right one too."""
    return inbox.wrong_codes(unit, at - _HOUR, sender) < TRIES


def is_told(unit: Unit, sender: str, at: datetime) -> bool:
    """Whether this sender is to hear once more that no code is read now: once in a minute."""
    lately = inbox.wrong_codes(unit, at - _MINUTE, sender)
    return lately == 0 or inbox.wrong_codes(unit, at - _HOUR, sender) == TRIES


def are_many(unit: Unit, at: datetime) -> bool:
    """Whether so many codes were wrong lately that somebody should look."""
    return inbox.wrong_codes(unit, at - _HOUR) > MANY
