"""It takes a corrected old message for a new one."""

from __future__ import annotations

from typing import Any

from bot.service import handle
from flows.events import Edited, Event, Said


def breaks() -> None:
    """Break it."""
    event_of = handle._event

    def said(*given: Any, **named: Any) -> Event:
        event = event_of(*given, **named)
        if isinstance(event, Edited):
            return Said(at=event.at, desk=event.desk, text=event.text)
        return event

    handle._event = said
