"""The loops that handle and send, and the ticks that wake them; nothing here decides anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.service import (
    chain,
    clearing,
    deliver,
    digest,
    fault,
    gaps,
    glance,
    handle,
    mail_delivery,
    nudge,
    reminding,
    retiring,
    silence,
)
from bot.service.auditing import Exporting
from bot.service.deliver import Delivery
from bot.service.health import Pulse
from bot.service.intray import Intray, Keep
from bot.service.lanes import CLOCKS, Lanes
from bot.service.mail_delivery import MailDelivery
from bot.service.site import Site
from bot.store.errors import is_collision, is_passing, log_trouble
from bot.store.replicas import ALONE, Deposed, Replica, holding
from bot.store.store import Store
from bot.store.unit import Unit, nothing

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

TICK_SECONDS = 1.0
TRAVEL_TICK_SECONDS = 0.25
"""Where the clock can be moved, so that whoever travels in time need not wait for each moment."""
TRAVEL_GLANCE = 0.02
"""How often it is looked there whether the clock was moved: a tick follows at once."""
VITAL = frozenset({"alerts", "nudges", "landed", "outbox"})
"""The parts without which a tick does not count, so that the dead man speaks up."""
NUDGES_FOLLOW = 0.1
"""Seconds after which nudges are looked for again where some were due."""
_PAUSE_AFTER_FAULT = 1.0
_NEXT_LOOK = timedelta(minutes=10)
"""How long what is over its time may lie before it is looked for again."""


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
        self._replica = replica
        self._mail = mail or MailDelivery(store, site, None)
        self._exporting = exporting
        self._arrived, self._posted, self._mailed = (
            asyncio.Event(),
            asyncio.Event(),
            asyncio.Event(),
        )
        delivery.on_call = self._call
        self._intray = Intray(store, self.wake)
        self._handled_all, self._has_room, self._is_due = True, False, False
        self._lanes, self._looks_again = Lanes(), False
        self._retire_from: datetime | None = None
        self._stopping, self._ticking = False, asyncio.Lock()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def wake(self) -> None:
        """Say that something arrived."""
        self._arrived.set()

    async def take_in(self, keep: Keep) -> None:
        """Have what came in kept, and handled by the same commit, or else soon after it."""
        await self._intray.put(keep)

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
        claimed = await self._claim_on() if self._is_due and self._has_room else 0
        return handled + claimed if claimed or not self._handled_all else 0

    async def _send_waiting(self) -> int:
        """How many posts were sent on their way, or 0 if nothing is left that may go."""
        sent = await self._delivery.send_waiting()
        return sent if self._delivery.is_full else 0

    async def _handle(self) -> int:
        try:
            handled = await self._delivery.along(
                partial(handle.keep_and_handle, keep=self._intray.keep_all, lanes=self._lanes)
            )
        # one bad arrival must not stop the others: they are redone one by one
        except Exception as error:  # noqa: BLE001 - logged there with its trace
            log.warning("a batch failed and is redone one by one: %s", type(error).__name__)
            await self._intray.keep_apart()
            return await self._handle_apart()
        self._intray.kept()
        self._handled_all, self._has_room = handled.is_all, handled.has_room
        self._lanes = self._lanes.after(handled.peoples, self._site.clock.now())
        if self._delivery.is_full:
            self._posted.set()
        return handled.count

    async def _handle_apart(self) -> int:
        self._handled_all = self._has_room = False
        handled = await self._handle_one_by_one()
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

    async def _lead(
        self, work: Callable[Concatenate[Unit, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the work gives back, done only while this process leads."""
        return await self._store.write(holding, self._replica, work, *args, **kwargs)

    async def _claim(self) -> None:
        # while many are due there may be more than there was room for; whatever fails waits a tick
        self._is_due = False
        claimed = await self._lead(nudge.claim, self._site)
        self._is_due = claimed >= CLOCKS
        if claimed and not self._looks_again:
            self._looks_again = True
            asyncio.get_running_loop().call_later(NUDGES_FOLLOW, self._look_again)

    def _look_again(self) -> None:
        """Where some were due, others may be by now: all of a second's at once would be a crowd."""
        self._looks_again = False
        self._is_due = True
        self._arrived.set()

    async def _claim_on(self) -> bool:
        """Whether more had come due than was claimed before: not all wait for the next tick."""
        await self._went("nudges", self._claim)
        return self._is_due

    async def _remind(self) -> None:
        for numbers in await self._store.read(chain.due, self._site):
            await self._by_itself(f"alerts {numbers}", chain.go_on, numbers)

    async def _digest(self) -> None:
        for clinician_id in await self._store.read(digest.due, self._site):
            await self._by_itself(f"digest of {clinician_id}", digest.send, clinician_id)

    async def _speak_of_calls(self) -> None:
        for call_id in await self._store.read(reminding.due, self._site):
            await self._by_itself(f"call {call_id}", reminding.remind, call_id)

    async def _look_at_silence(self) -> None:
        for patient_id in await self._store.read(silence.due, self._site):
            await self._by_itself(f"take-over of {patient_id}", silence.go_on, patient_id)

    async def _by_itself(self, what: str, work: Callable[[Unit, Site, T], None], whose: T) -> None:
        try:
            await self._lead(work, self._site, whose)
        except Deposed:
            raise
        # one that cannot go on must not hold up the others
        except Exception as error:  # noqa: BLE001 - logged there
            log_trouble(log, error, f"a clock ran out and nothing came of it: {what}")

    async def _recover(
        self,
        recover: Callable[[Unit, Site, Replica, frozenset[int]], None],
        in_hand: Collection[int],
    ) -> None:
        # a copy: the writer's thread reads it
        await self._lead(recover, self._site, self._replica, frozenset(in_hand))

    async def _retire(self) -> None:
        now = self._site.clock.now()
        if self._retire_from is not None and now < self._retire_from:
            return
        # set first: what fails is tried again later, and not at each tick
        self._retire_from = now + _NEXT_LOOK
        if not await self._store.read(retiring.is_due, self._site):
            return
        batch = await self._store.read(retiring.next_batch, self._site)
        if batch is None:
            await self._lead(retiring.finish, self._site)
            return
        await self._lead(retiring.retire, self._site, batch)
        # one batch a tick: nothing else waits for long
        self._retire_from = now

    async def _export(self) -> None:
        if self._exporting is not None:
            await self._exporting.export()

    async def _went(self, name: str, part: Callable[[], Awaitable[object]]) -> bool:
        """Whether this part of a tick went well."""
        try:
            await part()
        except Deposed:
            log.info("another process leads: it sees to %s", name)
        # one part that fails must not stop the others, above all not the alerts' clocks
        except Exception as error:  # noqa: BLE001 - logged there
            log_trouble(log, error, f"a part of the tick failed: {name}")
            return False
        return True

    def _note(self, failed: list[str]) -> None:
        if failed:
            self._pulse.trouble["tick"] = f"tick: {', '.join(failed)}"
        else:
            self._pulse.trouble.pop("tick", None)
        if VITAL.isdisjoint(failed):
            self._pulse.ticked_at = self._site.clock.now()

    def _parts(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """What is to be done at a tick: the clocks by the leader alone, the rest by everyone."""
        everyones: dict[str, Callable[[], Awaitable[object]]] = {
            "landed": self._delivery.settle_landed
        }
        if not self._replica.leads:
            return everyones
        lead, site = self._lead, self._site
        return {
            # nothing else may hold up somebody in danger
            "alerts": self._remind,
            # before a reminder of what may be lost
            "gaps": lambda: lead(gaps.tell_on, site),
            "nudges": self._claim,
            "digests": self._digest,
            "calls": self._speak_of_calls,
            "silence": self._look_at_silence,
            "clearing": lambda: lead(clearing.let_go, site),
            "retention": self._retire,
            **everyones,
            "audit": self._export,
            "outbox": lambda: self._recover(deliver.recover, self._delivery.in_hand),
            "mails": lambda: self._recover(mail_delivery.recover, self._mail.in_hand),
        }

    async def _idle(self) -> frozenset[str]:
        """The parts of this tick in which there is nothing to do, told by one question for all.

        It is asked where one writes, so that a database that cannot be written is found out.
        """
        if not self._replica.leads:
            return frozenset()
        try:
            return glance.ASKED - await self._lead(glance.busy, self._site, self._replica)
        except Deposed:
            log.info("another process leads: it sees to the clocks")
            return glance.ASKED
        # whatever keeps it from being answered must keep no alert from its clock
        except Exception as error:  # noqa: BLE001 - logged there
            log_trouble(log, error, "nobody knows what a tick has to do: each part looks by itself")
            return frozenset()

    async def _tick(self) -> None:
        async with self._ticking:
            idle = await self._idle()
            parts = [each for each in self._parts().items() if each[0] not in idle]
            failed = [name for name, part in parts if not await self._went(name, part)]
        self._note(failed)
        self._arrived.set()
        self._posted.set()
        self._mailed.set()
