"""What is asked at random: page and webhook of a practice, and what must hold of each answer."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from starlette.types import ASGIApp

from bot.app.logs import Redacting
from bot.app.web import SECRET_HEADER, web
from bot.clinic import clinic
from bot.clinic.frame import COOKIE
from bot.clinic.shell import headers
from bot.keys import Vault, new_key
from bot.service.picture import Painter
from bot.store.migrate import migrate
from bot.store.store import Store
from tests.bot.clinic.conftest import ROOT, Clinic, Desk
from tests.bot.service.practice import Practice
from tests.flows.starts import real_release
from tests.fuzz.asked import Answer, Asked, answer
from tests.fuzz.odd import CLINICIAN, LEAD, LIAR, MARK, PSEUDONYM, TOKEN

HOOK = "hook-secret-of-the-fuzz"
WORDS = "the green heron by the mill"
STARTED = frozenset({"/healthz", "/metrics"})
OPEN = ("/clinic/static/", "/clinic/enter/")
RENEWED_EVERY = 400
FIRST_OF_TEAM = 5_000_000_011
"""No number that a mutant of an update is likely to hold: it would be a patient by then."""


class Target:
    """A practice with a patient in danger, two people of the team, and everything it serves."""

    def __init__(self, folder: Path) -> None:
        url, vault = f"sqlite:///{folder / 'fuzz.sqlite3'}", Vault((new_key(),))
        migrate(url)
        self.practice = Practice(Store.open(url, vault), vault, real_release(), public_url=ROOT)
        self.headers = headers(over_tls=True)
        self.asked, self.statuses = 0, dict[int, int]()
        self._runner, self._browsers = asyncio.Runner(), AsyncExitStack()
        self._file = sqlite3.connect(folder / "fuzz.sqlite3")
        self._numbers, self._chance = count(FIRST_OF_TEAM), random.Random(1)
        self._lines: list[str] = []
        self._desks: dict[str, tuple[Desk, str]] = {}
        self.app = self._served()
        self.pseudonym = self._runner.run(self._begin())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._runner.run(self._browsers.aclose())
        self._runner.close()
        self._file.close()
        self.practice.store.close()

    def _served(self) -> ASGIApp:
        practice = self.practice
        pages = clinic(practice.store, practice.site, Painter(idle=0), practice.workers.wake)

        async def health() -> dict[str, Any]:
            return practice.health()

        return web(health, practice.intake, HOOK, pages, self.headers)

    async def _begin(self) -> str:
        alex = await self.practice.patient(7, "measured")
        await alex.says(f"{WORDS} <{MARK}>")
        await alex.says("I want to die")
        self._page = Clinic(self.practice, self._browsers)
        for role in (CLINICIAN, LEAD):
            await self._signs_in(role)
        return str(alex.pseudonym)

    async def _signs_in(self, role: str) -> None:
        # whoever was there may have been taken out of the team by one of our own forms
        _, desk = await self._page.joins(next(self._numbers), f"{role} of the team", role)
        self._desks[role] = desk, await desk.secret()

    def asks(self, wish: Asked) -> list[str]:
        """What is wrong with the answer; nothing if all is well."""
        return self._runner.run(self._asks(wish))

    def works(self) -> None:
        """Handle what the webhook kept."""
        self._runner.run(self.practice.work())

    async def _asks(self, wish: Asked) -> list[str]:
        self.asked += 1
        self.practice.clock.moment += timedelta(seconds=self._chance.choice([0.0, 0.3, 1.0]))
        if self.asked % RENEWED_EVERY == 0:
            for role in (CLINICIAN, LEAD):
                await self._signs_in(role)
        was = self._version()
        with self._listening() as lines:
            got = await self._sent(wish)
        self.statuses[got.status] = self.statuses.get(got.status, 0) + 1
        is_stranger = wish.who not in self._desks
        if got.status == 401 and not is_stranger:
            await self._signs_in(wish.who)
        is_hook = wish.path == "/telegram" and wish.has_secret
        is_changed = is_stranger and not is_hook and self._version() != was
        return [
            *_broken(got),
            *self._bare(wish, got),
            *(self._told(wish, got) if is_stranger else _unescaped(got)),
            *(["a stranger changed the database"] if is_changed else []),
            *(f"logged: {line}" for line in lines if MARK in line),
        ]

    async def _sent(self, wish: Asked) -> Answer:
        given, body = list(wish.headers), wish.body
        if wish.who == LIAR:
            given.append(("cookie", f"{COOKIE}={MARK * 4}; {COOKIE}=; x"))
        if wish.who in self._desks:
            desk, csrf = self._desks[wish.who]
            given.append(("cookie", f"a={MARK}; {COOKIE}={desk.client.cookies[COOKIE]}"))
            if wish.has_secret and wish.form is not None:
                wish = replace(wish, form=(*wish.form, ("csrf", csrf)))
        if wish.path == "/telegram" and wish.has_secret:
            given.append((SECRET_HEADER, HOOK))
        if wish.form is not None:
            body = (_encoded(wish).encode(),)
        path = wish.path.replace(PSEUDONYM, getattr(self, "pseudonym", "")).replace(TOKEN, "x" * 32)
        return await answer(self.app, replace(wish, path=path), given, body)

    def _version(self) -> int:
        """A number that is another one after any change of the database."""
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def _listening(self) -> Iterator[list[str]]:
        lines: list[str] = []
        ear = _Ear(lines)
        level = logging.root.level
        logging.root.addHandler(ear)
        logging.root.setLevel(logging.DEBUG)
        try:
            yield lines
        finally:
            logging.root.removeHandler(ear)
            logging.root.setLevel(level)

    def _bare(self, wish: Asked, got: Answer) -> Iterator[str]:
        """Headers that are missing, or that should be."""
        names = {name for name, _ in got.headers}
        for name, value in self.headers.items():
            if got.status and name.lower() not in names:
                yield f"no {name}"
            elif got.header(name.lower()) != value and name != "Cache-Control":
                yield f"another {name}"
        is_file = wish.path.startswith("/clinic/static/") and got.status in (200, 206, 304)
        if not is_file and got.header("cache-control") != "no-store":
            yield "may be kept by a cache"
        if names & {"server", "x-powered-by", "access-control-allow-origin"}:
            yield "a header that should not be"
        if any(MARK in value for name, value in got.headers if name != "location"):
            yield "a header has words of the request"

    def _told(self, wish: Asked, got: Answer) -> Iterator[str]:
        """What a stranger must not be told."""
        secrets = (self.pseudonym, WORDS, "of the team")
        if any(each in got.text for each in secrets):
            yield "a stranger was shown something of somebody"
        is_open = wish.path in STARTED or wish.path.startswith(OPEN) or wish.path == "/telegram"
        if got.status == 200 and not is_open:
            yield "a stranger was let in"


def _broken(got: Answer) -> Iterator[str]:
    if got.error is not None:
        yield f"it broke: {got.error!r}"
    if got.status >= 500:
        yield f"status {got.status}"


def _unescaped(got: Answer) -> Iterator[str]:
    """What was typed, and has become a part of the page."""
    if "text/html" in got.header("content-type"):
        for each in (f"<{MARK}", f'"{MARK}="', f"'{MARK}='"):
            if each in got.text:
                yield f"typed words are part of the page: {each}"


def _encoded(wish: Asked) -> str:
    pairs = wish.form or ()
    return "&".join("=".join(quote(each, errors="replace") for each in pair) for pair in pairs)


class _Ear(logging.Handler):
    """Hears every line as the log would have it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines
        self.setFormatter(Redacting("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        # as set up in the service: of what is not ours only warnings
        if record.name.startswith("bot") or record.levelno >= logging.WARNING:
            self._lines.append(self.format(record))
