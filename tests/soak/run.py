"""Weeks of a clinic in an hour: the real bot as a process, time that jumps from act to act."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import text

from bot.keys import Vault
from bot.store.store import Store
from bot.store.unit import Unit
from tests.journeys.processes import until
from tests.journeys.world import World
from tests.soak.browser import Browser
from tests.soak.crowd import Crowd, Member, Seen, seen_by, with_news
from tests.soak.desk import Desk, codes, desktop_of
from tests.soak.gauges import Gauges, rows_of
from tests.soak.weather import Weather

QUICK = (sys.executable, "-m", "tests.soak.quick_bot")
BEGIN = datetime(2027, 1, 13, 10, 0, tzinfo=UTC)
LONGEST_JUMP = timedelta(hours=6)
ROUNDS = 20
"""At one stop nobody does more; who is not done goes on at the next, together with others."""

GLANCE = 0.02
PATIENCE = 300.0
A_WHILE = 1.0
NUDGE = 5.0
"""After a while of waiting for a try that comes later, time goes on by so many seconds."""

A_DAY = timedelta(days=1)
WAITING = text(
    "SELECT EXISTS (SELECT 1 FROM inbox WHERE handled_at IS NULL) "
    "OR EXISTS (SELECT 1 FROM outbox WHERE state IN ('pending', 'sending'))"
)
FLYING = text("SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'sending')")


@dataclass(frozen=True, slots=True)
class Wish:
    """How large a soak: people, weeks, chance, and the least minutes between two stops."""

    patients: int
    weeks: float
    seed: int
    grain: timedelta = timedelta(minutes=30)
    faults: bool = True
    kill_days: float = 14.0
    """How many days lie between two kills, on average: a leak needs a long life to show."""

    minutes: float | None = None
    """After so many minutes of the machine it comes to its end, wherever it is."""


class Soak:
    """One clinic from its first day to its last."""

    def __init__(self, folder: Path, wish: Wish) -> None:
        self.wish, self.folder = wish, folder
        self.world = World.without_bot(
            folder, command=QUICK, at=BEGIN, PUBLIC_URL="http://127.0.0.1:{port}"
        )
        self.world.bot.starts()
        self.life, self.stops = 1, 0
        self._began = time.monotonic()
        settings = self.world.bot.settings
        self._store = Store.open(settings["DATABASE_URL"], Vault([settings["SECRET_KEYS"]]))
        self.desk = Desk(self.world, wish.seed)
        self._offset = self.world.see("clock")["offset_seconds"]
        self.desk.joins(self._store.write_now(codes, self.now))
        # a code holds for minutes, and time is about to jump by hours
        self._settles()
        self.end = self.now + timedelta(weeks=wish.weeks)
        weeks = max(1, round(wish.weeks))
        self.crowd = Crowd.gathers(self.world, wish.patients, weeks, wish.seed, self.end)
        self.weather = Weather(self.world, Random(wish.seed), wish.kill_days)
        self.gauges = Gauges(self.world, folder / "soak.csv")
        self.browser = Browser(self.world, self.desk.phones[0], self._settles)

    def closes(self) -> None:
        """Stop everything."""
        self._store.close()
        self.world.ends()

    @property
    def now(self) -> datetime:
        """What time it is in the clinic."""
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    @property
    def acts(self) -> int:
        """What people have done so far."""
        return self.crowd.acts + self.desk.acts

    @property
    def weeks(self) -> float:
        """How many weeks lie behind it."""
        return self.wish.weeks - (self.end - self.now) / timedelta(weeks=1)

    @property
    def _is_late(self) -> bool:
        most = self.wish.minutes
        return most is not None and time.monotonic() - self._began > most * 60

    def lives(self, progress: Callable[[Soak], None]) -> None:
        """Everything up to the last day, sampled once a day; at its end the bot has stopped."""
        next_day = self.now + A_DAY
        while self.now < self.end and not self._is_late:
            self._stop()
            if self.now >= next_day:
                next_day += A_DAY
                self._samples()
                progress(self)
        self._rests()
        self._samples()
        # whoever asks what is broken reads for minutes, in which an exercise would go on
        self.world.bot.stops()

    def _stop(self) -> None:
        """Time jumps to the next thing that happens; it and all that follows from it is done."""
        self.stops += 1
        self._jump(max(self._next(), self.now + self.wish.grain))
        if self.wish.faults:
            self.weather.blows()
        self._rings()
        self._team()
        for _ in range(ROUNDS):
            due = self.crowd.due(self.now)
            if not due:
                break
            self.crowd.acts_once(due, self._seen(due), self.now)
            if self.wish.faults and self.weather.strikes(self.now):
                self.life += 1
            self._settles()
        self._notices()

    def _next(self) -> datetime:
        latest = min(self.now + LONGEST_JUMP, self.end)
        moments = [latest, self.crowd.next_at or latest, self._due() or latest]
        return min(moments)

    def _due(self) -> datetime | None:
        told = self.world.bot.health().get("next_due")
        return datetime.fromisoformat(str(told)) if told else None

    def _rings(self) -> None:
        """The bot has seen to whatever came due while time jumped."""
        until(self._has_rung, "the bot sees to what is due", PATIENCE)
        self._settles()

    def _has_rung(self) -> bool:
        self._is_running()
        due = self._due()
        return due is None or due > self.now

    def _team(self) -> None:
        vault, phones = self._store.vault, self.desk.phones
        lookups = [vault.lookup("telegram", str(each.number)) for each in phones]
        self.desk.looks_in(self._store.read_now(desktop_of, lookups), self.now)
        self._settles()

    def _notices(self) -> None:
        news = self._store.read_now(with_news, self.crowd.members)
        if news:
            self.crowd.takes_notice(self._seen(news), self.now)

    def _seen(self, members: list[Member]) -> dict[str, Seen]:
        return self._store.read_now(seen_by, members)

    def _settles(self) -> None:
        """Wait until nothing is on its way; what waits for a later try is given time to come."""
        began = time.monotonic()
        while (arrives := self._arrives()) or self._store.read_now(_waits):
            self._is_running()
            waited = time.monotonic() - began
            assert waited < PATIENCE, "the bot never comes to rest"
            # what is in flight takes its own time: neither its lease nor a tap may grow old
            if waited > A_WHILE and not arrives and not self._store.read_now(_flies):
                self._shift(NUDGE)
            time.sleep(GLANCE if waited < A_WHILE else 10 * GLANCE)

    def _arrives(self) -> bool:
        return bool(self.world.see("state")["pending_updates"])

    def _is_running(self) -> None:
        process = self.world.bot.process
        assert process is not None
        assert process.poll() is None, f"the bot ended with status {process.returncode}"

    def _jump(self, to: datetime) -> None:
        self._shift((to - self.now).total_seconds() + 1)

    def _shift(self, seconds: float) -> None:
        self._offset += seconds
        self.world.do("clock", offset_seconds=self._offset)

    def _samples(self) -> None:
        self.browser.looks_around()
        self._settles()
        rows = self._store.read_now(rows_of)
        self.gauges.take(self.now, self.life, self.acts, rows)

    def _rests(self) -> None:
        self._rings()
        self._settles()


def _waits(unit: Unit) -> bool:
    return bool(unit.connection.execute(WAITING).scalar_one())


def _flies(unit: Unit) -> bool:
    return bool(unit.connection.execute(FLYING).scalar_one())
