"""Whoever wrote is recognised, under whichever of the keys their contact was kept."""

from __future__ import annotations

from dataclasses import replace

from bot.store import inbox, people
from bot.store.inbox import Kept
from bot.store.unit import Unit


def recognised(unit: Unit, kept: Kept, chat: str) -> Kept:
    """The arrival under the name by which its sender, who is reached in that chat, is known now."""
    name = people.known_as(unit, chat)
    if name == kept.sender:
        return kept
    # what they sent since then must wait for this one
    inbox.rename(unit, kept.sender, name)
    return replace(kept, sender=name)
