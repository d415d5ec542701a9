"""Answers to whoever may be nobody's patient, and must not be made one by mistake."""

from __future__ import annotations

from datetime import datetime

from bot.service import guessing
from bot.service.incoming import Incoming
from bot.service.post import Bubble
from bot.service.site import Site
from bot.service.wording import fixed
from bot.store import outbox, people
from bot.store.inbox import Kept
from bot.store.outbox import Lane, NewPost
from bot.store.people import Contact
from bot.store.unit import Unit


def answer_stranger(
    unit: Unit, site: Site, kept: Kept, incoming: Incoming, name: str, now: datetime
) -> bool:
    """True, once the text of that name waits to be sent to them."""
    contact = people.meet(unit, lookup=kept.sender, chat=incoming.chat)
    outbox.add(unit, [stranger_post(contact, fixed(site.release, name), now)])
    return True


def turn_away(unit: Unit, site: Site, kept: Kept, incoming: Incoming, now: datetime) -> bool:
    """True, once they heard that their code does not fit; after some tries they hear it rarely."""
    if guessing.may_try(unit, kept.sender, now):
        return answer_stranger(unit, site, kept, incoming, "code-wrong", now)
    if guessing.is_told(unit, kept.sender, now):
        return answer_stranger(unit, site, kept, incoming, "code-wait", now)
    return True


def stranger_post(
    contact: Contact, bubble: Bubble, now: datetime, *, lane: Lane = "reply"
) -> NewPost:
    """A post for someone who may be nobody's patient."""
    return NewPost(
        contact_id=contact.id,
        lane=lane,
        shape="bubble",
        body=bubble.model_dump_json(),
        created_at=now,
    )
