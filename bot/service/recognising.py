"""Whoever wrote is recognised, under whichever of the keys their contact was kept."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from bot.service.mailing import page_operators
from bot.service.site import Site
from bot.store import bonds, inbox, people
from bot.store.inbox import Kept
from bot.store.people import Contact
from bot.store.unit import Unit

log = logging.getLogger(__name__)


def contact_of(unit: Unit, site: Site, kept: Kept, now: datetime) -> Contact | None:
    """Who sent it, as sealed, or None for a stranger; or CannotOpen.

    Where somebody without a key has changed whose a contact is, that is put right first, and
    operators hear of it.
    """
    contact = people.contact(unit, kept.sender)
    if contact is None or not contact.is_forged:
        return contact
    numbers = bonds.put_right(unit)
    log.error("contacts %s were changed without a key, and are put right", numbers)
    told = {"contacts": ", ".join(map(str, numbers))}
    page_operators(unit, site, "c-forged", told, now)
    return contact


def recognised(unit: Unit, kept: Kept, chat: str) -> Kept:
    """The arrival under the name by which its sender, who is reached in that chat, is known now."""
    name = people.known_as(unit, chat)
    if name == kept.sender:
        return kept
    # what they sent since then must wait for this one
    inbox.rename(unit, kept.sender, name)
    return replace(kept, sender=name)
