"""A picture that cannot be drawn holds up nobody, and leaves no process and no words behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from bot.service.deliver import LEASE
from bot.service.picture import DRAWER, LONGEST, SIZE, CannotDraw, Painter
from flows.effects import Sheet
from tests.bot.service.practice import until

CARD = Sheet(title="My plan", text="Walk to the lake.", caption="Your plan")
HANGS = (sys.executable, "-c", "import time; time.sleep(600)")
_DRAWERS = {HANGS[-1], DRAWER[-1]}


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


async def test_pictures_one_after_another_come_from_one_process_which_ends_when_idle() -> None:
    """To start takes longer than to draw; whoever draws nothing holds no memory."""
    painter = Painter(idle=0.2)
    first, number = await painter.png(CARD), _children()
    second, still = await painter.png(CARD), _children()
    assert first == second
    assert (len(number), still) == (1, number)
    await until(lambda: _children() == [])
    assert await painter.png(CARD) == first
    await painter.close()
    assert _children() == []


async def test_after_a_process_that_died_the_next_picture_is_drawn_by_a_new_one() -> None:
    """One picture may fail and is tried again; none is another's."""
    painter = Painter()
    first, [number] = await painter.png(CARD), _children()
    os.kill(int(number), signal.SIGKILL)
    other = CARD.model_copy(update={"text": "Swim in the lake."})
    with suppress(CannotDraw):
        await painter.png(other)
    assert await painter.png(CARD) == first
    await painter.close()


def test_a_drawer_whose_reader_was_killed_says_nothing() -> None:
    """Nothing about it comes into the log of the next process."""
    reader, writer = os.pipe()
    os.close(reader)
    wanted = CARD.model_dump_json().encode() + b"\n"
    done = subprocess.run(
        DRAWER, input=wanted, stdout=writer, stderr=subprocess.PIPE, timeout=120, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_drawer_whose_bot_was_killed_ends() -> None:
    """It is awake for the next picture only as long as there is somebody who could wish for one."""
    wanted = CARD.model_dump_json().encode() + b"\n"
    drawer = subprocess.Popen(DRAWER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    told, into = drawer.stdout, drawer.stdin
    assert told is not None
    assert into is not None
    with told, into:
        into.write(wanted)
        into.flush()
        png = told.read(int.from_bytes(told.read(SIZE)))
        assert png.startswith(b"\x89PNG")
        assert drawer.poll() is None
    assert drawer.wait(120) == 0


def _children() -> list[str]:
    """The drawers that this process has started and that still run."""
    own = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    with open(own, encoding="ascii") as listed:
        numbers = listed.read().split()
    return [each for each in numbers if _command(each) in _DRAWERS]


def _command(number: str) -> str:
    try:
        with open(f"/proc/{number}/cmdline", encoding="utf-8") as told:
            return told.read().rstrip("\0").rpartition("\0")[2]
    except FileNotFoundError:
        return ""
