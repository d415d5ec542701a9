"""When Telegram was last heard: kept, so that a silence longer than its memory is told."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime, timedelta

from bot.service import gaps
from bot.service.health import Pulse
from bot.service.site import Site
from bot.store.replicas import ALONE, Replica, holding
from bot.store.store import Store

log = logging.getLogger(__name__)

WRITE_SECONDS = 5.0
"""No longer: whoever listens must not wait for a database that hangs."""
# it counts on while the machine sleeps, where the system has such a clock
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_LOST_SECONDS = gaps.LOST_AFTER.total_seconds()
_STAY_SECONDS = 1.0
_RECENT_SECONDS = 60.0


class Ear:
    """Notes each answer of Telegram's, and once a minute keeps the moment."""

    def __init__(self, store: Store, site: Site, pulse: Pulse, replica: Replica = ALONE) -> None:
        self._store, self._site, self._pulse, self._replica = store, site, pulse, replica
        self._noted_at: datetime | None = None
        self._heard: float | None = None
        self._noting = asyncio.Lock()

    async def heard(self) -> None:
        """Telegram answered just now; after too long a silence everybody is told."""
        self._pulse.heard += 1
        before, self._heard = self._heard, time.clock_gettime(_CLOCK)
        # a clock that was moved is no silence
        await self._note(may_have_lost=before is None or self._heard - before > _LOST_SECONDS)

    async def stay(self) -> None:
        """Until cancelled: while a call waits for news, Telegram counts as heard a moment ago.

        Whoever moves the clock meanwhile and ends the process leaves no silence behind.
        """
        while True:
            await asyncio.sleep(_STAY_SECONDS)
            heard = self._heard
            # a silence that is just being told must not be covered up
            if self._noting.locked():
                continue
            if heard is not None and time.clock_gettime(_CLOCK) - heard < _RECENT_SECONDS:
                await self._note(may_have_lost=False)

    async def _note(self, *, may_have_lost: bool) -> None:
        if not self._replica.leads or not self._is_time():
            return
        try:
            async with self._noting, asyncio.timeout(WRITE_SECONDS):
                await self._store.write(
                    holding, self._replica, gaps.heard, self._site, may_have_lost=may_have_lost
                )
        # it is kept at the next answer; what came in now must not wait for it
        except Exception as error:  # noqa: BLE001 - a database that is away is told by others
            log.warning("when telegram was heard could not be kept: %s", type(error).__name__)
            self._heard = None if may_have_lost else self._heard
        else:
            self._noted_at = self._site.clock.now()

    def _is_time(self) -> bool:
        now, last = self._site.clock.now(), self._noted_at
        return last is None or not timedelta() <= now - last < gaps.NOTE_EVERY
