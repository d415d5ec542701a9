"""Nudges that come due become events in the inbox: claimed by one query, kept in one commit."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

from bot.service.site import Site
from bot.store import alerts, calls, digests, inbox, nudges, presence
from bot.store.inbox import Arrival
from bot.store.nudges import DueNudge
from bot.store.unit import Unit
from flows.events import Due

ROOM = 64
"""So many events of the clock wait at most: what is due beyond that is claimed when there is room.

A nudge that is claimed is as good as begun. One that is not waits where whoever writes overtakes
it, and costs a restart nothing.
"""


def claim(unit: Unit, site: Site) -> int:
    """How many nudges came due and found room; each is an event in its patient's inbox now."""
    now = site.clock.now()
    room = ROOM - inbox.clocks_waiting(unit, ROOM)
    due = nudges.claim_due(unit, now, room) if room > 0 else []
    return inbox.keep(unit, [_arrival(each, now) for each in due])


def next_due(unit: Unit) -> str | None:
    """When the next nudge, alert clock, call or silence comes due (ISO 8601, UTC), or None."""
    told = [nudges.next_due, alerts.next_deadline, calls.next_due, digests.next_due]
    clocks = [*told, presence.next_due]
    moments = [clock(unit) for clock in clocks]
    known = [moment for moment in moments if moment is not None]
    return min(known).isoformat() if known else None


def _arrival(nudge: DueNudge, now: datetime) -> Arrival:
    name = f"nudge:{nudge.id}:{nudge.turn}"
    digest = hashlib.sha256(f"{name}:{nudge.due_at.isoformat()}".encode()).hexdigest()
    return Arrival(
        "clock", name, digest, nudge.lookup or "", _body(now, nudge.key, nudge.due_at), now
    )


# many who live by the same clock are due at the same moment
@lru_cache(ROOM)
def _body(now: datetime, key: str, due_at: datetime) -> str:
    return Due(at=now, key=key, due_at=due_at).model_dump_json()
