"""What was on its way when it died stays on its way for ever."""

from __future__ import annotations

from bot.store import mails, outbox


def breaks() -> None:
    """Break it."""
    outbox.recover = mails.recover = lambda *given, **named: None
