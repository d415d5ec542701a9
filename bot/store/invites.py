"""Invitations: one-time codes, kept only as digests."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update

from bot.keys import CannotOpen
from bot.store.tables import invites
from bot.store.unit import Unit

log = logging.getLogger(__name__)

Kind = Literal["patient", "clinician", "group"]


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation that was just used: who was invited, as what."""

    id: int
    kind: Kind
    name: str
    role: str
    made_at: datetime


def make(
    unit: Unit, kind: Kind, name: str, role: str, digest: str, expires_at: datetime, at: datetime
) -> None:
    """Keep an invitation by its code's digest."""
    values = {
        "digest": digest,
        "kind": kind,
        "name": unit.vault.site("invites").seal(name, *_place(digest, kind, role, expires_at)),
        "role": role,
        "expires_at": expires_at,
        "made_at": at,
    }
    unit.connection.execute(invites.insert(), values)


def kind_of(unit: Unit, digests: Collection[str]) -> Kind | None:
    """What the invitation with one of these digests opens, used or not; None if there is none."""
    query = select(invites.c.kind).where(invites.c.digest.in_(digests))
    return unit.connection.execute(query).scalar_one_or_none()


def open_until(unit: Unit, kind: Kind, at: datetime) -> datetime | None:
    """Until when an invitation of that kind can still be used; None if there is none."""
    still_open = invites.c.kind == kind, invites.c.used_at.is_(None), invites.c.expires_at > at
    query = select(func.max(invites.c.expires_at)).where(*still_open)
    last: datetime | None = unit.connection.execute(query).scalar_one()
    return last


def use(unit: Unit, digests: Collection[str], at: datetime) -> Invite | None:
    """The invitation, used up by this; None if it is unknown, used already, too old, or forged."""
    taken = (
        update(invites)
        .where(
            invites.c.digest.in_(digests), invites.c.used_at.is_(None), invites.c.expires_at > at
        )
        .values(used_at=at)
    )
    if unit.connection.execute(taken).rowcount == 0:
        return None
    row = unit.connection.execute(select(invites).where(invites.c.digest.in_(digests))).one()
    place = _place(row.digest, row.kind, row.role, row.expires_at)
    try:
        name = unit.vault.site("invites").open(row.name, *place)
    except CannotOpen:
        log.error("invitation %s was changed without a key, and opens nothing", row.id)
        return None
    return Invite(row.id, row.kind, name, row.role, row.made_at)


def _place(digest: str, kind: str, role: str, expires_at: datetime) -> tuple[object, ...]:
    # with all that the code opens, so that nobody without a key makes more of it
    return ("invites", "name", digest, kind, role, int(expires_at.timestamp()))
