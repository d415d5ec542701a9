"""What only the leader does: begun when this process leads, and stopped when another one does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.store.replicas import Replica

GLANCE = 0.5


async def while_leading(
    replica: Replica,
    work: Callable[[], Awaitable[None]],
    goes_on: Callable[[], bool] = lambda: False,
) -> None:
    """Do the work for as long as this process leads, again and again; raise what it raises.

    What was begun goes on although it does not lead any more for as long as `goes_on` says so.
    """
    while True:
        while not replica.leads:  # noqa: ASYNC110 - it ends by the clock too, which sets no event
            await asyncio.sleep(GLANCE)
        task = asyncio.ensure_future(work())
        try:
            while (replica.leads or goes_on()) and not task.done():
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
