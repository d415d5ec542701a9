"""The loops that handle and send, and the ticks that wake them; nothing here decides anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.service import deliver, fault, handle, mail_delivery
from bot.service.auditing import Exporting
from bot.service.deliver import Delivery
from bot.service.health import Pulse
from bot.service.intray import Intray, Keep
from bot.service.lanes import Lanes
from bot.service.mail_delivery import MailDelivery
from bot.service.site import Site
from bot.store.errors import is_collision, is_passing, log_trouble
from bot.store.replicas import ALONE, Replica
from bot.store.store import Store
from bot.store.unit import nothing
from bot.workers.ticks import Ticks

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
TRAVEL_TICK_SECONDS = 0.25
"""Where the clock can be moved, so that whoever travels in time need not wait for each moment."""
TRAVEL_GLANCE = 0.02
"""How often it is looked there whether the clock was moved: a tick follows at once."""
_PAUSE_AFTER_FAULT = 1.0


class Workers:
    """Two loops, handling and sending, each woken by whoever gave it work."""

    def __init__(
        self,
        store: Store,
        site: Site,
        delivery: Delivery,
        pulse: Pulse,
        mail: MailDelivery | None = None,
        replica: Replica = ALONE,
        exporting: Exporting | None = None,
    ) -> None:
        self._store, self._site, self._delivery, self._pulse = store, site, delivery, pulse
        self._mail = mail or MailDelivery(store, site, None)
        self._arrived, self._posted, self._mailed = (
            asyncio.Event(),
            asyncio.Event(),
            asyncio.Event(),
        )
        delivery.on_call = self._call
        self._intray = Intray(store, self.wake)
        self._ticks = Ticks(store, site, delivery, self._mail, pulse, replica, exporting, self.wake)
        self._handled_all, self._has_room, self._lanes = True, False, Lanes()
        self._stopping, self._ticking = False, asyncio.Lock()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def wake(self) -> None:
        """Say that something arrived."""
        self._arrived.set()

    async def take_in(self, keep: Keep) -> bool:
        """Whether what came in was surely handled by the commit that kept it, or is soon after."""
        return await self._intray.put(keep)

    async def run(self) -> None:
        """Handle, send and tick until `stop`; what is in hand is finished first."""
        await self._store.write(deliver.take_back, self._site)
        await self._store.write(mail_delivery.take_back, self._site)
        travels = self._site.settings.clock_offset_file is not None
        seconds = TRAVEL_TICK_SECONDS if travels else TICK_SECONDS
        self._scheduler.add_job(self._tick, "interval", seconds=seconds)
        # a first tick that never comes to its end has an age, too
        self._pulse.began_at = self._site.clock.now()
        self._scheduler.start()
        # from here on somebody is there to settle what landed
        self._delivery.on_landing = self._posted.set
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._loop(self._arrived, self._handle_waiting))
                group.create_task(self._loop(self._posted, self._send_waiting))
                # a loop of its own: a mail server that is slow holds up nobody's chat
                group.create_task(self._loop(self._mailed, self._mail.send_waiting))
                if travels:
                    group.create_task(self._travel_along())
            await self._delivery.land()
        finally:
            await self._intray.keep_apart()
            await self._stop_ticking()

    async def _travel_along(self) -> None:
        moved_by = self._site.clock.offset
        while not self._stopping:
            await asyncio.sleep(TRAVEL_GLANCE)
            if self._site.clock.offset != moved_by:
                moved_by = self._site.clock.offset
                await self._tick()

    async def _stop_ticking(self) -> None:
        # a tick in hand is finished: a cancelled one would be told to the operator as a fault
        self._scheduler.pause()
        await asyncio.sleep(0)
        async with self._ticking:
            self._scheduler.shutdown(wait=False)

    def stop(self) -> None:
        """Let each loop finish what it has in hand, and take no more."""
        self._stopping = True
        self._arrived.set()
        self._posted.set()
        self._mailed.set()

    async def _loop(self, signal: asyncio.Event, work: Callable[[], Awaitable[int]]) -> None:
        signal.set()
        while not self._stopping:
            await signal.wait()
            signal.clear()
            await self._drain(work)

    async def _drain(self, work: Callable[[], Awaitable[int]]) -> None:
        while not self._stopping:
            try:
                if not await work():
                    return
            # a loop that dies is silence for every patient: it is logged, and it goes on
            except Exception as error:  # noqa: BLE001 - logged there
                log_trouble(log, error, "a worker failed")
                await asyncio.sleep(_PAUSE_AFTER_FAULT)
                return

    def _call(self, name: str) -> None:
        """Wake whoever has something to do after a commit."""
        if name == "mails":
            self._mailed.set()

    async def _handle_waiting(self) -> int:
        """How many arrivals were handled, or 0 if nothing is left."""
        handled = await self._handle()
        claimed = await self._ticks.claim_on() if self._ticks.is_due and self._has_room else 0
        return handled + claimed if claimed or not self._handled_all else 0

    async def _send_waiting(self) -> int:
        """How many posts were sent on their way, or 0 if nothing is left that may go."""
        sent = await self._delivery.send_waiting()
        return sent if self._delivery.is_full else 0

    async def _handle(self) -> int:
        try:
            handled = await self._delivery.along(
                partial(
                    handle.keep_and_handle,
                    keep=self._intray.keep_all,
                    lanes=self._lanes,
                    is_waited_for=lambda: not self._intray.is_empty,
                )
            )
        # one bad arrival must not stop the others: they are redone one by one
        except Exception as error:  # noqa: BLE001 - logged there with its trace
            log.warning("a batch failed and is redone one by one: %s", type(error).__name__)
            await self._intray.keep_apart()
            return await self._handle_apart()
        self._intray.kept(is_handled=handled.is_empty)
        self._handled_all, self._has_room = handled.is_all, handled.has_room
        self._lanes = self._lanes.after(handled.peoples, self._site.clock.now())
        if self._delivery.is_full:
            self._posted.set()
        return handled.count

    async def _handle_apart(self) -> int:
        self._handled_all = self._has_room = False
        try:
            handled = await self._handle_one_by_one()
        finally:
            # whatever the trouble is, whoever writes comes before the clock again
            self._lanes = Lanes()
        self._posted.set()
        self._mailed.set()
        return handled

    async def _handle_one_by_one(self) -> int:
        rows, handled = await self._store.write(handle.waiting, self._lanes), 0
        trouble: Exception | None = None
        for row in rows:
            # a row that can't even be counted is left for the next tick, or this would spin
            try:
                handled += await self._handle_one(row)
            except Exception as error:  # noqa: BLE001 - raised below if nobody got through
                trouble = error
                # raises if nothing can be written at all; a trouble that only this row meets
                # must not hold up those behind it
                await self._store.write(nothing)
        if trouble is not None and not handled:
            raise trouble
        return handled

    async def _handle_one(self, row: int) -> bool:
        """Whether the row was handled, or its failure counted."""
        try:
            taps = await self._store.write(handle.handle_one, self._site, row)
        except Exception as error:
            if is_collision(error):
                return False
            # nobody's words are to blame for a trouble of the database: they wait till it is over
            if is_passing(error):
                raise
            log.exception("inbox row %s could not be handled", row)
            return await self._put_aside(row, type(error).__name__)
        self._delivery.answer(taps)
        return True

    async def _put_aside(self, row: int, error: str) -> bool:
        """Whether the failure was counted: with care for the writer, or at least without."""
        for put_aside in (fault.put_aside, handle.put_aside):
            try:
                await self._store.write(put_aside, self._site, row, error)
            # those who wait behind this row must not wait for ever
            except Exception:
                log.exception("inbox row %s could not be put aside", row)
            else:
                return True
        return False

    async def _tick(self) -> None:
        async with self._ticking:
            await self._ticks.tick()
        self._arrived.set()
        self._posted.set()
        self._mailed.set()
