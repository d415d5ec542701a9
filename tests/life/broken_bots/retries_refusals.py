"""It takes a message that Telegram refuses for one that did not get through."""

from __future__ import annotations

from bot.service.post import Later
from bot.telegram import gateway


def breaks() -> None:
    """Break it."""
    gateway._refused = lambda reason: Later(0.1, counts=False)
