"""The poll goes on: what could not be kept was not acknowledged, and comes again."""

from __future__ import annotations

import asyncio

import httpx
from telegram import Bot

from bot.sandbox.server import serve
from bot.sandbox.world import World
from bot.telegram.ear import Ear
from bot.telegram.gateway import open_bot
from bot.telegram.intake import Poller
from tests.bot.service.practice import Practice, until

ALEX = 1001


def poller_of(practice: Practice, bot: Bot) -> Poller:
    """The poller of this practice's one process."""
    ear = Ear(practice.store, practice.site, practice.pulse)
    return Poller(
        bot,
        practice.intake,
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
        await until(lambda: pulse.trouble.get("poll") == "polling: integrityerror")
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
