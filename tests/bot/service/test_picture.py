"""A picture that cannot be drawn holds up nobody, and leaves no process and no words behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from bot.service.deliver import LEASE
from bot.service.picture import DRAWER, LONGEST, CannotDraw, Painter
from flows.effects import Sheet
from tests.bot.service.practice import until

CARD = Sheet(title="My plan", text="Walk to the lake.", caption="Your plan")
HANGS = (sys.executable, "-c", "import time; time.sleep(600)")


async def test_a_drawing_that_hangs_is_given_up_and_the_next_one_is_made() -> None:
    """It ends before the post's lease does, its process is gone, and others are drawn."""
    painter = Painter(HANGS, longest=0.3)
    for _ in range(2):
        with pytest.raises(CannotDraw):
            await painter.png(CARD)
    assert _children() == []
    assert LEASE.total_seconds() > LONGEST


async def test_whoever_no_longer_waits_leaves_no_process_behind() -> None:
    """A delivery that is cancelled while the service stops ends the drawing too."""
    drawing = asyncio.create_task(Painter(HANGS).png(CARD))
    await until(lambda: bool(_children()))
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert _children() == []


def test_a_drawer_whose_reader_was_killed_says_nothing() -> None:
    """Nothing about it comes into the log of the next process."""
    reader, writer = os.pipe()
    os.close(reader)
    wanted = CARD.model_dump_json().encode()
    done = subprocess.run(
        DRAWER, input=wanted, stdout=writer, stderr=subprocess.PIPE, timeout=120, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def _children() -> list[str]:
    """The drawers that this process has started and that still run."""
    own = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    with open(own, encoding="ascii") as listed:
        numbers = listed.read().split()
    return [each for each in numbers if _command(each).endswith(HANGS[-1])]


def _command(number: str) -> str:
    try:
        with open(f"/proc/{number}/cmdline", encoding="utf-8") as told:
            return told.read().rstrip("\0").rpartition("\0")[2]
    except FileNotFoundError:
        return ""
