"""Charts and sheets drawn by matplotlib in a process of their own, which ends with the picture."""

from __future__ import annotations

import asyncio
import sys

from flows.effects import Drawing


class CannotDraw(Exception):
    """The drawing process failed; its standard error says why."""


class Painter:
    """Draws one picture at a time, so that a burst of wishes cannot fill the memory."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def png(self, drawing: Drawing) -> bytes:
        """The drawing as a PNG file, or CannotDraw."""
        async with self._one:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot.service.draw",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            png, _ = await process.communicate(drawing.model_dump_json().encode())
        if process.returncode != 0:
            raise CannotDraw
        return png
