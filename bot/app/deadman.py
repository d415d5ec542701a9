"""The dead man's check: a thread of its own that tells operators when the ticking stops."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.service.health import Pulse
from bot.service.mail_delivery import Courier
from bot.service.mailing import operator_mails
from bot.service.post import Bubble, Later, Verdict
from bot.service.site import Site
from bot.service.team import care_team, operators
from bot.service.wording import fixed
from bot.store import people
from bot.store.mails import Mail
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

Say = Callable[[str, Bubble], Awaitable[Verdict]]
"""Sends a bubble to a chat, by a connection that belongs to the watch."""


@dataclass(frozen=True, slots=True)
class Page:
    """Words that are still on their way to these chats and by these e-mails."""

    bubble: Bubble
    chats: tuple[str, ...]
    mails: tuple[Mail, ...]


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
    """Looks at the pulse every few seconds, whatever the service itself is stuck in."""

    def __init__(
        self, store: Store, site: Site, pulse: Pulse, say: Say, courier: Courier | None
    ) -> None:
        self._store, self._site, self._pulse = store, site, pulse
        self._say, self._courier = say, courier
        self._began = site.clock.now()
        self._watch = Watch(None)
        self._chats: tuple[str, ...] = ()
        self._pages: list[Page] = []

    async def look(self) -> None:
        """Look once: a standstill is told once, and so is its end, until it has gone out."""
        now, tick = self._site.clock.now(), self._pulse.ticked_at or self._began
        stands = self._watch.looks_at(tick, now)
        if stands and self._watch.since is None:
            self._watch.since = tick
            log.error("the ticking stands still since %s", tick.isoformat())
            self._page("m-standstill", tick, now)
        elif not stands and self._watch.since is not None and self._watch.looks == 0:
            self._page("m-standstill-over", self._watch.since, now)
            self._watch.since = None
        if self._watch.since is None:
            # while all is well, for later nobody may be able to say who they are
            await self._learn()
        await self._send()

    def _page(self, name: str, since: datetime, now: datetime) -> None:
        minutes = f"{(now - since).total_seconds() / 60:.0f}"
        bubble = fixed(self._site.release, name, minutes=minutes)
        mails = operator_mails(self._site, bubble.text, now) if self._courier else []
        letters = (
            Mail(0, mail.kind, None, None, mail.address, mail.subject, mail.body, 0, now)
            for mail in mails
        )
        self._pages.append(Page(bubble, self._chats, tuple(letters)))

    async def _learn(self) -> None:
        # whoever was known a moment ago will do
        with suppress(Exception):
            async with asyncio.timeout(READ_SECONDS):
                self._chats = await self._store.read(_chats_of_operators)

    async def _send(self) -> None:
        left = [await self._sent(page) for page in self._pages]
        self._pages = [page for page in left if page.chats or page.mails]

    async def _sent(self, page: Page) -> Page:
        """What of the page is still on its way after this try."""
        chats = [chat for chat in page.chats if await _waits(self._say(chat, page.bubble))]
        courier, letters = self._courier, page.mails
        mails = [each for each in letters if courier and await _waits(courier.send(each))]
        return replace(page, chats=tuple(chats), mails=tuple(mails))


async def _waits(sending: Awaitable[Verdict]) -> bool:
    try:
        return isinstance(await sending, Later)
    # the watch must outlive whatever is wrong with the world
    except Exception:
        log.exception("the watch could not tell somebody")
        return True


def _chats_of_operators(unit: Unit) -> tuple[str, ...]:
    told = operators(unit) or care_team(unit)
    contacts = [each.contact_id for each in told if each.contact_id is not None]
    return tuple(people.chat_of(unit, contacts).values())


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
