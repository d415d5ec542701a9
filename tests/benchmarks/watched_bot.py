"""The real bot, whose event loop is watched: how long nobody else could be served, at most."""

from __future__ import annotations

import asyncio
import os
import time
from importlib import import_module
from pathlib import Path

from bot.cli import main
from bot.service.health import Pulse

EVERY = 0.002
FILE = "stalls"


async def beat(pulse: Pulse) -> None:
    """Count the turns of the loop, and write down each stall as it ends."""
    watching = asyncio.create_task(_watch(Path(os.environ["DATA_DIR"]) / FILE))
    try:
        while True:
            pulse.beats += 1
            await asyncio.sleep(1.0)
    finally:
        watching.cancel()


async def _watch(file: Path) -> None:
    with file.open("a", encoding="ascii", buffering=1) as out:
        before, used = time.monotonic(), time.thread_time()
        while True:
            await asyncio.sleep(EVERY)
            now, cpu = time.monotonic(), time.thread_time()
            late = now - before - EVERY
            if late > EVERY:
                out.write(f"{now:.4f} {late:.4f} {cpu - used:.4f}\n")
            before, used = now, cpu


if __name__ == "__main__":
    # the package's name of this module is a function's too
    setattr(import_module("bot.app.run"), "beat", beat)  # noqa: B010 - mypy sees the function
    main()
