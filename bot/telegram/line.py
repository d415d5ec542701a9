"""Connections that are kept open for words: a call goes out in one piece, and its answer comes in.

A client that can do everything would cost three times as much as all the rest of a call.
"""

from __future__ import annotations

import asyncio
import select
from dataclasses import dataclass
from functools import lru_cache
from ssl import SSLContext
from typing import Any, cast

import httptools
import httpx
from aiohappyeyeballs import start_connection
from telegram.error import NetworkError, TimedOut

from bot.telegram.errors import NeverLeft

CONNECT_SECONDS = 5.0
KEEP_SECONDS = 5.0
"""How long an idle connection is used again: who closes it first leaves a call in doubt."""
SECOND_TRY = 0.25
"""After so many seconds without an answer the next address of a name is tried beside the first."""
_PORTS = {"http": 80, "https": 443}
Answer = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call goes: the server, and what is said there."""

    scheme: str
    host: str
    port: int
    target: str
    authority: str

    @property
    def root(self) -> str:
        """The server alone."""
        return f"{self.scheme}://{self.authority}"


@lru_cache(maxsize=64)
def address_of(url: str) -> Address:
    """The parts of this address; NeverLeft if it is none."""
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        raise NeverLeft("this is no address") from None
    if read.scheme not in _PORTS or not read.host:
        raise NeverLeft("this is no address on the web")
    port = read.port or _PORTS[read.scheme]
    target, authority = read.raw_path.decode(), read.netloc.decode()
    return Address(read.scheme, read.raw_host.decode(), port, target, authority)


class Line(asyncio.Protocol):
    """One connection; at any moment one call is on it, or none."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser, self._body = httptools.HttpResponseParser(self), bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._lost = self._loop.create_future()
        self._used_at = self._loop.time()
        self._watch: asyncio.TimerHandle
        self._ends = False

    async def ask(self, request: bytes, patience: float) -> Answer:
        """What is answered to this; after an error nothing can be asked here any more."""
        self._waiting = self._loop.create_future()
        self._used_at = self._loop.time()
        self._watch = self._loop.call_later(patience, self._look, patience)
        self._write(request)
        try:
            return await self._waiting
        except BaseException:
            # what is still to come would be taken for the answer to another call
            self.close()
            raise
        finally:
            self._watch.cancel()
            self._waiting = None

    @property
    def is_fresh(self) -> bool:
        """Whether the next call may be made here."""
        is_recent = self._loop.time() - self._used_at < KEEP_SECONDS
        return self.is_open and is_recent and not self._has_news()

    @property
    def is_open(self) -> bool:
        """Whether it was closed by nobody yet."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close it; a call that waits here fails."""
        if self._transport is not None:
            self._transport.abort()
        self._fail(NetworkError("the connection was closed"))

    async def closed(self) -> None:
        """Close it, and wait until it is."""
        self.close()
        await self._lost

    def _has_news(self) -> bool:
        """Whether something lies there unread: on an idle line that is the server's farewell."""
        transport = cast("asyncio.Transport", self._transport)
        number = transport.get_extra_info("socket").fileno()
        waiting = select.poll()
        waiting.register(number, select.POLLIN)
        return bool(waiting.poll(0))

    def _write(self, request: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            self._fail(NeverLeft("the connection was closed before the call"))
        else:
            self._transport.write(request)

    def _look(self, patience: float) -> None:
        """Give up if nothing has come for so long; look again later if something has."""
        left = self._used_at + patience - self._loop.time()
        if left <= 0:
            self._fail(TimedOut())
        else:
            self._watch = self._loop.call_later(left, self._look, patience)

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Something came in."""
        self._used_at = self._loop.time()
        if self._waiting is None:
            # nobody asked: it can be no answer to the next call
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._fail(NetworkError("the connection broke"))
        self._transport = None
        if not self._lost.done():
            self._lost.set_result(None)

    # what the parser calls

    def on_message_begin(self) -> None:
        """An answer begins; one that nobody waits for could be taken for the next."""
        if self._waiting is None or self._waiting.done():
            self.close()

    def on_headers_complete(self) -> None:
        """It is known whether the server will close after this answer."""
        self._ends = not self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        """A piece of the answer."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        status, body = self._parser.get_status_code(), bytes(self._body)
        self._body.clear()
        if status < 200:
            # only a word on the way: the answer is still to come
            return
        if self._ends and self._transport is not None:
            self._transport.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((status, body))


class Lines:
    """The open connections of one client; those that are idle wait for the next call."""

    def __init__(self, trusted: SSLContext) -> None:
        self._trusted = trusted
        self._idle: dict[tuple[str, str, int], list[Line]] = {}
        self._open: set[Line] = set()

    async def ask(self, where: Address, request: bytes, patience: float) -> Answer:
        """What is answered to this request; it goes out once."""
        idle = self._idle.setdefault((where.scheme, where.host, where.port), [])
        line = self._kept(idle) or await self._connected(where)
        try:
            return await line.ask(request, patience)
        finally:
            if line.is_open:
                idle.append(line)
            else:
                self._open.discard(line)

    async def close(self) -> None:
        """Close them all."""
        self._idle.clear()
        await asyncio.gather(*(line.closed() for line in self._open))
        self._open.clear()

    def _kept(self, idle: list[Line]) -> Line | None:
        """The one that was used last, if it is fresh; if even that is not, none of them is."""
        while idle:
            line = idle.pop()
            if line.is_fresh:
                return line
            line.close()
            self._open.discard(line)
        return None

    async def _connected(self, where: Address) -> Line:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                line = await _connect(where, self._trusted)
        # whatever it is, not a byte of the call has left
        except (OSError, UnicodeError) as error:
            raise NeverLeft(type(error).__name__) from None
        self._open.add(line)
        return line


async def _connect(where: Address, trusted: SSLContext) -> Line:
    loop = asyncio.get_running_loop()
    found: list[Any] = await loop.getaddrinfo(where.host, where.port, proto=6)
    socket = await start_connection(found, happy_eyeballs_delay=SECOND_TRY, interleave=1)
    is_tls = where.scheme == "https"
    _, line = await loop.create_connection(
        Line,
        sock=socket,
        ssl=trusted if is_tls else None,
        server_hostname=where.host if is_tls else None,
    )
    return line
