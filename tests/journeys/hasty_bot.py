"""A bot with the usual fault: it acknowledges what it fetched first, and keeps it later.

Only the kill test runs it, to see that it would notice.
"""

from __future__ import annotations

import asyncio
from typing import Any

from bot.cli import main
from bot.telegram.intake import Intake, Poller

IN_MEMORY = 0.2
"""How many seconds an update waits in a queue that dies with the process."""
KEPT_LATER: set[asyncio.Task[None]] = set()


async def _once(self: Poller, offset: int) -> int:
    updates = await self._fetch(offset)
    self._polled()
    if not updates:
        return offset
    following: int = max(update["update_id"] for update in updates) + 1
    later = asyncio.create_task(_keep(self._intake, updates, following))
    KEPT_LATER.add(later)
    later.add_done_callback(KEPT_LATER.discard)
    return following


async def _keep(intake: Intake, updates: list[dict[str, Any]], offset: int) -> None:
    await asyncio.sleep(IN_MEMORY)
    await intake.keep(updates, offset)


if __name__ == "__main__":
    # only in its own process: the tests of this one want the real poller
    Poller._once = _once  # type: ignore[method-assign]
    main()
