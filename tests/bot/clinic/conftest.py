"""The clinic page of a practice, and the browsers of its team."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from bot.clinic import clinic
from bot.keys import Vault
from bot.service.picture import Painter
from bot.store.store import Store
from flows.program import Release
from tests.bot.service.practice import Person, Practice
from tests.flows.starts import real_release

ROOT = "https://clinic.example.org"
LINK = re.compile(r"https://\S+/clinic/enter/\S+")
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36"


@dataclass
class Desk:
    """A browser on the page, and the forms that it was shown."""

    client: AsyncClient
    last: Response | None = None
    seen: list[str] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> Response:
        """What the page at that path answers."""
        self.last = await self.client.get(path, headers=headers)
        return self.last

    async def shows(self, path: str) -> str:
        """The text of the page, which must be there."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    async def post(
        self,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """What comes of a form with this session's own secret in it."""
        secret = await self.secret()
        given = {"csrf": secret, **(form or {})}
        self.last = await self.client.post(path, data=given, headers=headers)
        return self.last

    async def secret(self) -> str:
        """The secret that the forms of this session carry; empty if nobody is signed in."""
        page = (await self.client.get("/clinic/sessions")).text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        return html.unescape(found[1]) if found else ""

    async def opens(self, link: str) -> Response:
        """Open a link from the chat, and press its button."""
        shown = await self.get(link)
        secret = re.search(r'name="door" value="([^"]+)"', shown.text)
        assert secret, shown.status_code
        self.last = await self.client.post(link, data={"door": secret[1]})
        return self.last


class Clinic:
    """A practice with its page."""

    def __init__(self, practice: Practice, browsers: AsyncExitStack) -> None:
        self.practice = practice
        self.woken = 0
        routes = clinic(practice.store, practice.site, Painter(idle=0), self._wake)
        self.app = Starlette(routes=routes)
        self._browsers = browsers

    def _wake(self) -> None:
        self.woken += 1

    async def browser(self, agent: str = AGENT) -> Desk:
        """A browser in which nobody is signed in."""
        client = AsyncClient(
            transport=ASGITransport(self.app),
            base_url=ROOT,
            headers={"user-agent": agent},
            follow_redirects=False,
        )
        return Desk(await self._browsers.enter_async_context(client))

    async def link(self, person: Person) -> str:
        """The link that the bot gives to someone who asks for the page."""
        person.news()
        await person.says("/page")
        found = [LINK.search(text) for text in person.news()]
        assert found
        assert found[-1]
        return found[-1][0]

    async def signed_in(self, person: Person) -> Desk:
        """A browser in which this person has just signed in."""
        desk = await self.browser()
        answer = await desk.opens(await self.link(person))
        assert answer.status_code == 303
        return desk

    async def joins(self, number: int, name: str, role: str = "clinician") -> tuple[Person, Desk]:
        """Someone who has just joined the team and signed in."""
        person = await self.practice.clinician(number, name, role)
        return person, await self.signed_in(person)


@pytest.fixture
def release() -> Release:
    """The content that patients meet."""
    return real_release()


@pytest.fixture
def open_practice(
    usual_url: str, vault: Vault, release: Release
) -> Iterator[Callable[..., Practice]]:
    """Opens a practice with these settings, on this test's file or on another database."""
    with ExitStack() as stack:

        def opened(url: str = usual_url, **settings: Any) -> Practice:
            store = Store.open(url, vault)
            stack.callback(store.close)
            return Practice(store, vault, release, **settings)

        yield opened


@pytest.fixture
def practice(open_practice: Callable[..., Practice]) -> Practice:
    """A practice whose page has an address of its own."""
    return open_practice(public_url=ROOT)


@pytest.fixture
async def page(practice: Practice) -> AsyncIterator[Clinic]:
    """The practice's clinic page."""
    async with AsyncExitStack() as browsers:
        yield Clinic(practice, browsers)
