"""Arrivals are kept in the database, or on the disk while the database is away; help goes first.

What lies on the disk comes before anything newer: while it waits, all that arrives goes behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, Literal, TypeVar

from bot.service.site import Site
from bot.service.spool import Line, Segment, Spool
from bot.service.unaided import Unaided, known
from bot.store import inbox, marks
from bot.store.errors import is_passing
from bot.store.inbox import Arrival
from bot.store.replicas import Deposed
from bot.store.store import Store
from bot.store.unit import Unit

log = logging.getLogger(__name__)

T = TypeVar("T")

DECIDES_SECONDS = 5.0
"""A database that has not kept an arrival by then, or led to its answer, counts as away."""
LOOK_SECONDS = 1.0
LEARN_SECONDS = 60.0
READ_SECONDS = 3.0
WAITS_SECONDS = 20.0
"""After so long an outage those who wrote are told that their words wait."""
AT_ONCE = 100
STRIKES = 3
"""So often the database, being there, refuses a line before the line is put aside."""
WRITTEN = "database.written_at"
Became = Literal["nothing", "kept", "handled"]
"""What the database did with what came in."""


class Shelter:
    """Where the intake keeps arrivals; `wake` is called when the database has some from here.

    `commit` does the writing, alone or beside other work, and says whether it was handled, too.
    """

    def __init__(
        self,
        store: Store,
        site: Site,
        spool: Spool,
        unaided: Unaided,
        *,
        commit: Callable[[Callable[[Unit], object]], Awaitable[bool]] | None = None,
        wake: Callable[[], None] = lambda: None,
        is_there: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store, self._site, self._spool, self._unaided = store, site, spool, unaided
        self._commit = commit or self._write
        self._wake, self._is_there = wake, is_there
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._adding = 0
        self._strikes = Counter[bytes]()
        self._learned_at = 0.0
        self._trouble: str | None = None
        self._later = set[asyncio.Task[None]]()

    async def begin(self) -> None:
        """What an earlier process left on the disk is known after this, and so are the people."""
        await self._on_disk(self._spool.begin)
        await self._learn()

    @property
    def is_away(self) -> bool:
        """Whether something waits on the disk, and all that is newer must go behind it."""
        return self._adding > 0 or self._spool.holds_any

    @property
    def oldest(self) -> datetime | None:
        """Since when anything waits on the disk."""
        return self._spool.oldest

    @property
    def astray(self) -> tuple[str, ...]:
        """The names of the files from which something cannot be brought into the database."""
        return self._spool.astray

    async def keep(self, arrivals: Sequence[Arrival], write: Callable[[Unit], object]) -> None:
        """Keep arrivals by this write, or on the disk; OSError if neither can be.

        Whoever needs help is shown it even then.
        """
        match "nothing" if self.is_away else await self._became(write):
            case "handled":
                pass
            case "kept":
                self._watch_over(arrivals)
            case "nothing":
                self._help(arrivals)
                await self._keep_on_disk(arrivals)
                self._after(WAITS_SECONDS, lambda: self._ask_to_wait(arrivals))

    async def live(self) -> None:
        """Look after what waits, until cancelled."""
        while True:
            try:
                await self.look()
            # whatever is wrong, it may have passed a moment later
            except Exception as error:  # noqa: BLE001 - a trace may hold what patients wrote
                self._note(type(error).__name__)
            else:
                self._note(None)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Bring what waits on the disk into the database, if it is there; else raise its error."""
        await self._on_disk(self._spool.look)
        if self.is_away:
            await self._bring_back()
        elif asyncio.get_running_loop().time() - self._learned_at > LEARN_SECONDS:
            await self._learn()

    async def health(self, rest: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """The rest of the health page and what waits here; without the database that alone."""
        # in the order in which things move: what goes into the database meanwhile is seen twice
        ours = self._state()
        state: dict[str, Any] = {"ok": False, "reasons": ["database"]}
        with suppress(Exception):
            async with asyncio.timeout(READ_SECONDS):
                state = await rest()
        reasons = [*state["reasons"], *ours.pop("reasons")]
        return {**state, **ours, "ok": state["ok"] and not reasons, "reasons": reasons}

    def _state(self) -> dict[str, Any]:
        oldest, now = self._spool.oldest, self._site.clock.now()
        reasons = {
            "spool": self.is_away,
            "spool_aside": bool(self._spool.aside),
            "database_file": not self._is_there(),
        }
        return {
            "spool": self._spool.lines,
            "spool_age": max(0.0, round((now - oldest).total_seconds(), 1)) if oldest else None,
            "spool_aside": self._spool.aside,
            "reasons": [name for name, holds in reasons.items() if holds],
        }

    async def close(self) -> None:
        """Let go of the disk; what waits there waits for the next process."""
        for task in self._later:
            task.cancel()
        await self._on_disk(self._spool.close)
        self._disk.shutdown(wait=False)

    def _note(self, trouble: str | None) -> None:
        """Log a trouble when it begins, and not each second."""
        if trouble not in (self._trouble, None):
            log.warning("what waits on the disk cannot be brought back: %s", trouble)
        self._trouble = trouble

    async def _write(self, write: Callable[[Unit], object]) -> bool:
        await self._store.write(write)
        return False

    async def _became(self, write: Callable[[Unit], object]) -> Became:
        """Whether the database took it in time; a write that is late may still be done."""
        if not self._is_there():
            return "nothing"
        writing = asyncio.ensure_future(self._commit(write))
        writing.add_done_callback(_look_at_error)
        await asyncio.wait({writing}, timeout=DECIDES_SECONDS)
        if not writing.done():
            log.error("the database does not answer: arrivals go to the disk")
            return "nothing"
        error = writing.exception()
        if isinstance(error, Deposed):
            raise error
        if error is not None:
            log.error("the database keeps nothing (%s): to the disk", type(error).__name__)
            return "nothing"
        return "handled" if writing.result() else "kept"

    async def _keep_on_disk(self, arrivals: Sequence[Arrival]) -> None:
        self._adding += 1
        try:
            await self._on_disk(lambda: self._spool.add(arrivals))
        finally:
            self._adding -= 1

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)

    async def _bring_back(self) -> None:
        if not self._is_there():
            raise FileNotFoundError
        now = self._site.clock.now().isoformat()
        await self._store.write(marks.set, WRITTEN, now)
        for segment in await self._on_disk(self._spool.waiting):
            aside = await self._refused(segment)
            await self._on_disk(lambda: self._spool.done(segment, aside))  # noqa: B023 - awaited
            self._wake()
        if not self.is_away:
            log.warning("the database is there again: nothing waits on the disk any more")
            self._unaided.is_over()
            self._strikes.clear()

    async def _refused(self, segment: Segment) -> list[Line]:
        """The lines that cannot be kept, after all the others were."""
        refused = [line for line in segment.lines if line.arrival is None]
        for lines in _chunks([line for line in segment.lines if line.arrival is not None]):
            try:
                await self._store.write(inbox.keep, [a for line in lines if (a := line.arrival)])
            except Exception as error:
                if is_passing(error):
                    raise
                refused += [line for line in lines if not await self._is_kept(line)]
        return refused

    async def _is_kept(self, line: Line) -> bool:
        """Whether this one alone was kept; the error is raised until it came too often."""
        try:
            await self._store.write(inbox.keep, [line.arrival] if line.arrival else [])
        except Exception as error:
            self._strikes[line.raw] += 1
            if is_passing(error) or self._strikes[line.raw] < STRIKES:
                raise
            log.error("a line of the spool is refused: %s", type(error).__name__)
            return False
        return True

    def _watch_over(self, arrivals: Sequence[Arrival]) -> None:
        """Words of need that are kept and not answered in time are answered from memory."""
        needy = [each for each in arrivals if self._unaided.needs_help(each)]
        if needy:
            self._after(DECIDES_SECONDS, lambda: self._help_if_waiting(needy))

    async def _help_if_waiting(self, arrivals: Sequence[Arrival]) -> None:
        waiting = arrivals
        with suppress(Exception):
            async with asyncio.timeout(READ_SECONDS):
                waiting = await self._store.read(inbox.still_waiting, arrivals)
        self._help(waiting)

    def _help(self, arrivals: Sequence[Arrival]) -> None:
        """Help at once; the team a moment later, so that it may be looked up who they are."""
        if helped := self._unaided.help(arrivals):
            self._after(0, lambda: self._page(helped))

    async def _page(self, helped: Sequence[Arrival]) -> None:
        # what cannot be written can often be read
        await self._learn()
        self._unaided.page(helped)

    async def _ask_to_wait(self, arrivals: Sequence[Arrival]) -> None:
        if self.is_away:
            self._unaided.ask_to_wait(arrivals)

    def _after(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            await act()

        task = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _learn(self) -> None:
        # whoever was known a moment ago will do
        with suppress(Exception):
            async with asyncio.timeout(READ_SECONDS):
                self._unaided.learn(await self._store.read(known))
        self._learned_at = asyncio.get_running_loop().time()


def _look_at_error(writing: asyncio.Future[bool]) -> None:
    # nobody may wait for it any more, and Python would complain of an error nobody saw
    if not writing.cancelled():
        writing.exception()


def _chunks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while chunk := list(islice(rest, AT_ONCE)):
        yield chunk
