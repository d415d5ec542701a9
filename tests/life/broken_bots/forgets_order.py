"""It takes whatever waits, the newest first, and many of one person at once."""

from __future__ import annotations

from sqlalchemy import select

from bot.store import inbox
from bot.store.inbox import Kept
from bot.store.tables import inbox as table
from bot.store.unit import Unit


def breaks() -> None:
    """Break it."""

    def newest_first(
        unit: Unit, limit: int, clocks: int | None = None, *, clocks_first: bool = False
    ) -> list[Kept]:
        waiting = select(table.c.id).where(table.c.handled_at.is_(None))
        ids = unit.connection.execute(waiting.order_by(table.c.id.desc()).limit(limit)).scalars()
        found = [inbox.take(unit, each) for each in ids.all()]
        return [each for each in found if each is not None]

    inbox.next_batch = newest_first
