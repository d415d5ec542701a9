"""What only the leader does: begun when this process leads, and stopped when another one does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.store.replicas import Replica

GLANCE = 0.5


async def while_leading(replica: Replica, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work for as long as this process leads, again and again; raise what it raises."""
    while True:
        while not replica.leads:  # noqa: ASYNC110 - it ends by the clock too, which sets no event
            await asyncio.sleep(GLANCE)
        task = asyncio.ensure_future(work())
        try:
            while replica.leads and not task.done():
                await asyncio.wait({task}, timeout=GLANCE)
        finally:
            await _end(task)


async def _end(task: asyncio.Future[None]) -> None:
    if task.done():
        return task.result()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return None
