"""Telegram holds one chat up: its bubbles keep their order, and nobody else waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.sandbox.server import serve
from bot.sandbox.world import World
from bot.telegram.gateway import Telegram, open_bot
from tests.bot.service.practice import Practice

ALEX, BO = 1001, 1002
WORDS = ("/start", "hello?", "are you there?")


@dataclass
class Line:
    """The practice, connected to the real server by the real gateway."""

    practice: Practice
    telegram: httpx.AsyncClient

    async def orders(self, **fault: Any) -> None:
        """Something will go wrong with the next message to Alex."""
        await self.telegram.post("/sandbox/faults", json={"chat": ALEX, **fault})

    async def write(self, number: int, *words: str) -> None:
        """Somebody writes, and it is kept and handled."""
        person = self.practice.person(number)
        for each in words:
            await self.telegram.post("/sandbox/say", json={"user": number, "text": each})
            await self.practice.intake.keep([person.wrote(each)])
        while await self.practice.workers._handle():
            pass

    async def sends(self) -> None:
        """What may be sent at this moment is on its way."""
        await self.practice.delivery.send_waiting()

    async def shown(self, number: int) -> list[str]:
        """The bubbles in their chat."""
        chat = (await self.telegram.get(f"/sandbox/chat/{number}")).json()
        return [each["text"] for each in chat["messages"] if each["from"] == "bot"]

    async def rests(self) -> None:
        """Everything that can be sent by now was sent."""
        while await self.practice.delivery.send_waiting():
            await self.practice.delivery.land()
        await self.practice.delivery.land()


@asynccontextmanager
async def connected(practice: Practice) -> AsyncIterator[Line]:
    """Two people whom the messenger knows."""
    world = World()
    async with (
        serve(world) as url,
        httpx.AsyncClient(base_url=url) as telegram,
        open_bot(world.token, url) as bot,
    ):
        practice.messenger = Telegram(bot)  # type: ignore[assignment]
        practice.start(practice.site.release)
        for number in (ALEX, BO):
            await telegram.post("/sandbox/users", json={"id": number, "first_name": "x"})
        yield Line(practice, telegram)


async def test_a_chat_whose_calls_hang_holds_up_no_other(practice: Practice) -> None:
    """The other's bubbles are there while the call to the first still waits for its answer."""
    async with connected(practice) as line:
        await line.orders(kind="accept_then_hang", method="sendMessage", seconds=30)
        await line.write(ALEX, "/start")
        await line.write(BO, "/start")

        while state_of(practice, BO) != {"sent"}:
            await line.sends()
            await asyncio.sleep(0.02)

        assert "Shall we start?" in (await line.shown(BO))[-1]
        assert "sending" in state_of(practice, ALEX)
        await practice.intake.keep([practice.person(ALEX).wrote("hello?")])
        assert practice.health()["inbox"] == 1


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
@pytest.mark.parametrize("seconds", [1, 3600])
async def test_too_many_requests_are_waited_out_in_order(practice: Practice, seconds: int) -> None:
    """For so long nothing goes to that chat; then all of it goes, in order and once."""
    async with connected(practice) as line:
        await line.orders(kind="429", method="sendMessage", retry_after=seconds)
        await line.write(ALEX, *WORDS)
        await line.write(BO, *WORDS)

        await line.rests()
        answered = await line.shown(BO)
        assert len(answered) > len(WORDS)
        assert await line.shown(ALEX) == []

        practice.clock.moment += timedelta(seconds=seconds + 1)
        await line.rests()

        assert await line.shown(ALEX) == answered


def state_of(practice: Practice, number: int) -> set[str]:
    """How the posts to that person stand."""
    lookup = practice.vault.lookup("telegram", str(number))
    query = "SELECT state FROM outbox JOIN contacts ON contacts.id = contact_id WHERE lookup = "
    return {row[0] for row in practice.rows(f"{query}'{lookup}'")}
