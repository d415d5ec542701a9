"""Where the clock can be moved, whatever comes due by it is done at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot import workers
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import until


async def test_a_clock_that_was_moved_is_followed_by_a_tick(
    open_practice: OpenPractice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one that comes by itself is an hour away."""
    monkeypatch.setattr(workers, "TRAVEL_TICK_SECONDS", 3_600.0)
    practice = open_practice(clock_offset_file=tmp_path / "clock")
    running = asyncio.create_task(practice.workers.run())

    def moved_and_ticked() -> bool:
        practice.clock._offset += timedelta(days=1)
        return practice.pulse.ticked_at is not None

    await until(moved_and_ticked)
    practice.workers.stop()
    await running
