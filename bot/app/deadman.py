"""The dead man's check: a thread of its own that tells operators what stands still, and its end.

Where the process cannot help itself any more, the watch ends it with status 70, so that its
supervisor starts it again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app.pager import Pager, Say
from bot.app.troubles import Course, Queues, Signs
from bot.service import guessing, retiring
from bot.service.health import Pulse
from bot.service.mail_delivery import Courier
from bot.service.site import Site
from bot.service.team import care_team, operators
from bot.service.wording import fixed, line
from bot.store import inbox, marks, outbox, people, standing
from bot.store.store import Store
from bot.store.unit import Unit

log = logging.getLogger(__name__)

STILL = timedelta(seconds=90)
"""How old the last tick may be, by the service's own clock."""
LOOK_SECONDS = 5.0
LOOKS = 2
"""How often in a row it must be the same tick: a clock that jumps ahead is no standstill."""
READ_SECONDS = 5.0
LEAVE_SECONDS = 2.0
PROBE_SECONDS = 30.0
WRITE_SECONDS = 15.0
"""How long a write may wait for its turn: longer than the database waits for a lock."""
LONGEST_STEP = 3 * LOOK_SECONDS
"""More than this between two looks is a time in which the watch itself was stopped."""
EX_SOFTWARE = 70
WRITTEN_AT = "watch.written_at"


@dataclass(slots=True)
class Watch:
    """What the watch has seen: the last tick, how often it was the same, since when it is late."""

    tick: datetime | None
    looks: int = 0
    since: datetime | None = None

    def looks_at(self, tick: datetime | None, now: datetime) -> bool:
        """Whether the ticking stands still."""
        self.looks = self.looks + 1 if tick == self.tick else 0
        self.tick = tick
        return self.looks >= LOOKS and tick is not None and now - tick > STILL


