"""Posts taken as sent without a messenger: for a clinic that is only simulated."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.store import outbox
from bot.store.outbox import Result
from bot.store.tables import outbox as posts
from bot.store.unit import Unit


def settle_all(unit: Unit, first_message: int, at: datetime) -> list[tuple[int, bool]]:
    """Every post that waits is sent from now on: its number, and whether an alert hangs on it.

    Bubbles, pictures and files become the messages from that number on.
    """
    columns = posts.c.id, posts.c.alert_id, posts.c.shape, posts.c.claims
    query = select(*columns).where(posts.c.state == "pending")
    # sorted here: asked for in order, the whole history might be read for the few that wait
    waiting = sorted(unit.connection.execute(query).all(), key=lambda row: row.id)
    results = [
        Result(
            id=row.id,
            state="sent",
            at=at,
            attempts=1,
            message_id=None if row.shape in {"settle", "toast"} else first_message + place,
            claims=row.claims,
        )
        for place, row in enumerate(waiting)
    ]
    outbox.settle(unit, results)
    return [(row.id, row.alert_id is not None) for row in waiting]
