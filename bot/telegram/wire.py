"""The connections to Telegram: a call that neither ends nor fails has them opened anew."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlencode

import httpx
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.telegram.errors import NeverLeft, Occupied, told
from bot.telegram.line import CONNECT_SECONDS, KEEP_SECONDS, Lines, address_of
from bot.telegram.proxy import proxy_for

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""How much longer than all its own time-outs a call may take before it counts as hanging."""
OCCUPIED = 3
"""How many calls in a row may find no free connection before the pool counts as hanging."""
WRITE_SECONDS = 25.0
"""How long the words of a call, and then its files, may take to go out."""
UPLOAD_SECONDS = 60.0
"""How long a call with files may take: a line that takes nothing more is not waited for."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_OLD_SECONDS = 60.0
_CLOSE_SECONDS = 5.0
_AGENT = BaseRequest.USER_AGENT


class Pool:
    """Connections, and how many more calls may use them now; by a proxy there lead others."""

    def __init__(self, connections: int) -> None:
        # the semaphore keeps the count, so that waiting for a connection is told from connecting
        self.free = asyncio.Semaphore(connections)
        self.in_row = 0
        """How many calls in a row found none free."""
        self.lines = Lines(trusted())
        self._around: dict[str, httpx.AsyncClient] = {}

    def around(self, proxy: str) -> httpx.AsyncClient:
        """The connections that lead through that proxy."""
        if proxy not in self._around:
            limits = httpx.Limits(keepalive_expiry=KEEP_SECONDS)
            self._around[proxy] = httpx.AsyncClient(
                proxy=proxy, verify=trusted(), limits=limits, trust_env=False
            )
        return self._around[proxy]

    async def close(self) -> None:
        """Close every connection."""
        await self.lines.close()
        for client in self._around.values():
            await client.aclose()


@dataclass(frozen=True, slots=True)
class Body:
    """What is said in a call, and what kind of words it is."""

    content: bytes = b""
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits for each part of an answer, and before that for a connection."""

    read: float
    pool: float

    @property
    def longest(self) -> float:
        """How long a call may take in all before it counts as hanging."""
        return self.read + self.pool + CONNECT_SECONDS + WRITE_SECONDS + GRACE_SECONDS


