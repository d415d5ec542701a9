"""A small reverse proxy before several bots: each request to the next one that takes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from threading import Thread

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ALL = ["GET", "POST", "HEAD"]
PATIENCE = 4.0
REST = 10.0
"""How long one that did not answer is left alone, as nginx does by default."""
DROPPED = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection"})


class Rounds:
    """The bots in turn; one that does not answer is left out for a while."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports, self._turns = tuple(ports), count()
        self._resting: dict[int, float] = {}
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(PATIENCE, connect=1), trust_env=False
        )
        self.served: list[int] = []

    async def serve(self, request: Request) -> Response:
        """What the next bot answers; 502 when none does, and 504 when it took it and said no more.

        As with any proxy, what one has taken already is not given to another.
        """
        body = await request.body()
        for port in self._next():
            try:
                return await self._ask(port, request, body)
            except httpx.ConnectError:
                self._resting[port] = time.monotonic() + REST
            except httpx.TransportError:
                self._resting[port] = time.monotonic() + REST
                return Response(status_code=504)
        return Response(status_code=502)

    async def close(self) -> None:
        """Let go of the bots."""
        await self._client.aclose()

    async def _ask(self, port: int, request: Request, body: bytes) -> Response:
        url = f"http://127.0.0.1:{port}{request.url.path}"
        headers = [(k, v) for k, v in request.headers.raw if k.decode() not in DROPPED | {"host"}]
        answer = await self._client.request(
            request.method, url, params=request.query_params, content=body, headers=headers
        )
        self.served.append(port)
        kept = {k: v for k, v in answer.headers.items() if k not in DROPPED}
        return Response(answer.content, answer.status_code, kept)

    def _next(self) -> list[int]:
        first = next(self._turns)
        ports = [self._ports[(first + step) % len(self._ports)] for step in range(len(self._ports))]
        now = time.monotonic()
        return sorted(ports, key=lambda port: self._resting.get(port, 0) > now)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the tests' own."""
        yield


@contextmanager
def proxied(port: int, ports: Sequence[int]) -> Iterator[Rounds]:
    """The proxy, running meanwhile before the bots at these ports."""
    rounds = Rounds(ports)
    app = Starlette(routes=[Route("/{path:path}", rounds.serve, methods=ALL)])
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off")
    server = _Server(config)
    thread = Thread(target=asyncio.run, args=(_run(server, rounds),))
    thread.start()
    try:
        yield rounds
    finally:
        server.should_exit = True
        thread.join()


async def _run(server: uvicorn.Server, rounds: Rounds) -> None:
    try:
        await server.serve()
    finally:
        await rounds.close()
