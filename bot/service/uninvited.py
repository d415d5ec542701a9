"""Groups and channels that nobody invited us to are left, without a word."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.service.incoming import Added, InGroup
from bot.service.post import Leave
from bot.store import clearing, groups, invites, outbox, people
from bot.store.inbox import Kept
from bot.store.outbox import NewPost
from bot.store.unit import Unit

GRACE = timedelta(minutes=1)
"""A group that turned into a supergroup says so within this time, and is the old one."""

GIVEN_UP = timedelta(days=1)
"""So long we try."""


def added(unit: Unit, kept: Kept, incoming: InGroup, what: Added, now: datetime) -> bool:
    """Whether we shall leave: at once a channel, a group when no code for a group is open."""
    contact = people.meet(unit, lookup=kept.sender, chat=incoming.chat)
    if groups.of_contact(unit, contact.id) is not None:
        return False
    stay(unit, contact.id)
    until = now if what.is_channel else _until(unit, now)
    post = NewPost(
        contact_id=contact.id,
        # a wait that is meant is no backlog
        lane="clear",
        shape="leave",
        body=Leave().model_dump_json(),
        created_at=now,
        not_before=until,
    )
    outbox.add(unit, [post])
    # once we have left, or cannot, nothing is kept of it
    clearing.forget_by(unit, contact.id, until + GIVEN_UP)
    return True


def stay(unit: Unit, contact_id: int) -> None:
    """Do not leave that group any more: it has joined."""
    outbox.drop(unit, contact_id, "leave")


def _until(unit: Unit, now: datetime) -> datetime:
    open_until = invites.open_until(unit, "group", now)
    return max(now + GRACE, open_until) if open_until is not None else now + GRACE
