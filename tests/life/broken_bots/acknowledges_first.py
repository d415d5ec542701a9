"""It says yes to Telegram first, and keeps what came in a moment later."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.telegram.intake import Intake

IN_MEMORY = 0.5
"""Seconds that an update waits in a queue that dies with the process."""
LATER: set[asyncio.Task[None]] = set()


def breaks() -> None:
    """Break it."""
    keep = Intake.keep

    async def hasty(self: Intake, *given: Any, **named: Any) -> None:
        async def later() -> None:
            await asyncio.sleep(IN_MEMORY)
            await keep(self, *given, **named)

        task = asyncio.create_task(later())
        LATER.add(task)
        task.add_done_callback(LATER.discard)

    Intake.keep = hasty  # type: ignore[method-assign]
