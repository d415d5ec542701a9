"""Charts and sheets drawn by matplotlib in a process of their own, which ends when it is idle."""

from __future__ import annotations

import asyncio
import sys
from asyncio import StreamReader, StreamWriter, TimerHandle
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from flows.effects import Drawing

DRAWER = (sys.executable, "-m", "bot.service.draw")
LONGEST = 100.0
"""Seconds for a picture and those before it: less than the lease of a post, so that a drawing that
hangs neither takes up the places of other posts nor is begun again beside itself."""
IDLE = 60.0
"""Seconds that the process waits for the next wish: to start takes ten times as long as to draw."""
SIZE = 8
"""So many bytes before a picture say how long it is."""


class CannotDraw(Exception):
    """The drawing process failed or took too long; its standard error says why."""


class Painter:
    """Draws one picture at a time, so that a burst of wishes cannot fill the memory."""

    def __init__(
        self, drawer: Sequence[str] = DRAWER, longest: float = LONGEST, idle: float = IDLE
    ) -> None:
        self._drawer, self._longest, self._idle = drawer, longest, idle
        self._one = asyncio.Lock()
        self._process: Process | None = None
        self._bedtime: TimerHandle | None = None

    async def png(self, drawing: Drawing) -> bytes:
        """The drawing as a PNG file, or CannotDraw."""
        try:
            async with asyncio.timeout(self._longest), self._one:
                return await self._drawn(drawing.model_dump_json().encode())
        except (OSError, EOFError):  # TimeoutError is one too
            raise CannotDraw from None

    async def close(self) -> None:
        """End the drawing process, if there is one."""
        process = self._let_go()
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _drawn(self, wanted: bytes) -> bytes:
        try:
            png = await _asked(await self._awake(), wanted)
        # nobody may meet the answer to what another one wished for
        except BaseException:
            await self.close()
            raise
        if self._idle:
            self._bedtime = asyncio.get_running_loop().call_later(self._idle, self._sleeps)
        else:
            await self.close()
        return png

    async def _awake(self) -> Process:
        process = self._let_go()
        if process is None or process.returncode is not None:
            process = await asyncio.create_subprocess_exec(*self._drawer, stdin=PIPE, stdout=PIPE)
        self._process = process
        return process

    def _let_go(self) -> Process | None:
        if self._bedtime is not None:
            self._bedtime.cancel()
        process, self._process, self._bedtime = self._process, None, None
        return process

    def _sleeps(self) -> None:
        """Where nothing more can be wished for, the process ends by itself."""
        process = self._let_go()
        if process is not None and process.stdin is not None:
            process.stdin.close()


async def _asked(process: Process, wanted: bytes) -> bytes:
    into, out = cast("StreamWriter", process.stdin), cast("StreamReader", process.stdout)
    into.write(wanted + b"\n")
    await into.drain()
    size = int.from_bytes(await out.readexactly(SIZE))
    return await out.readexactly(size)
