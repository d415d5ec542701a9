"""The event loop that the service runs on: uvloop where there is one, else asyncio's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
Factory = Callable[[], asyncio.AbstractEventLoop]


def run_to_end(main: Coroutine[Any, Any, Result]) -> Result:
    """What this comes to, on the fastest event loop that is installed here."""
    with asyncio.Runner(loop_factory=_fastest()) as runner:
        return runner.run(main)


def _fastest() -> Factory | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
