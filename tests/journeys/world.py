"""A small world: the sandbox's server, the real bot, and people with phones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bot.keys import new_key
from bot.sandbox.supervise import free_port
from bot.sandbox.world import TOKEN
from bot.store.unit import Unit
from tests.faults.forks import ForkedBot, ForkedServer, shared_zygote
from tests.journeys.bot_api import misfits, spec
from tests.journeys.databases import USUAL
from tests.journeys.kept import Kept, kept_of, opened
from tests.journeys.line import Line, as_json
from tests.journeys.people import Person
from tests.journeys.processes import OURS, Bot, Server, until

Json = dict[str, Any]
T = TypeVar("T")
# a Wednesday in winter, when every office is open, so that no test depends on the day it runs
MORNING = datetime(2027, 1, 13, 10, 0, tzinfo=UTC)
NUMBERS = count(7_001_000_001, 1_013)
CANARY = 12
"""Shorter words than these may well be in a log for another reason."""


@dataclass
class World:
    """Everything that a story needs; its people are made on the way."""

    server: Server
    bot: Bot
    people: list[Person] = field(default_factory=list)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120, trust_env=False))
    line: Line = field(init=False)
    _calls: int = 0

    def __post_init__(self) -> None:
        self.line = Line(self.server.url, patience=120)

    @classmethod
    def begins(
        cls,
        folder: Path,
        *,
        command: Sequence[str] = OURS,
        breaks: str = "",
        at: datetime = MORNING,
        **settings: str,
    ) -> World:
        """A world in which the bot runs with these settings beside the usual ones.

        With `breaks`, it is broken by that module's `breaks` before it begins.
        """
        world = cls.without_bot(folder, command=command, breaks=breaks, at=at, **settings)
        world.bot.starts()
        return world

    @classmethod
    def without_bot(
        cls,
        folder: Path,
        *,
        command: Sequence[str] = OURS,
        breaks: str = "",
        at: datetime = MORNING,
        **settings: str,
    ) -> World:
        """The same, before the bot was ever started."""
        port = free_port()
        health = f"http://127.0.0.1:{port}/healthz"
        server = (ForkedServer if command == OURS else Server)(folder, health)
        server.starts()
        usual = {
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": server.url,
            "DATA_DIR": str(folder),
            "DATABASE_URL": settings.get("DATABASE_URL") or USUAL.make(folder),
            "HTTP_PORT": str(port),
            "SECRET_KEYS": new_key(),
            "CLOCK_OFFSET_FILE": str(folder / "clock"),
            "CARE_TEAM_HOURS": "Mon-Sun 00:00-23:59",
        }
        given = {name: value.format(port=port) for name, value in settings.items()}
        world = cls(server, _bot(folder, {**usual, **given}, command, breaks))
        world.do("clock", offset_seconds=offset_to(at))
        return world

    def ends(self) -> None:
        """Stop whatever runs."""
        if self.bot.process is not None:
            self.bot.process.kill()
            self.bot.process.wait()
        self.hangs_up()
        self.server.ends()

    def hangs_up(self) -> None:
        """Close every connection to the server and to the bot."""
        self.line.ends()
        self.client.close()
        self.bot.hangs_up()

    def patient(self, name: str = "Marguerite Exampleton") -> Person:
        """Somebody who has never written to the bot."""
        number = next(NUMBERS)
        self.do("users", id=number, first_name=name, language_code="en")
        person = Person(number, name, self.do, self._chat, self.until_quiet)
        self.people.append(person)
        return person

    def clinician(self, name: str, role: str = "clinician") -> Person:
        """Somebody who has just joined the care team with a one-time code."""
        invited = self.bot.runs("invite", "clinician", name, "--role", role)
        assert invited.returncode == 0, invited.stderr
        person = self.patient(f"{name} at work")
        person.says(f"/start {invited.stdout.splitlines()[-1]}")
        until(lambda: "Welcome" in person.everything(), f"{name} is welcomed")
        person.sees()
        return person

    def do(self, act: str, **wish: Any) -> Json:
        """What the sandbox answers to an act."""
        wanted = {name: value for name, value in wish.items() if value is not None}
        status, told = self.line.posts(f"/sandbox/{act}", wanted)
        assert status < 300, f"{act}: {told.decode()}"
        return as_json(told)

    def see(self, what: str) -> Json:
        """What the sandbox shows."""
        _, told = self.line.gets(f"/sandbox/{what}")
        return as_json(told)

    def skips(self, *, until: datetime | None = None, **time: float) -> None:
        """Let so much time pass (days, hours, minutes), with whatever comes due on the way."""
        units = {"days": 86_400, "hours": 3_600, "minutes": 60}
        seconds = sum(units[name] * much for name, much in time.items()) or None
        to = until.isoformat() if until else None
        journey = self.do("skip", seconds=seconds, to=to, wait=True)
        assert journey["done"], journey
        assert not journey["note"], journey["note"]
        self.until_quiet()

    def lets_pass(self, time: timedelta) -> None:
        """Let so much time pass at once, whatever comes due; the bot need not even run."""
        offset = self.see("clock")["offset_seconds"]
        self.do("clock", offset_seconds=offset + time.total_seconds() + 1)

    @property
    def now(self) -> datetime:
        """What time it is here."""
        return datetime.fromisoformat(self.see("clock")["now"])

    def until_quiet(self) -> None:
        """Wait until nothing waits anywhere: at Telegram, in the inbox, in the outbox."""
        until(lambda: self.is_quiet() and self.is_quiet(), "the bot has nothing left to do")

    def kept(self, person: Person) -> Kept:
        """What the database holds about a patient."""
        return self.read(lambda unit: kept_of(unit, person.number))

    def read(self, work: Callable[[Unit], T]) -> T:
        """What is found in the bot's database."""
        settings = self.bot.settings
        with opened(settings["DATABASE_URL"], settings["SECRET_KEYS"]) as store:
            return store.read_now(work)

    def calls(self, method: str, to: Person | None = None) -> list[Json]:
        """The bot's calls of that method, to that person."""
        made = self.see("calls")["calls"]
        return [
            call
            for call in made
            if call["method"] == method and (to is None or call["params"]["chat_id"] == to.number)
        ]

    def is_in_order(self) -> None:
        """Nothing, if every call was a valid one and the bot's log tells nobody's secrets."""
        assert self.see("state")["refusals"] == []
        calls = self.see(f"calls?after={self._calls}")["calls"]
        self._calls += len(calls)
        api = spec()
        if api is not None:
            assert [words for call in calls for words in misfits(api, call)] == []
        self._keeps_quiet()

    def _keeps_quiet(self) -> None:
        log = self.bot.log.read_text() if self.bot.log.exists() else ""
        settings = self.bot.settings
        secrets = {settings["SECRET_KEYS"], settings["BOT_TOKEN"].split(":")[1]}
        names = {name for person in self.people for name in (person.name, str(person.number))}
        words = {text for person in self.people for text in person.words if len(text) >= CANARY}
        assert "Traceback" not in log, log[-4000:]
        assert not [number for number, each in enumerate(secrets | names | words) if each in log]

    def is_quiet(self) -> bool:
        """Whether nothing waits anywhere now."""
        # in the order in which things move, so that nothing is missed on its way
        if self.see("state")["pending_updates"]:
            return False
        health = self.bot.health()
        if [health.get(name) for name in ("spool", "inbox", "outbox")] != [0, 0, 0]:
            return False
        due = health["next_due"]
        return due is None or datetime.fromisoformat(str(due)) > self.now

    def _chat(self, number: int) -> Json:
        return self.see(f"chat/{number}")


def offset_to(moment: datetime) -> int:
    """By how many seconds a clock is moved so that it shows that moment, and never one before it.

    A fast machine would live through the first words while it is not yet ten o'clock.
    """
    return ceil((moment - datetime.now(UTC)).total_seconds())


def _bot(folder: Path, settings: dict[str, str], command: Sequence[str], breaks: str) -> Bot:
    """A bot of that command; ours is forked from a process that has read everything once."""
    if command != OURS:
        return Bot(folder, settings, command)
    return ForkedBot(folder, settings, zygote=shared_zygote(), breaks=breaks, hurry=())
