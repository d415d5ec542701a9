"""Charts and sheets drawn by matplotlib in a process of their own, which ends with the picture."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence

from flows.effects import Drawing

DRAWER = (sys.executable, "-m", "bot.service.draw")
LONGEST = 100.0
"""Seconds for a picture and those before it: less than the lease of a post, so that a drawing that
hangs neither takes up the places of other posts nor is begun again beside itself."""


class CannotDraw(Exception):
    """The drawing process failed or took too long; its standard error says why."""


class Painter:
    """Draws one picture at a time, so that a burst of wishes cannot fill the memory."""

    def __init__(self, drawer: Sequence[str] = DRAWER, longest: float = LONGEST) -> None:
        self._drawer, self._longest = drawer, longest
        self._one = asyncio.Lock()

    async def png(self, drawing: Drawing) -> bytes:
        """The drawing as a PNG file, or CannotDraw."""
        try:
            async with asyncio.timeout(self._longest), self._one:
                return await self._drawn(drawing.model_dump_json().encode())
        except TimeoutError:
            raise CannotDraw from None

    async def _drawn(self, wanted: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(*self._drawer, stdin=PIPE, stdout=PIPE)
        try:
            png, _ = await process.communicate(wanted)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise CannotDraw
        return png
