"""Several bots on one PostgreSQL behind one address, and the world that they serve."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.sandbox.supervise import free_port
from bot.store.unit import Unit
from tests.faults.forks import ForkedBot, shared_zygote
from tests.faults.invariants import broken
from tests.journeys.processes import until
from tests.journeys.proxy import Rounds, proxied
from tests.journeys.world import World

HOOK = "http://127.0.0.1:{port}/telegram"
SECRET = "a-secret-of-the-webhook"


@dataclass
class Member(ForkedBot):
    """One of several bots, with a log of its own."""

    number: int = 0

    @property
    def log(self) -> Path:
        """All that it ever wrote to standard error."""
        return self.folder / f"bot-{self.number}.log"

    def stands_still(self) -> None:
        """Stop it as a machine that hangs would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def goes_on(self) -> None:
        """Let it go on as if nothing had happened."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def answers(self) -> bool:
        """Whether it tells how it is."""
        assert self.process is not None
        assert self.process.poll() is None, f"it ended: {self.log.read_text()[-2000:]}"
        return bool(self.health())

    @property
    def replica(self) -> int:
        """Its number on the database, since it was started last."""
        return int(re.findall(r"this is process (\d+)", self.log.read_text())[-1])

    @property
    def term(self) -> int:
        """The last term in which it led, as far as it said; 0 if it never did."""
        terms = re.findall(r"leads from now on: term (\d+)", self.log.read_text())
        return int(terms[-1]) if terms else 0


@dataclass
class Fleet:
    """Bots that share a database; the world's own bot is only the address of them all."""

    world: World
    bots: list[Member]
    rounds: Rounds

    @property
    def leader(self) -> Member:
        """The one that leads, or led last."""
        return max(self.bots, key=lambda each: each.term)

    @property
    def followers(self) -> list[Member]:
        """The others that run."""
        leader = self.leader
        return [each for each in self.bots if each is not leader and each.process is not None]

    def until_led_by_another(self, than: Member) -> float:
        """How many seconds it took until one of the others led."""
        began, term = time.monotonic(), than.term
        until(lambda: self.leader.term > term, "another one leads")
        return time.monotonic() - began

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database answers."""

        def ask(unit: Unit) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in unit.connection.execute(text(query))]

        return self.world.read(ask)

    def is_sound(self) -> None:
        """Nothing, if nothing is broken and the bots fought about nothing."""
        self.world.is_in_order()
        wrong = broken(self.world)
        assert not wrong, wrong


@contextmanager
def fleet(folder: Path, url: str, size: int = 3, **settings: Any) -> Iterator[Fleet]:
    """So many bots on that database, running meanwhile."""
    world = World.without_bot(folder, DATABASE_URL=url, **settings)
    usual = world.bot.settings
    bots = [_member(folder, usual, number) for number in range(1, size + 1)]
    ports = [int(bot.settings["HTTP_PORT"]) for bot in bots]
    with proxied(int(usual["HTTP_PORT"]), ports) as rounds:
        try:
            for bot in bots:
                bot.begins()
            for bot in bots:
                until(bot.answers, "each bot answers at /healthz")
            yield Fleet(world, bots, rounds)
        finally:
            _end(world, bots)


def _member(folder: Path, usual: dict[str, str], number: int) -> Member:
    own = folder / f"data-{number}"
    settings = {**usual, "HTTP_PORT": str(free_port()), "DATA_DIR": str(own)}
    return Member(folder, settings, zygote=shared_zygote(), hurry=(), number=number)


def _end(world: World, bots: list[Member]) -> None:
    for bot in bots:
        bot.hangs_up()
        if bot.process is not None:
            bot.process.kill()
            bot.process.wait()
    world.ends()
