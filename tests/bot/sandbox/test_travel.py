"""Time travel stops wherever the bot has something due, and tells when it could not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.clock import Clock
from bot.sandbox.server import Server, serve
from bot.sandbox.supervise import free_port
from bot.sandbox.travel import target_of
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import Sandbox

HOUR = timedelta(hours=1)


@dataclass
class FakeBot:
    """A bot's /healthz that does what is due as soon as the shared clock says so."""

    clock_file: Path
    due: list[datetime]
    outbox: int = 0
    stuck: bool = False
    done_at: list[datetime] = field(default_factory=list)

    async def health(self, request: Request) -> Response:
        """The work that is left, as the product tells it."""
        now = datetime.now(UTC) + timedelta(seconds=float(self.clock_file.read_text()))
        while self.due and self.due[0] <= now and not self.stuck:
            self.done_at.append(now)
            self.due.pop(0)
        next_due = self.due[0].isoformat() if self.due else None
        self.outbox = max(self.outbox - 1, 0)
        return JSONResponse({"inbox": 0, "outbox": self.outbox, "next_due": next_due})


@contextlib.asynccontextmanager
async def travelling(bot: FakeBot | None, clock_file: Path) -> AsyncIterator[Sandbox]:
    """A sandbox whose bot answers its health at a port of its own, if there is one."""
    port, world = free_port(), World(clock=Clock(clock_file))
    routes = [Route("/healthz", bot.health)] if bot else []
    server = Server(uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning"))
    running = asyncio.create_task(server.serve())
    health = f"http://127.0.0.1:{port}/healthz"
    async with serve(world, health_url=health) as url, httpx.AsyncClient(base_url=url) as client:
        client.timeout = httpx.Timeout(30)
        yield Sandbox(url, world, client)
    server.should_exit = True
    await running


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    """The file that the sandbox and the bot share."""
    return tmp_path / "clock"


async def test_every_due_thing_is_met_at_its_own_time(clock_file: Path) -> None:
    """Three nudges in a week are met one after the other, each a second after it is due."""
    start = datetime.now(UTC)
    planned = [start + 20 * HOUR, start + 44 * HOUR, start + 100 * HOUR]
    bot = FakeBot(clock_file, [*planned, start + 500 * HOUR], outbox=3)
    async with travelling(bot, clock_file) as sandbox:
        journey = await sandbox.do("skip", until="a week", wait=True)
        now = datetime.fromisoformat((await sandbox.see("clock"))["now"])

    late = [(done - due).total_seconds() for done, due in zip(bot.done_at, planned, strict=True)]
    assert all(1 <= seconds < 5 for seconds in late), late
    assert (journey["stops"], journey["done"], journey["note"]) == (3, True, "")
    assert now - start >= timedelta(days=7)
    assert now - start < timedelta(days=7, minutes=1)


async def test_something_left_undone_ends_the_stops_and_is_told(clock_file: Path) -> None:
    """A bot that never does what is due is not waited for twice."""
    due = datetime.now(UTC) + HOUR
    async with travelling(FakeBot(clock_file, [due], stuck=True), clock_file) as sandbox:
        journey = await sandbox.do("skip", seconds=7200, wait=True)

    assert journey["stops"] == 1
    assert journey["note"].startswith("The bot left undone what was due at")


async def test_without_a_bot_the_travel_is_one_jump(
    clock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nobody answers for the bot, the clock jumps, and the answer says so."""
    monkeypatch.setattr("bot.sandbox.travel.ANSWER_SECONDS", 0.3)
    async with travelling(None, clock_file) as sandbox:
        journey = await sandbox.do("skip", seconds=7200, wait=True)
        offset = (await sandbox.see("clock"))["offset_seconds"]

    assert journey["note"] == "The bot did not answer, so this was one jump."
    assert offset == pytest.approx(7200, abs=5)
    assert Clock(clock_file).offset == pytest.approx(offset, abs=0.001)


async def test_a_journey_can_be_watched_and_not_started_twice(
    clock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one journey is under way, the state shows it, and a second one is refused."""
    monkeypatch.setattr("bot.sandbox.travel.ANSWER_SECONDS", 1.0)
    async with travelling(None, clock_file) as sandbox:
        await sandbox.do("skip", until="tomorrow morning", zone="Asia/Kathmandu")
        shown = (await sandbox.see("state"))["travelling"]
        second = await sandbox.client.post("/sandbox/skip", json={"seconds": 5})

    assert shown["done"] is False
    assert second.status_code == 409


# (now in UTC, the wish, the zone, the target in UTC)
TARGETS = [
    ("2026-03-10T12:00", "tomorrow morning", "UTC", "2026-03-11T09:30"),
    ("2026-03-10T23:50", "tomorrow morning", "Asia/Kathmandu", "2026-03-12T03:45"),
    ("2026-03-10T02:00", "tomorrow morning", "America/New_York", "2026-03-10T13:30"),
    # The clocks go forward in the night before 29 March.
    ("2026-03-28T12:00", "tomorrow morning", "Europe/Berlin", "2026-03-29T07:30"),
    ("2026-03-28T12:00", "a week", "Europe/Berlin", "2026-04-04T11:00"),
]


@pytest.mark.parametrize(("now", "wish", "zone", "target"), TARGETS)
def test_tomorrow_and_a_week_are_those_of_the_time_zone(
    now: str, wish: str, zone: str, target: str
) -> None:
    """Each row: what the patient's calendar makes of a wish."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    found = target_of(moment, wish, zone)

    assert found == datetime.fromisoformat(target).replace(tzinfo=UTC)


# (a request that cannot be meant)
NONSENSE: list[dict[str, Any]] = [
    {},
    {"seconds": 5, "until": "a week"},
    {"seconds": -5},
    {"until": "yesterday"},
    {"until": "a week", "zone": "Mars/Olympus"},
    {"to": "2026-03-10T12:00"},
    {"to": "2026-03-10T12:00Z"},
]


@pytest.mark.parametrize("wish", NONSENSE)
async def test_a_target_must_be_one_moment_ahead(sandbox: Sandbox, wish: dict[str, Any]) -> None:
    """Two targets, none, one in the past or without a zone are refused."""
    answer = await sandbox.client.post("/sandbox/skip", json=wish)

    assert answer.status_code == 400


def test_the_clock_goes_on_where_its_file_says(clock_file: Path) -> None:
    """A sandbox started again keeps the time it had travelled to."""
    Clock(clock_file).shift(3600)

    assert Clock(clock_file).offset == 3600
    assert [each.name for each in clock_file.parent.iterdir()] == ["clock"]
