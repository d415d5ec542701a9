"""The poll goes on: what could not be kept was not acknowledged, and comes again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from telegram import Bot

from bot.sandbox.server import serve
from bot.sandbox.world import World
from bot.telegram import intake
from bot.telegram.ear import Ear
from bot.telegram.gateway import open_bot
from bot.telegram.intake import Intake, Poller
from bot.telegram.wire import Wire
from tests.bot.service.practice import Practice, until
from tests.bot.service.test_unaided import HELP, NEED, away, refuge

ALEX, BO = 1001, 1002
MOMENT = timedelta(microseconds=1)


def poller_of(practice: Practice, bot: Bot, intake: Intake | None = None) -> Poller:
    """The poller of this practice's one process."""
    ear = Ear(practice.store, practice.site, practice.pulse)
    return Poller(
        bot,
        intake or practice.intake,
        practice.store,
        pulse=practice.pulse,
        ear=ear,
        clock=practice.clock,
    )


async def test_an_update_that_could_not_be_kept_is_kept_later(practice: Practice) -> None:
    """The disk is full for a while: the trouble is told, nothing is lost, nothing is kept twice."""
    world, pulse = World(), practice.pulse

    def kept() -> int:
        return int(practice.rows("SELECT count(*) FROM inbox")[0][0])

    async with (
        serve(world) as url,
        httpx.AsyncClient(base_url=url) as telegram,
        open_bot(world.token, url) as bot,
    ):
        await telegram.post("/sandbox/users", json={"id": ALEX, "first_name": "Alex"})
        poller = poller_of(practice, bot)
        practice.fail("INSERT ON inbox")
        polling = asyncio.create_task(poller.run())

        await telegram.post("/sandbox/say", json={"user": ALEX, "text": "/start"})
        await until(lambda: "polling: " in pulse.trouble.get("poll", ""))
        assert kept() == 0
        assert not polling.done()

        practice.mend()
        await until(lambda: kept() == 1)
        await telegram.post("/sandbox/say", json={"user": ALEX, "text": "hello"})
        await until(lambda: kept() == 2)
        await until(lambda: not pulse.trouble)
        polling.cancel()
        await asyncio.wait([polling])

    await practice.work()
    assert practice.rows("SELECT outcome FROM inbox") == [("done",), ("done",)]


async def test_a_poll_outlasts_the_patience_of_other_calls(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes for a while: that is no trouble, and the poll comes back with nothing."""
    monkeypatch.setattr(intake, "POLL_SECONDS", 1)
    world = World()
    wire = Wire(connections=2, read=0.3, pool=1)
    async with serve(world) as url, open_bot(world.token, url, wire) as bot:
        assert await poller_of(practice, bot)._once(0) == 0

    assert practice.pulse.polled_at is not None


async def test_where_nothing_can_be_kept_it_goes_on_looking_for_somebody_in_need(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram answers, so it is asked again soon, however often database and disk have refused.

    With pauses that grew, the twentieth would be one of hours here.
    """
    monkeypatch.setattr(intake, "_PAUSE", 0.02)
    monkeypatch.setattr(intake, "_LONGEST_PAUSE", 1e9)
    (tmp_path / "spool").write_text("in the way")
    world, refused = World(), 0

    async with (
        serve(world) as url,
        httpx.AsyncClient(base_url=url) as telegram,
        open_bot(world.token, url) as bot,
        refuge(practice, tmp_path) as there,
    ):
        for number, name in ((ALEX, "Alex"), (BO, "Bo")):
            await telegram.post("/sandbox/users", json={"id": number, "first_name": name})
        away(practice)
        polling = asyncio.create_task(poller_of(practice, bot, there.intake).run())
        await telegram.post("/sandbox/say", json={"user": ALEX, "text": "hello"})
        while refused < 20:
            before = practice.pulse.polled_at
            practice.clock.moment += MOMENT

            def has_polled(before: datetime | None = before) -> bool:
                return practice.pulse.polled_at != before

            await until(has_polled)
            refused += 1
        await telegram.post("/sandbox/say", json={"user": BO, "text": NEED})
        await until(lambda: any(HELP in text for text in there.told(practice.person(BO))))
        polling.cancel()
        await asyncio.wait([polling])
        await there.rest()

    assert there.told(practice.person(ALEX)) == []
    assert practice.rows("SELECT count(*) FROM inbox") == [(0,)]
