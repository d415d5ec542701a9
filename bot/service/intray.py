"""What came in is kept by the next commit that handles, just before anything is handled."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.store.store import Store
from bot.store.unit import Unit

Keep = Callable[[Unit], object]


@dataclass(frozen=True, slots=True, eq=False)
class Keeping:
    """What is to be written, and who waits until it is."""

    keep: Keep
    done: asyncio.Future[bool]


class Intray:
    """Arrivals on their way into the database: a commit of their own would cost them time.

    `called` is called when somebody is to take them along, or to handle what was kept.
    """

    def __init__(self, store: Store, called: Callable[[], None]) -> None:
        self._store, self._called = store, called
        self._waiting = deque[Keeping]()
        self._taken: list[Keeping] = []
        self.is_open = False
        """Whether somebody takes along what waits; else each is kept by a commit of its own."""

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits to be taken along."""
        return not self._waiting

    async def put(self, keep: Keep) -> bool:
        """Whether it was surely handled, too, once this is committed; or else it is soon.

        What the writing raises is raised here.
        """
        if self.is_open:
            keeping = Keeping(keep, asyncio.get_running_loop().create_future())
            self._waiting.append(keeping)
            self._called()
            return await keeping.done
        await self._store.write(keep)
        self._called()
        return False

    def keep_all(self, unit: Unit) -> None:
        """Write all that waits; whoever commits says afterwards whether it was `kept`."""
        while self._waiting:
            self._taken.append(self._waiting.popleft())
            self._taken[-1].keep(unit)

    def kept(self, *, is_handled: bool) -> None:
        """What was taken is committed; from now on others are taken along."""
        self.is_open = True
        taken, self._taken = self._taken, []
        for each in taken:
            _tell(each.done, is_handled)

    async def keep_apart(self) -> None:
        """Have each of them written by itself, those that were taken in vain first."""
        self.is_open = False
        apart = [*self._taken, *self._waiting]
        self._taken = []
        self._waiting.clear()
        for each in apart:
            try:
                await self._store.write(each.keep)
            except Exception as error:  # noqa: BLE001 - whoever waits for it is told
                _tell(each.done, error)
            else:
                _tell(each.done, False)


def _tell(done: asyncio.Future[bool], what: bool | Exception) -> None:
    # whoever waited may have been cancelled
    if done.done():
        return
    if isinstance(what, Exception):
        done.set_exception(what)
    else:
        done.set_result(what)
