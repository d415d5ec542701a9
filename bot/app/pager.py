"""Tells operators what is wrong by every channel that works, and by no outbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bot.service.mail_delivery import Courier
from bot.service.mailing import operator_mails
from bot.service.post import Bubble, Doubtful, Later, Verdict
from bot.service.site import Site
from bot.store.mails import Mail

log = logging.getLogger(__name__)

WAIT_SECONDS = 2.0
"""How long a look waits for what it has to tell; what takes longer goes on beside it."""

DOUBTS = 5
"""So often it may have arrived, for all anybody knows, before that is taken for an answer."""

Say = Callable[[str, Bubble], Awaitable[Verdict]]
"""Sends a bubble to a chat, by a connection that belongs to the watch."""


@dataclass(frozen=True, slots=True)
class Page:
    """Words that are still on their way to somebody, by one channel."""

    send: Callable[[], Awaitable[Verdict]]
    doubts: int = 0
    """How many tries may have arrived, or not."""


class Pager:
    """Pages that are on their way, tried again and again until each has arrived."""

    def __init__(self, site: Site, say: Say, courier: Courier | None) -> None:
        self._site, self._say, self._courier = site, say, courier
        self._pages: list[Page] = []
        self._sending: asyncio.Task[None] | None = None
        self.chats: tuple[str, ...] = ()

    def page(self, bubble: Bubble, at: datetime) -> None:
        """Have these words told to everybody who is known to run the service."""
        self._pages += [Page(partial(self._say, chat, bubble)) for chat in self.chats]
        if self._courier is None:
            return
        for mail in operator_mails(self._site, bubble.text, at):
            letter = Mail(0, mail.kind, None, None, mail.address, mail.subject, mail.body, 0, at)
            self._pages.append(Page(partial(self._courier.send, letter)))

    async def send(self) -> None:
        """Try what is on its way; a channel that hangs holds nobody up."""
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        await asyncio.wait({self._sending}, timeout=WAIT_SECONDS)

    async def _send(self) -> None:
        pages = tuple(self._pages)
        tried = await asyncio.gather(*(_sent(page) for page in pages))
        # others may have come meanwhile
        later = self._pages[len(pages) :]
        self._pages = [*(page for page in tried if page is not None), *later]


async def _sent(page: Page) -> Page | None:
    """The page if it is to be sent again after this try."""
    try:
        verdict = await page.send()
    # the watch must outlive whatever is wrong with the world
    except Exception:
        log.exception("the watch could not tell somebody")
        return page
    if isinstance(verdict, Doubtful):
        return _doubted(page)
    return page if isinstance(verdict, Later) else None


def _doubted(page: Page) -> Page | None:
    """The page with one doubt more; a call that times out is a sign of connections that hang."""
    if page.doubts + 1 < DOUBTS:
        return replace(page, doubts=page.doubts + 1)
    log.error("nobody knows whether a page of the watch arrived; it is not sent again")
    return None
