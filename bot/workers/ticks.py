"""What falls due by itself: each second the leader looks, and each part is done by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from bot.service import (
    chain,
    clearing,
    deliver,
    digest,
    gaps,
    glance,
    mail_delivery,
    nudge,
    reminding,
    retiring,
    silence,
)
from bot.service.auditing import Exporting
from bot.service.deliver import Delivery
from bot.service.health import Pulse
from bot.service.lanes import CLOCKS
from bot.service.mail_delivery import MailDelivery
from bot.service.site import Site
from bot.store.errors import log_trouble
from bot.store.replicas import Deposed, Replica, holding
from bot.store.store import Store
from bot.store.unit import Unit

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

VITAL = frozenset({"alerts", "nudges", "landed", "outbox"})
"""The parts without which a tick does not count, so that the dead man speaks up."""
NUDGES_FOLLOW = 0.1
"""Seconds after which nudges are looked for again where some were due."""
_NEXT_LOOK = timedelta(minutes=10)
"""How long what is over its time may lie before it is looked for again."""


class Ticks:
    """The parts of a tick; `called` is called when there is something to handle."""

    def __init__(
        self,
        store: Store,
        site: Site,
        delivery: Delivery,
        mail: MailDelivery,
        pulse: Pulse,
        replica: Replica,
        exporting: Exporting | None,
        called: Callable[[], None],
    ) -> None:
        self._store, self._site, self._pulse, self._replica = store, site, pulse, replica
        self._delivery, self._mail, self._exporting = delivery, mail, exporting
        self._called = called
        self._looks_again = False
        self._retire_from: datetime | None = None
        self.is_due = False
        """Whether more nudges may be due than were claimed."""

    async def tick(self) -> None:
        """Do what is to be done at this moment; what fails is noted, and the rest is done."""
        idle = await self._idle()
        parts = [each for each in self.parts().items() if each[0] not in idle]
        failed = [name for name, part in parts if not await self.went(name, part)]
        self._note(failed)

    async def claim_on(self) -> bool:
        """Whether more had come due than was claimed before: not all wait for the next tick."""
        await self.went("nudges", self._claim)
        return self.is_due

    def parts(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """What is to be done at a tick: the clocks by the leader alone, the rest by everyone."""
        everyones: dict[str, Callable[[], Awaitable[object]]] = {
            "landed": self._delivery.settle_landed
        }
        if not self._replica.leads:
            return everyones
        lead, site = self._lead, self._site
        return {
            # nothing else may hold up somebody in danger
            "alerts": lambda: self._each("alerts", chain.due, chain.go_on),
            # before a reminder of what may be lost
            "gaps": lambda: lead(gaps.tell_on, site),
            "nudges": self._claim,
            "digests": lambda: self._each("digest of", digest.due, digest.send),
            "calls": lambda: self._each("call", reminding.due, reminding.remind),
            "silence": lambda: self._each("take-over of", silence.due, silence.go_on),
            "clearing": lambda: lead(clearing.let_go, site),
            "retention": self._retire,
            **everyones,
            "audit": self._export,
            "outbox": lambda: self._recover(deliver.recover, self._delivery.in_hand),
            "mails": lambda: self._recover(mail_delivery.recover, self._mail.in_hand),
        }

    async def went(self, name: str, part: Callable[[], Awaitable[object]]) -> bool:
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

    def _note(self, failed: list[str]) -> None:
        if failed:
            self._pulse.trouble["tick"] = f"tick: {', '.join(failed)}"
        else:
            self._pulse.trouble.pop("tick", None)
        if VITAL.isdisjoint(failed):
            self._pulse.ticked_at = self._site.clock.now()

    async def _lead(
        self, work: Callable[Concatenate[Unit, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the work gives back, done only while this process leads."""
        return await self._store.write(holding, self._replica, work, *args, **kwargs)

    async def _claim(self) -> None:
        # while many are due there may be more than there was room for; whatever fails waits a tick
        self.is_due = False
        claimed = await self._lead(nudge.claim, self._site)
        self.is_due = claimed >= CLOCKS
        if claimed and not self._looks_again:
            self._looks_again = True
            asyncio.get_running_loop().call_later(NUDGES_FOLLOW, self._look_again)

    def _look_again(self) -> None:
        """Where some were due, others may be by now: all of a second's at once would be a crowd."""
        self._looks_again = False
        self.is_due = True
        self._called()

    async def _each(
        self,
        what: str,
        due: Callable[[Unit, Site], Sequence[T]],
        go_on: Callable[[Unit, Site, T], None],
    ) -> None:
        for whose in await self._store.read(due, self._site):
            await self._by_itself(f"{what} {whose}", go_on, whose)

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
