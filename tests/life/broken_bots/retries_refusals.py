"""It takes a message that Telegram refuses for one that did not get through."""

from __future__ import annotations

from bot.service.post import Later, Refused, Verdict
from bot.telegram import verdicts


def breaks() -> None:
    """Break it."""
    refused = verdicts._refused

    def not_yet(reason: str) -> Verdict:
        verdict = refused(reason)
        return Later(0.1, counts=False) if isinstance(verdict, Refused) else verdict

    verdicts._refused = not_yet
