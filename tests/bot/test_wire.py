"""Connections that hang are opened anew; a network that only fails is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from telegram.error import NetworkError, TimedOut

from bot.sandbox.server import serve
from bot.sandbox.world import World
from bot.telegram import wire as wires
from bot.telegram.wire import OCCUPIED, Wire

SHORT = 0.3


class Hanging(httpx.AsyncHTTPTransport):
    """Waits for ever while it is told to, whatever the time-outs are."""

    hangs = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if Hanging.hangs:
            await asyncio.Event().wait()
        return await super().handle_async_request(request)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # all the time-outs of its own together, and a little
    monkeypatch.setattr(wires, "GRACE_SECONDS", -30 + SHORT)
    monkeypatch.setattr(wires, "_OLD_SECONDS", SHORT)
    Hanging.hangs = True
    yield
    Hanging.hangs = False


@asynccontextmanager
async def wire_that_hangs() -> AsyncIterator[Wire]:
    """A wire whose connections hang, until `Hanging.hangs` is taken back."""
    wire = Wire(connections=1, read=SHORT, pool=SHORT)
    wire._client_kwargs["transport"] = Hanging()
    wire._client = wire._build_client()
    try:
        yield wire
    finally:
        await wire.shutdown()


async def asks(wire: Wire, url: str) -> int:
    """The status of the answer."""
    status, _ = await wire.do_request(f"{url}/healthz", "GET")
    return status


async def test_a_call_that_neither_ends_nor_fails_has_the_pool_replaced() -> None:
    """It counts as slow for its caller; each replacement is counted until one call comes back."""
    async with serve(World()) as url, wire_that_hangs() as wire:
        for times in (1, 2):
            with pytest.raises(TimedOut):
                await asks(wire, url)
            assert wire.in_vain == times

        Hanging.hangs = False
        assert await asks(wire, url)
        assert wire.in_vain == 0


async def test_many_calls_that_hang_in_one_pool_replace_it_once() -> None:
    """The others were in the old one."""
    async with serve(World()) as url, wire_that_hangs() as wire:
        calls = (asks(wire, url) for _ in range(5))
        done = await asyncio.gather(*calls, return_exceptions=True)

    assert {type(each) for each in done} == {TimedOut}
    assert wire.in_vain == 1


async def test_an_error_that_comes_back_is_an_answer() -> None:
    """Nobody listens there: that is no reason to open anew, however long it lasts."""
    wire = Wire(connections=1, read=SHORT, pool=SHORT)
    for _ in range(3 * OCCUPIED):
        with pytest.raises(NetworkError):
            await asks(wire, "http://127.0.0.1:9")

    assert wire.in_vain == 0
    await wire.shutdown()


async def test_a_pool_in_which_no_connection_comes_free_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody holds them all, and every call waits in vain for one."""
    monkeypatch.setattr(wires, "GRACE_SECONDS", 30.0)
    Hanging.hangs = False
    async with serve(World()) as url, wire_that_hangs() as wire:
        limits = httpx.Limits(max_connections=1)
        wire._client_kwargs |= {"transport": None, "limits": limits}
        wire._client = wire._build_client()
        async with wire._client.stream("GET", f"{url}/sandbox/stream"):
            for _ in range(OCCUPIED):
                assert wire.in_vain == 0
                with pytest.raises(TimedOut):
                    await asks(wire, url)
            assert wire.in_vain == 1
            assert await asks(wire, url)
            assert wire.in_vain == 0
