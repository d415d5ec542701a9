"""The bot with a watch in a hurry, and with hangs to order: files beside its database say which.

`hang-loop` blocks its event loop for good; `hang-wire` has every call that its loop makes to
Telegram wait for ever; while it says "old", only by connections that were open before. What is
shortened is time alone; the watch's own thread hangs in nothing.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.app import deadman, listening, troubles
from bot.service.health import Pulse
from bot.telegram import hook, intake, verdicts, wire

HANG_LOOP, HANG_WIRE = Path("hang-loop"), Path("hang-wire")
OLD = "old"
QUICK = 0.05
opened: dict[int, float] = {}
beat = listening.beat
begin = wire.Pool.__init__
call = wire._through


async def stumble(pulse: Pulse) -> None:
    """The heart, and beside it somebody who may block everything."""
    beating = asyncio.create_task(beat(pulse))
    while not HANG_LOOP.exists():  # noqa: ASYNC110, ASYNC240 - nobody in this process sets an event
        await asyncio.sleep(0.1)
    HANG_LOOP.unlink()  # noqa: ASYNC240
    time.sleep(3600)  # noqa: ASYNC251 - this is the fault
    await beating


def remember(self: wire.Pool, connections: int) -> None:
    """Open connections, and remember when."""
    opened[id(self)] = time.time()
    begin(self, connections)


async def hang(pool: wire.Pool, *args: Any) -> tuple[int, bytes]:
    """Answer, unless it was ordered to wait for ever, whatever the time-outs are."""
    if HANG_WIRE.exists() and threading.current_thread().name != "deadman":  # noqa: ASYNC240
        is_old = opened[id(pool)] < HANG_WIRE.stat().st_mtime  # noqa: ASYNC240
        if is_old or HANG_WIRE.read_text() != OLD:  # noqa: ASYNC240
            await asyncio.Event().wait()
    return await call(pool, *args)


def breaks() -> None:
    """Hurry it, and have it hang when it is ordered to; only in a process of its own."""
    deadman.LOOK_SECONDS = QUICK
    deadman.PROBE_SECONDS = QUICK
    intake._LONGEST_PAUSE = verdicts.REVOKED_WAIT = hook.CHECK_SECONDS = 1.0
    listening.REFUSED_SECONDS = intake.POLL_SECONDS = 1
    intake._RETRY = 0.2
    wire.GRACE_SECONDS = -48.0
    troubles.SLOW, troubles.STUCK = 5.0, 20.0
    for name, patience in troubles.TROUBLES.items():
        troubles.TROUBLES[name] = replace(
            patience, before=patience.before / 20, after=patience.after / 20
        )
    vars(sys.modules["bot.app.run"])["beat"] = stumble
    wire.Pool.__init__ = remember  # type: ignore[method-assign]
    setattr(wire, "_through", hang)  # noqa: B010