class Wire(BaseRequest):
    """A pool of connections that is replaced when it hangs.

    An error that comes back is an answer: a network that is down is no reason to open anew. No
    call is ever made twice by itself, and none follows where an answer leads elsewhere.
    """

    def __init__(self, *, connections: int, read: float, pool: float) -> None:
        self._connections = connections
        self._usual, self._sending = Patience(read, pool), Patience(max(read, UPLOAD_SECONDS), pool)
        self._pool: Pool | None = None
        self._closed = False
        self.in_vain = 0
        """How often the pool was replaced since a call last came to an end."""
        self._old: set[asyncio.Task[None]] = set()

    @property
    def read_timeout(self) -> float:
        """How long each part of an answer is waited for, if a call says nothing else."""
        return self._usual.read

    async def initialize(self) -> None:
        """Nothing; it may be used, again too."""
        self._closed = False

    async def shutdown(self) -> None:
        """Close every connection, the old ones too."""
        self._closed = True
        for task in self._old:
            task.cancel()
        await asyncio.gather(*self._old, return_exceptions=True)
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and content of the answer to a call of python-telegram-bot's.

        Of its time-outs only the one for reading differs between calls.
        """
        if request_data and request_data.contains_files:
            return await self.upload(url, request_data.json_parameters, request_data.multipart_data)
        patience = self._usual
        if isinstance(read_timeout, int | float):
            patience = Patience(read_timeout, patience.pool)
        body = (
            Body(urlencode(request_data.json_parameters).encode(), FORM) if request_data else Body()
        )
        return await self._call(method, url, body, patience)

    async def ask(self, url: str, words: bytes, read: float | None = None) -> tuple[int, bytes]:
        """Status and content of the answer to a call whose parameters are this JSON.

        An answer that may be long in coming is waited for that many seconds.
        """
        patience = self._usual if read is None else Patience(read, self._usual.pool)
        return await self._call("POST", url, Body(words, JSON), patience)

    async def upload(
        self, url: str, params: Mapping[str, str], files: Mapping[str, Any]
    ) -> tuple[int, bytes]:
        """Status and content of the answer to a call with files, each as name, content and type."""
        form = httpx.Request("POST", "http://form", data=params, files=files)
        body = Body(form.read(), form.headers["Content-Type"])
        return await self._call("POST", url, body, self._sending)

    async def _call(
        self, method: str, url: str, body: Body, patience: Patience
    ) -> tuple[int, bytes]:
        pool = self._opened()
        try:
            async with asyncio.timeout(patience.longest):
                answer = await _through(pool, method, url, body, patience)
        except TimeoutError:
            self._hangs(pool)
            raise TimedOut from None
        except NetworkError as error:
            self._failed(pool, error)
            raise
        self._answered(pool)
        return answer

    def _opened(self) -> Pool:
        if self._closed:
            raise NeverLeft("the connections are closed")
        if self._pool is None:
            self._pool = Pool(self._connections)
        return self._pool

    def _failed(self, pool: Pool, error: NetworkError) -> None:
        if not isinstance(error, Occupied):
            self._answered(pool)
            return
        pool.in_row += 1
        if pool.in_row >= OCCUPIED:
            self._hangs(pool)

    def _answered(self, pool: Pool) -> None:
        if pool is self._pool:
            self.in_vain = pool.in_row = 0

    def _hangs(self, pool: Pool) -> None:
        # many calls may hang in the same pool: it is replaced once
        if pool is not self._pool:
            return
        self.in_vain += 1
        log.error("the connections to telegram hang, and are opened anew (%s)", self.in_vain)
        self._pool = None
        task = asyncio.create_task(_close(pool))
        self._old.add(task)
        task.add_done_callback(self._old.discard)


async def _through(
    pool: Pool, method: str, url: str, body: Body, patience: Patience
) -> tuple[int, bytes]:
    where = address_of(url)
    proxy = proxy_for(where.root)
    await _one_free(pool, patience)
    try:
        if proxy is None:
            head = b"%b%d\r\n\r\n" % (_opening(url, method, body.kind), len(body.content))
            return await pool.lines.ask(where, head + body.content, patience.read)
        return await _around(pool.around(proxy), method, url, body, patience)
    finally:
        pool.free.release()


async def _around(
    client: httpx.AsyncClient, method: str, url: str, body: Body, patience: Patience
) -> tuple[int, bytes]:
    headers = {"User-Agent": _AGENT, **({"Content-Type": body.kind} if body.kind else {})}
    limits = httpx.Timeout(WRITE_SECONDS, connect=CONNECT_SECONDS, read=patience.read, pool=None)
    try:
        answer = await client.request(
            method, url, content=body.content, headers=headers, timeout=limits
        )
    # no words of the error's: there may be an address in it, and so the token
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise told(error) from None
    return answer.status_code, answer.content


@lru_cache(maxsize=64)
def _opening(url: str, method: str, kind: str | None) -> bytes:
    where = address_of(url)
    lines = [
        f"{method} {where.target} HTTP/1.1",
        f"Host: {where.authority}",
        f"User-Agent: {_AGENT}",
        *([f"Content-Type: {kind}"] if kind else []),
        "Content-Length: ",
    ]
    return "\r\n".join(lines).encode()


async def _one_free(pool: Pool, patience: Patience) -> None:
    if not pool.free.locked():
        await pool.free.acquire()
        return
    try:
        async with asyncio.timeout(patience.pool):
            await pool.free.acquire()
    except TimeoutError:
        raise Occupied from None


@cache
def trusted() -> ssl.SSLContext:
    """Those who may vouch for Telegram: the same list for every call that leaves this service."""
    return httpx.create_ssl_context()


async def _close(pool: Pool) -> None:
    try:
        # what is well in it may come to its end
        await asyncio.sleep(_OLD_SECONDS)
    finally:
        with suppress(TimeoutError, httpx.HTTPError, OSError, RuntimeError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await pool.close()