class DeadMan:
    """Looks at the pulse every few seconds, whatever the service itself is stuck in.

    `in_vain` says how often the connections were opened anew without an answer since, `is_there`
    whether the database's file is still the one that was opened, `sheltered` since when anything
    waits on the disk, `astray` names the files there that cannot be brought in; `leave` ends the
    process, and `monotonic` is a clock that nobody sets.
    """

    def __init__(
        self,
        store: Store,
        site: Site,
        pulse: Pulse,
        say: Say,
        courier: Courier | None,
        *,
        in_vain: Callable[[], int] = lambda: 0,
        is_there: Callable[[], bool] = lambda: True,
        sheltered: Callable[[], datetime | None] = lambda: None,
        astray: Callable[[], tuple[str, ...]] = tuple,
        leave: Callable[[int], object] = os._exit,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._site, self._pulse = store, site, pulse
        self._pager = Pager(site, say, courier)
        self._is_there, self._sheltered, self._astray = is_there, sheltered, astray
        self._told_of = frozenset[str]()
        self._leave, self._monotonic = leave, monotonic
        self._began = site.clock.now()
        self._watch, self._signs, self._course = Watch(None), Signs(pulse, in_vain), Course()
        self._looked_at = self._probed_at = monotonic()
        self._queues = Queues()
        self._probe: asyncio.Task[bool] | None = None
        self._is_writable = True

    async def look(self) -> None:
        """Look once: what stands still is told once, and so is its end, until it has gone out."""
        passed = self._passed()
        self._look_at_ticks()
        await self._look_at_database()
        began, over = self._course.goes_on(self._signs.look(self._queues, passed), passed)
        for name in began:
            self._tell_of(name)
        for name in over:
            self._tell_end_of(name)
        self._tell_of_files()
        self._pulse.noticed = frozenset(self._course.open)
        self._leave_if_lost()
        await self._pager.send()

    def _passed(self) -> float:
        now, before = self._monotonic(), self._looked_at
        self._looked_at = now
        return min(now - before, LONGEST_STEP)

    def _look_at_ticks(self) -> None:
        now, tick = self._site.clock.now(), self._pulse.ticked_at or self._began
        stands = self._watch.looks_at(tick, now)
        if stands and self._watch.since is None:
            self._watch.since = tick
            log.error("the ticking stands still since %s", tick.isoformat())
            self._page("m-standstill", (now - tick).total_seconds())
        elif not stands and self._watch.since is not None and self._watch.looks == 0:
            self._page("m-standstill-over", (now - self._watch.since).total_seconds())
            self._watch.since = None

    def _tell_of(self, name: str) -> None:
        log.error("the watch sees a trouble: %s", name)
        if name == "aside":
            return  # told file by file
        seconds = max(self._course.open[name], self._ages().get(name, 0.0))
        self._page(f"m-trouble-{name}", seconds)

    def _tell_of_files(self) -> None:
        """Tell of each file whose messages cannot be brought in, once while that lasts."""
        if "aside" not in self._course.open:
            self._told_of = frozenset()
            return
        new = [name for name in self._queues.astray if name not in self._told_of]
        self._told_of |= frozenset(new)
        if new:
            self._page("m-trouble-aside", 0, files=", ".join(new))

    def _tell_end_of(self, name: str) -> None:
        log.warning("the watch sees no trouble any more: %s", name)
        what = line(self._site.release, f"m-what-{name}")
        self._page("m-trouble-over", self._course.forget(name), what=what)

    def _ages(self) -> dict[str, float]:
        """For how long these troubles have lasted already when they are seen first."""
        queues, signs = self._queues, self._signs
        return {
            "outbox": queues.outbox,
            "inbox": queues.inbox,
            "retention": queues.unretired,
            "lag": self._pulse.lag,
            "silent": signs.unheard,
        }

    def _page(self, name: str, seconds: float, **values: str) -> None:
        minutes = f"{max(1.0, seconds / 60):.0f}"
        bubble = fixed(self._site.release, name, minutes=minutes, **values)
        self._pager.page(bubble, self._site.clock.now())

    def _leave_if_lost(self) -> None:
        why = self._signs.last_straw()
        if why is not None:
            log.critical("the process ends, to be started again: %s", why)
            self._leave(EX_SOFTWARE)

    async def _look_at_database(self) -> None:
        """Learn who is to be told and what waits; whoever was known a moment ago will do."""
        is_well = self._watch.since is None
        learnt: Learnt = (self._pager.chats, 0.0, 0.0, 0.0, False, False)
        with suppress(Exception):
            async with asyncio.timeout(READ_SECONDS):
                learnt = await self._store.read(_learn, self._site)
        chats, outbox_age, inbox_age, kept_age, is_guessed, is_forged = learnt
        # while all is well, for later nobody may be able to say who they are
        self._pager.chats = chats if is_well else self._pager.chats
        inbox_age = max(inbox_age, _age(self._sheltered(), self._site.clock.now()))
        # a file that is gone takes every write all the same, and keeps none
        is_writable = self._written() and self._is_there()
        self._queues = Queues(
            outbox_age, inbox_age, is_writable, self._astray(), kept_age, is_guessed, is_forged
        )

    def _written(self) -> bool:
        """Whether the last write that was tried was kept in time; now and then one is begun."""
        now = self._monotonic()
        if self._probe is not None and self._probe.done():
            self._is_writable = self._probe.result()
            self._probe = None
        if self._probe is not None and now - self._probed_at > WRITE_SECONDS:
            self._is_writable = False
        if self._probe is None and now - self._probed_at >= PROBE_SECONDS:
            self._probed_at = now
            self._probe = asyncio.create_task(self._write())
        return self._is_writable

    async def _write(self) -> bool:
        try:
            await self._store.write(marks.set, WRITTEN_AT, self._site.clock.now().isoformat())
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing can be kept
            log.error("the watch cannot write into the database: %s", type(error).__name__)
            return False
        return True


Learnt = tuple[tuple[str, ...], float, float, float, bool, bool]
"""Who is to be told, the ages of what waits longest and of what is over, if codes are guessed, and
if somebody of the team is not who was sealed."""


def _learn(unit: Unit, site: Site) -> Learnt:
    """What the database says of those who are to be told, and of what may be wrong."""
    now, oldest = site.clock.now(), (outbox.oldest(unit), inbox.counts(unit).oldest)
    kept_age = retiring.late_by(unit, site).total_seconds()
    ages = _age(oldest[0], now), _age(oldest[1], now), kept_age
    is_forged = bool(standing.forged_members(unit))
    return _chats_of_operators(unit), *ages, guessing.are_many(unit, now), is_forged


def _age(then: datetime | None, now: datetime) -> float:
    return (now - then).total_seconds() if then is not None else 0.0


def _chats_of_operators(unit: Unit) -> tuple[str, ...]:
    told = operators(unit) or care_team(unit)
    contacts = [each.contact_id for each in told if each.contact_id is not None]
    return tuple(people.sound_chats(unit, contacts))


@contextmanager
def watching(watch: Callable[[], AbstractAsyncContextManager[DeadMan]]) -> Iterator[None]:
    """While the block lasts, a thread with its own event loop looks again and again."""
    ended = threading.Event()
    # a daemon: the process may end while it waits for an answer
    thread = threading.Thread(
        target=lambda: asyncio.run(_look_on(watch, ended)), name="deadman", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(LEAVE_SECONDS)


async def _look_on(
    watch: Callable[[], AbstractAsyncContextManager[DeadMan]], ended: threading.Event
) -> None:
    async with watch() as dead_man:
        while not ended.is_set():
            try:
                await dead_man.look()
            # one failed look must not be the last
            except Exception:
                log.exception("the watch failed")
            await asyncio.to_thread(ended.wait, LOOK_SECONDS)
