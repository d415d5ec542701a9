"""A running sandbox server, and hands to use it with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Bot

from bot.sandbox.server import serve
from bot.sandbox.world import World

ROOT = Path(__file__).parents[3]
BOT_API = ROOT.parent / "shared" / "botapi.json"
# The machine-readable Bot API is not part of the project; where it lies beside it, we compare.
collect_ignore = [] if BOT_API.exists() else ["test_against_bot_api.py"]
Json = dict[str, Any]
ALEX = 1001


@dataclass(frozen=True)
class Sandbox:
    """The server's address, its world, and a client for both of its interfaces."""

    url: str
    world: World
    client: httpx.AsyncClient

    async def do(self, act: str, **wish: Any) -> Json:
        """What the control interface answers to an act that it accepts."""
        answer = await self.client.post(f"/sandbox/{act}", json=wish)
        assert answer.is_success, answer.text
        told: Json = answer.json()
        return told

    async def see(self, what: str) -> Json:
        """What the control interface shows."""
        told: Json = (await self.client.get(f"/sandbox/{what}")).json()
        return told

    async def call(self, method: str, **params: Any) -> Json:
        """The envelope that a Bot API call is answered with."""
        told: Json = (await self.post(method, **params)).json()
        return told

    async def post(self, method: str, **params: Any) -> httpx.Response:
        """The whole HTTP answer to a Bot API call."""
        return await self.client.post(f"/bot{self.world.token}/{method}", json=params)

    async def updates(self, **params: Any) -> list[Json]:
        """The updates that getUpdates hands out."""
        told = await self.call("getUpdates", **params)
        assert told["ok"], told
        found: list[Json] = told["result"]
        return found

    async def lines(self, user: int = ALEX) -> list[str]:
        """The transcript of a chat."""
        return (await self.client.get(f"/sandbox/transcript/{user}")).text.splitlines()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A server with one person, Alex, who has never written."""
    world = World(webhook_pace=0.01)
    async with serve(world) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
        hands = Sandbox(url, world, client)
        await hands.do("users", id=ALEX, first_name="Alex")
        yield hands


@pytest.fixture
async def chat(sandbox: Sandbox) -> Sandbox:
    """The same server after Alex has pressed Start and the bot has taken note."""
    await sandbox.do("say", user=ALEX, text="/start")
    await sandbox.updates(offset=-1)
    sandbox.world.updates.drop_all()
    return sandbox


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """A python-telegram-bot client of that server."""
    base, files = f"{sandbox.url}/bot", f"{sandbox.url}/file/bot"
    async with Bot(sandbox.world.token, base, files) as client:
        yield client
