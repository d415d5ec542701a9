"""One run: a new database and new people, a strike at the n-th boundary, and what became of it."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from bot.keys import new_key
from bot.sandbox.supervise import free_port
from bot.sandbox.world import TOKEN
from bot.store.tables import alerts
from tests.faults.databases import databases
from tests.faults.forks import ForkedBot, Zygote, small_content
from tests.faults.invariants import broken
from tests.faults.scripts import Cast, Script
from tests.faults.striking import Kind, Order
from tests.journeys.lives import Life, Said, life_of, retold, told
from tests.journeys.processes import Server, until
from tests.journeys.world import MORNING, World, offset_to

PATIENCE = 60.0
HANGS_SECONDS = 0.3
"""How long the others may show whether they are held up, before a process that hangs is killed."""
KILLED = -9
REFUSING = frozenset({"error", "full"})
"""Ways to strike after which the process lives on, and knows that something was not kept."""


@dataclass
class StruckWorld(World):
    """A world whose bot is started again whenever it is dead, or hangs."""

    kind: Kind = "count"
    struck: Path = Path()
    endings: list[int] = field(default_factory=list)
    was_up: bool = False
    was_up_when_it_ended: bool = False
    _hangs_since: float = 0.0

    def until_quiet(self) -> None:
        """Wait until nothing waits anywhere, with a bot that lives."""
        until(self._is_calm, "the bot has nothing left to do", PATIENCE)

    def _is_calm(self) -> bool:
        self._revives()
        self.was_up = self.was_up or bool(self.bot.health())
        return self.is_quiet() and self.is_quiet()

    def _revives(self) -> None:
        assert self.bot.process is not None
        if self._has_hung():
            self.bot.dies()
        elif (status := self.bot.process.poll()) is None:
            return
        else:
            self.was_up_when_it_ended = self.was_up_when_it_ended or self.was_up
            self.endings.append(status)
        self.bot.begins()

    def _has_hung(self) -> bool:
        """Whether it hangs where it was struck, and was given its time; true only once."""
        if self.kind != "hang" or not self.struck.exists() or self._hangs_since < 0:
            return False
        self._hangs_since = self._hangs_since or time.monotonic()
        if time.monotonic() - self._hangs_since < HANGS_SECONDS:
            return False
        self._hangs_since = -1.0
        return True


def boundaries_of(kind: Kind, names: Sequence[str]) -> list[str]:
    """Those of a story's boundaries that count when it is struck in this way."""
    calls = ("leaves", "answered")
    if kind == "error":
        return [name for name in names if name != "committed"]
    if kind == "full":
        return [name for name in names if name != "committed" and not name.endswith(calls)]
    return list(names)


@dataclass(frozen=True)
class Outcome:
    """What became of everyone, without times, names and numbers."""

    lives: Sequence[Life]
    told: Sequence[list[Said]]


@dataclass(frozen=True)
class Run:
    """A run: at which boundary it was struck, if it came so far, and what is wrong afterwards."""

    n: int
    boundary: str | None
    wrong: list[str]
    seconds: float


class Stage:
    """What many runs share: a sandbox server, a zygote, a migrated database, one port."""

    def __init__(self, database: str = "sqlite") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="paceful-crash-"))
        self._content = small_content(self.folder)
        self._zygote = Zygote(self._content)
        self._port, self._key, self._runs = free_port(), new_key(), 0
        self._server = Server(self.folder, f"http://127.0.0.1:{self._port}/healthz")
        self._server.starts()
        self._databases = databases(database, self.folder)

    def ends(self) -> None:
        """Stop whatever runs, and leave nothing behind."""
        self._server.ends()
        self._zygote.ends()
        self._databases.ends()
        shutil.rmtree(self.folder)

    def run(
        self, script: Script, kind: Kind, n: int, calm: Outcome | None, breaks: str = ""
    ) -> Run:
        """The script with one strike, compared with how it went in calm.

        `breaks` names a module that breaks the bot besides, to see that it would be noticed.
        """
        began = time.monotonic()
        world = self._world(script, kind, n, breaks)
        try:
            wrong, _ = self._told(world, script, calm)
        except AssertionError as stuck:
            # nobody changes anything while it is looked over
            _stills(world)
            wrong = [f"the story went no further: {stuck}", *broken(world)]
        finally:
            self._clears(world)
        lines = world.struck.read_text().splitlines() if world.struck.exists() else []
        boundary = lines[-1].partition(" ")[2] if lines else None
        if not wrong:
            shutil.rmtree(world.bot.folder, ignore_errors=True)
        return Run(n, boundary, wrong, time.monotonic() - began)

    def calm(self, script: Script) -> tuple[Outcome, list[str]]:
        """How it goes when nothing happens, and the boundaries on the way; it must be sound."""
        world = self._world(script, "count", 0)
        try:
            wrong, outcome = self._told(world, script, None)
            assert not wrong, wrong
            lines = world.struck.read_text().splitlines()
        finally:
            self._clears(world)
        return outcome, [line.partition(" ")[2] for line in lines]

    def _told(
        self, world: StruckWorld, script: Script, calm: Outcome | None
    ) -> tuple[list[str], Outcome]:
        world.bot.begins()
        cast = script.prepare(world)
        world.until_quiet() if not script.from_start else None
        (self.folder / "armed").touch()
        script.tell(world, cast)
        world.until_quiet()
        outcome = _outcome(world, cast)
        wrong = broken(world)
        if calm is not None:
            wrong += strays(script, calm, outcome, refused=world.kind in REFUSING)
        odd = [status for status in world.endings if status != KILLED or world.kind != "kill"]
        if not world.was_up_when_it_ended:
            # whoever cannot even start says so and ends; the supervisor tries again
            odd = odd[1:]
        return [*wrong, *(f"the bot ended by itself with {status}" for status in odd)], outcome

    def _world(self, script: Script, kind: Kind, n: int, breaks: str = "") -> StruckWorld:
        self._runs += 1
        folder = self.folder / f"run-{self._runs}"
        folder.mkdir()
        struck, armed = folder / "struck", self.folder / "armed"
        armed.unlink(missing_ok=True)
        order = Order(kind, n, str(struck), "" if script.from_start else str(armed))
        settings = self._settings(folder)
        bot = ForkedBot(folder, settings, zygote=self._zygote, order=order, breaks=breaks)
        world = StruckWorld(self._server, bot, kind=kind, struck=struck)
        world.do("clock", offset_seconds=offset_to(MORNING))
        return world

    def _settings(self, folder: Path) -> dict[str, str]:
        return {
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": self._server.url,
            "DATA_DIR": str(folder),
            "DATABASE_URL": self._databases.new(folder),
            "HTTP_PORT": str(self._port),
            "SECRET_KEYS": self._key,
            "CLOCK_OFFSET_FILE": str(self.folder / "clock"),
            "CARE_TEAM_HOURS": "Mon-Sun 00:00-23:59",
            "CONTENT_DIR": str(self._content),
        }

    def _clears(self, world: StruckWorld) -> None:
        """Nothing of this run is left for the next one."""
        _stills(world)
        drop = f"{self._server.url}/bot{TOKEN}/deleteWebhook"
        world.client.post(drop, json={"drop_pending_updates": True})
        world.hangs_up()


