"""Tells operators what is wrong by every channel that works, and by no outbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.service.mail_delivery import Courier
from bot.service.mailing import operator_mails
from bot.service.post import Bubble, Later, Verdict
from bot.service.site import Site
from bot.store.mails import Mail

log = logging.getLogger(__name__)

WAIT_SECONDS = 2.0
"""How long a look waits for what it has to tell; what takes longer goes on beside it."""

Say = Callable[[str, Bubble], Awaitable[Verdict]]
"""Sends a bubble to a chat, by a connection that belongs to the watch."""


@dataclass(frozen=True, slots=True)
class Page:
    """Words that are still on their way to these chats and by these e-mails."""

    bubble: Bubble
    chats: tuple[str, ...]
    mails: tuple[Mail, ...]


class Pager:
    """Pages that are on their way, tried again and again until each has arrived."""

    def __init__(self, site: Site, say: Say, courier: Courier | None) -> None:
        self._site, self._say, self._courier = site, say, courier
        self._pages: list[Page] = []
        self._sending: asyncio.Task[None] | None = None
        self.chats: tuple[str, ...] = ()

    def page(self, bubble: Bubble, at: datetime) -> None:
        """Have these words told to everybody who is known to run the service."""
        found = operator_mails(self._site, bubble.text, at) if self._courier else []
        letters = (
            Mail(0, mail.kind, None, None, mail.address, mail.subject, mail.body, 0, at)
            for mail in found
        )
        self._pages.append(Page(bubble, self.chats, tuple(letters)))

    async def send(self) -> None:
        """Try what is on its way; a channel that hangs holds nobody up."""
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        await asyncio.wait({self._sending}, timeout=WAIT_SECONDS)

    async def _send(self) -> None:
        pages = tuple(self._pages)
        tried = await asyncio.gather(*(self._sent(page) for page in pages))
        # others may have come meanwhile
        later = self._pages[len(pages) :]
        self._pages = [*(page for page in tried if page.chats or page.mails), *later]

    async def _sent(self, page: Page) -> Page:
        """What of the page is still on its way after this try."""
        chats, mails = await asyncio.gather(self._chats(page), self._mails(page))
        return replace(page, chats=chats, mails=mails)

    async def _chats(self, page: Page) -> tuple[str, ...]:
        return tuple([chat for chat in page.chats if await _waits(self._say(chat, page.bubble))])

    async def _mails(self, page: Page) -> tuple[Mail, ...]:
        courier = self._courier
        return tuple([each for each in page.mails if courier and await _waits(courier.send(each))])


async def _waits(sending: Awaitable[Verdict]) -> bool:
    try:
        return isinstance(await sending, Later)
    # the watch must outlive whatever is wrong with the world
    except Exception:
        log.exception("the watch could not tell somebody")
        return True
