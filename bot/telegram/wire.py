"""The connections to Telegram: a call that neither ends nor fails has them opened anew."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import httpx
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest, RequestData

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""How much longer than all its own time-outs a call may take before it counts as hanging."""
OCCUPIED = 3
"""How many calls in a row may find no free connection before the pool counts as hanging."""
_OLD_SECONDS = 60.0
_CLOSE_SECONDS = 5.0


class Wire(HTTPXRequest):
    """A pool of connections that is replaced when it hangs.

    An error that comes back is an answer: a network that is down is no reason to open anew.
    """

    def __init__(self, *, connections: int, read: float, pool: float) -> None:
        super().__init__(connection_pool_size=connections, read_timeout=read, pool_timeout=pool)
        self.in_vain = 0
        """How often the pool was replaced since a call last came to an end."""
        self._occupied = 0
        self._old: set[asyncio.Task[None]] = set()

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
        """Status and content of the answer; TimedOut for a call that hangs, as for a slow one."""
        timeouts = read_timeout, write_timeout, connect_timeout, pool_timeout
        client = self._client
        try:
            async with asyncio.timeout(self._longest(*timeouts)):
                answer = await super().do_request(url, method, request_data, *timeouts)
        except TimeoutError:
            self._hangs(client)
            raise TimedOut from None
        except NetworkError as error:
            self._failed(client, error)
            raise
        self._answered(client)
        return answer

    async def shutdown(self) -> None:
        """Close every connection, the old ones too."""
        for task in self._old:
            task.cancel()
        await super().shutdown()

    def _longest(self, *timeouts: ODVInput[float]) -> float | None:
        """How long a call may take in all; None if it may take for ever."""
        own = self._client.timeout
        usual = own.read, own.write, own.connect, own.pool
        given = [
            each if isinstance(each, int | float) or each is None else standard
            for each, standard in zip(timeouts, usual, strict=True)
        ]
        known = [each for each in given if each is not None]
        # files may take longer to go out than words
        write = self._media_write_timeout or 0.0
        return sum(known) + write + GRACE_SECONDS if len(known) == len(given) else None

    def _failed(self, client: httpx.AsyncClient, error: NetworkError) -> None:
        if not isinstance(error.__cause__, httpx.PoolTimeout):
            self._answered(client)
            return
        self._occupied += 1
        if self._occupied >= OCCUPIED:
            self._hangs(client)

    def _answered(self, client: httpx.AsyncClient) -> None:
        if client is self._client:
            self.in_vain = self._occupied = 0

    def _hangs(self, client: httpx.AsyncClient) -> None:
        # many calls may hang in the same pool: it is replaced once
        if client is not self._client:
            return
        self.in_vain, self._occupied = self.in_vain + 1, 0
        log.error("the connections to telegram hang, and are opened anew (%s)", self.in_vain)
        self._client = self._build_client()
        task = asyncio.create_task(_close(client))
        self._old.add(task)
        task.add_done_callback(self._old.discard)


async def _close(client: httpx.AsyncClient) -> None:
    # what is well in it may come to its end
    await asyncio.sleep(_OLD_SECONDS)
    with suppress(TimeoutError, httpx.HTTPError, OSError, RuntimeError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await client.aclose()