def _stills(world: World) -> None:
    if world.bot.process is not None and world.bot.process.poll() is None:
        world.bot.dies()


def _outcome(world: World, cast: Cast) -> Outcome:
    people = [*cast.patients, *cast.clinicians]
    names = [world.kept(patient).records.patient.pseudonym for patient in cast.patients]
    numbers = world.read(lambda unit: unit.connection.execute(_ALERTS).scalars().all())
    return Outcome(
        lives=[life_of(world, patient) for patient in cast.patients],
        told=[[_nameless(said, names, numbers) for said in told(person)] for person in people],
    )


_ALERTS = select(alerts.c.id).order_by(alerts.c.id)


def _nameless(said: Said, names: Sequence[str], numbers: Sequence[int]) -> Said:
    """The same with places for names and numbers: PostgreSQL gives no number twice.

    What was undone has used up its number there.
    """
    kind, text, buttons = said
    for place, name in enumerate(names):
        text = text.replace(name, f"patient {place}")
    for place, number in enumerate(numbers):
        text = re.sub(rf"\b{number} (?=(?:We spoke )?patient )", f"alert {place} ", text)
        ours = f"alert.{number}."
        buttons = tuple((label, data.replace(ours, f"alert.{place}th.")) for label, data in buttons)
    return kind, text, buttons


def strays(script: Script, calm: Outcome, struck: Outcome, *, refused: bool = False) -> list[str]:
    """Where a struck run came to something else than the calm one.

    `refused` says that the database may have refused to keep something, and help came without it.
    """
    wrong = []
    for was, is_ in zip(calm.lives, struck.lives, strict=True):
        wrong += [
            f"the {name} differ: {getattr(was, name)} became {getattr(is_, name)}"
            for name in ("answers", "scores", "cards", "consents", "alerts")
            if getattr(was, name) != getattr(is_, name)
        ]
        wrong += [
            f"{name} of the state was {value} and is {is_.state[name]}"
            for name, value in was.state.items()
            if is_.state[name] != value
        ]
        if len(was.journal) != len(is_.journal):
            wrong.append(f"the turns {_happened(was)} became {_happened(is_)}")
    for plain, heard in zip(calm.told, struck.told, strict=True):
        again = _with_the_database(script, plain, heard) if refused else heard
        wrong += [
            f"told otherwise: {said}" for said in retold(*_without_once(script, plain, again))
        ]
    return wrong


def _happened(life: Life) -> list[str]:
    return [str(event.get("kind", "?")) for _, event in life.journal]


def _with_the_database(script: Script, plain: list[Said], again: list[Said]) -> list[Said]:
    """What was said, without the first of each thing that help without the database says."""
    left = list(again)
    for words in script.unaided:
        before, now = (
            [said for said in each if said[1].startswith(words)] for each in (plain, left)
        )
        if len(now) == len(before) + 1:
            left.remove(now[0])
    return left


def _without_once(
    script: Script, plain: list[Said], again: list[Said]
) -> tuple[list[Said], list[Said]]:
    """Both without what may get lost, unless it came more often than it should."""
    if not script.once:
        return plain, again

    def is_once(said: Said) -> bool:
        return said[1].startswith(script.once)

    if sum(map(is_once, again)) > sum(map(is_once, plain)):
        return plain, again
    return [s for s in plain if not is_once(s)], [s for s in again if not is_once(s)]
