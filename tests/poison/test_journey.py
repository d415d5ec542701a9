"""The real process and poisonous updates, by polling and by webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.conftest import NewWorld
from tests.journeys.scripts import WELCOME
from tests.journeys.world import Json, World
from tests.poison.mutants import belonging

SECRET = "a-secret-of-the-tests"
BY: dict[str, dict[str, Any]] = {
    "polling": {},
    "webhook": {"WEBHOOK_URL": "http://127.0.0.1:{port}/telegram", "WEBHOOK_SECRET": SECRET},
}
NOBODYS: list[Json] = [
    {},
    {"message": "no object"},
    {"message": {"chat": {"type": ["private"]}, "from": 7, "text": {}}},
    {"of_next_year": {"words": "x" * 500_000}},
    {"callback_query": {"id": 9, "from": [], "message": {"chat": []}}},
    {"channel_post": {"chat": {"id": -9, "type": "channel"}, "text": "not our business"}},
]
BYTES = [
    b"\x00\xff\x01\x02",
    b"",
    b"[]",
    b'{"update_id": 4001, "message": {"text": "cut off',
    b'{"update_id": 4002, "deep": ' + b"[" * 9000 + b"]" * 9000 + b"}",
    json.dumps({"update_id": 4003, "message": {"text": "half \ud83d"}}).encode(),
    json.dumps({"update_id": 4004, "words": "x" * (512 << 10)}).encode(),
]


@pytest.fixture(params=BY)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A world whose bot hears in this way."""
    world = World.begins(tmp_path, **BY[request.param])
    yield world
    world.is_in_order()
    world.ends()


def test_poison_stops_nobody(world: World) -> None:
    """Nobody's junk, then Ann's: she hears of it once, her question stands, and Bob never waits."""
    ann, bob = world.patient("Ann Exampleton"), world.patient("Bob Sampleton")
    ann.answers(*WELCOME)
    asked = ann.everything()[-1].text

    for odd in NOBODYS:
        world.do("raw", update=odd)
    world.do("raw", update=belonging({"message": {"text": 7}}, ann.number))
    bob.says("/start")

    told = ann.sees()
    assert [bubble.text for bubble in told][1:] == [asked]
    assert "I could not read that." in told
    assert bob.sees()
    assert ann.answers("/help")
    assert world.bot.health()["dead"] == 0


def test_bytes_that_are_no_update_are_acknowledged_and_kept(new_world: NewWorld) -> None:
    """Refused, they would come again for a day; without the secret nothing is taken at all."""
    world = new_world(**BY["webhook"])
    url, known = f"{world.bot.url}/telegram", {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    answers = [httpx.post(url, content=each, headers=known).status_code for each in BYTES]
    refused = httpx.post(url, content=BYTES[0]).status_code
    too_much = httpx.post(url, content=b"x" * (2 << 20), headers=known).status_code
    world.until_quiet()

    assert answers == [200] * len(BYTES)
    assert (refused, too_much) == (401, 413)
    assert world.bot.health()["dead"] == 0
    assert world.patient().answers("/start")
