"""The chat of somebody who was erased: what stands in it, until the way there is forgotten too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, delete, exists, func, select, update

from bot.store.outbox import UNSETTLED
from bot.store.tables import contacts, groups, inbox, outbox
from bot.store.unit import Unit

_SHOWN = ("bubble", "picture", "document")


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of ours that stands in the chat: its number there, what it is, since when."""

    message_id: int
    shape: str
    sent_at: datetime

    @property
    def has_text(self) -> bool:
        """Whether it has a text of its own, and not a caption under something."""
        return self.shape == "bubble"


def contact_of(unit: Unit, patient_id: int) -> int | None:
    """By which contact this patient alone is reached; None for nobody, and for one of the team."""
    query = select(contacts.c.id).where(
        contacts.c.patient_id == patient_id, contacts.c.clinician_id.is_(None)
    )
    number: int | None = unit.connection.execute(query).scalar_one_or_none()
    return number


def shown(unit: Unit, contact_id: int) -> list[Shown]:
    """What we sent into this chat, the newest first; whatever was edited since stands once."""
    query = (
        select(outbox.c.message_id, func.min(outbox.c.shape), func.min(outbox.c.sent_at))
        .where(
            outbox.c.contact_id == contact_id,
            outbox.c.message_id.is_not(None),
            outbox.c.sent_at.is_not(None),
            outbox.c.shape.in_(_SHOWN),
        )
        .group_by(outbox.c.message_id)
        .order_by(outbox.c.message_id.desc())
    )
    return [Shown(*row) for row in unit.connection.execute(query)]


def written(
    unit: Unit, senders: Collection[str], since: datetime, until: int | None = None
) -> list[int]:
    """The numbers of the messages that these senders have sent since then, until that inbox row."""
    theirs = inbox.c.sender.in_(list(senders)), inbox.c.message.is_not(None)
    query = select(inbox.c.message).where(*theirs, inbox.c.received_at >= since).distinct()
    if until is not None:
        query = query.where(inbox.c.id <= until)
    return sorted(unit.connection.execute(query).scalars(), reverse=True)


def let_go(unit: Unit, now: datetime) -> int:
    """How many contacts of erased patients are done with: all is sent, or their time is over."""
    found = list(unit.connection.execute(select(contacts.c.id).where(is_over(now))).scalars())
    if found:
        _let_go(unit, found)
    return len(found)


def is_over(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a contact of an erased patient is done with by that moment."""
    waits = exists().where(
        outbox.c.contact_id == contacts.c.id,
        outbox.c.patient_id.is_(None),
        outbox.c.state.in_(UNSETTLED),
    )
    return contacts.c.leaves_at.is_not(None) & (~waits | (contacts.c.leaves_at <= now))


def forget_by(unit: Unit, contact_id: int, at: datetime) -> None:
    """Forget this way to nobody's chat when all is sent, and then at the latest."""
    this = update(contacts).where(contacts.c.id == contact_id)
    unit.connection.execute(this.values(leaves_at=at))


def waiting(unit: Unit) -> int:
    """How many posts that clear a chat have yet to be sent."""
    due = outbox.c.lane == "clear", outbox.c.state.in_(UNSETTLED)
    return int(unit.connection.execute(select(func.count()).where(*due)).scalar_one())


def _let_go(unit: Unit, numbers: Collection[int]) -> None:
    these, execute = contacts.c.id.in_(numbers), unit.connection.execute
    execute(delete(outbox).where(outbox.c.contact_id.in_(numbers), outbox.c.patient_id.is_(None)))
    execute(update(contacts).where(these).values(leaves_at=None))
    # whoever has begun anew meanwhile, or is of the team, stays reachable as such
    is_anybodys = (
        contacts.c.patient_id.is_not(None)
        | contacts.c.clinician_id.is_not(None)
        | exists().where(groups.c.contact_id == contacts.c.id)
        | exists().where(outbox.c.contact_id == contacts.c.id)
    )
    execute(delete(contacts).where(these, ~is_anybodys))
