"""Very many patients: what the clinic page, the ticks and the health page cost with them.

`python -m tests.benchmarks.many --patients 100000` writes so many patients, measures, and prints a
table: of each part the middle and the worst of its times, CPU of this process and by the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from bot.keys import Vault, new_key
from bot.service import digest, nudge, retiring
from bot.service.health import health
from bot.store import engine, people, wants
from bot.store.migrate import migrate
from bot.store.store import Store
from bot.store.unit import Unit
from tests.benchmarks.crowded import TEAM, Crowd, Size, fill, name_of
from tests.benchmarks.table import lines
from tests.bot.clinic.conftest import ROOT, Clinic, Desk
from tests.bot.service.practice import WEDNESDAY, Practice
from tests.conftest import own_server
from tests.flows.starts import real_release

TABLE = "/clinic/patients"
QUERIES = (
    *(f"sort={sort}" for sort in (*wants.SORTS, "score-peg")),
    *(f"sort={sort}&down=1" for sort in (*wants.SORTS, "score-peg")),
    "words=heron", "words=42", "words=quiet-heron", "phase=learning", "phase=withdrawn&sort=seen",
    "tier=red", "tier=amber&sort=pseudonym", "track=off", "track=off&sort=due", "whose=mine",
    "whose=mine&sort=unread&words=e", "words=zzz",
)  # fmt: skip
PAGES = ("", "&page=99999999")
TIMES = 3
STEP = timedelta(seconds=1)


@dataclass(slots=True)
class Times:
    """How long each part took, by name, in milliseconds: of the CPU, and by the clock."""

    found: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Note what is done meanwhile."""
        cpu, began = time.process_time(), time.perf_counter()
        yield
        took = time.process_time() - cpu, time.perf_counter() - began
        self.found.setdefault(name, []).append((took[0] * 1000, took[1] * 1000))

    def table(self) -> str:
        """A row for each part, the worst first."""
        rows = [[name, *_figures(each)] for name, each in self.found.items()]
        heads = ("part", "CPU ms, middle", "CPU ms, p95", "ms, middle", "ms, p95")
        return lines(heads, sorted(rows, key=lambda row: -float(row[2])))


@dataclass(slots=True)
class Asked:
    """Every statement that was run, with its longest time in milliseconds."""

    longest: dict[str, float] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    _began: float = 0.0

    def listen(self, store: Store) -> None:
        """Hear of whatever this store asks from now on."""
        for source in (store._reading, store._writing):
            event.listen(source, "before_cursor_execute", self._begins)
            event.listen(source, "after_cursor_execute", self._ends)

    def _begins(self, *_: object) -> None:
        self._began = time.thread_time()

    def _ends(self, _c: object, _u: object, statement: str, values: Any, *_: object) -> None:
        took = (time.thread_time() - self._began) * 1000
        if took > self.longest.get(statement, 0.0):
            self.longest[statement], self.values[statement] = took, values


def main() -> None:
    """Write the patients, measure, print."""
    asked = _arguments().parse_args()
    with TemporaryDirectory(prefix="paceful-many-") as made:
        folder = asked.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if asked.postgres:
            with own_server() as server:
                url = server.create()
                migrate(url)
                _run(asked, url, new_key())
        else:
            _run(asked, *_file(asked, folder))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--lean", action="store_true", help="only what ticks see, for a million")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own")
    parser.add_argument("--explain", action="store_true", help="how the slow ones are answered")
    parser.add_argument("--keep", type=Path, help="a folder where the file stays for the next time")
    parser.add_argument("--only", default="", help="only parts whose names begin like this")
    return parser


def _file(asked: argparse.Namespace, folder: Path) -> tuple[str, str]:
    """The file's address and its key; one that was kept is taken again."""
    file, key = folder / f"{asked.patients}.sqlite3", folder / "key"
    if not key.exists():
        key.write_text(new_key())
    return f"sqlite:///{file}", key.read_text()


def _run(asked: argparse.Namespace, url: str, key: str) -> None:
    vault, size = Vault([key]), Size(asked.patients, is_lean=asked.lean)
    if asked.postgres or not Path(url.removeprefix("sqlite:///")).exists():
        migrate(url)
        _write(url, vault, size)
    store, heard, times = Store.open(url, vault), Asked(), Times()
    try:
        practice = Practice(store, vault, real_release(), public_url=ROOT)
        # a file that was kept has had its first updates
        practice._ids = count(time.time_ns())
        heard.listen(store)
        # as the service does at its start
        gc.collect()
        gc.freeze()
        asyncio.run(measured(practice, times, size, asked.only))
    finally:
        store.close()
    print(f"{asked.patients:,} patients\n\n{times.table()}")  # noqa: T201 - what it is for
    if asked.explain:
        explain(url, heard)


def _write(url: str, vault: Vault, size: Size) -> None:
    store = Store.open(url, vault)
    try:
        store.write_now(team)
    finally:
        store.close()
    fill(url, Crowd(real_release(), vault, size, WEDNESDAY))


def team(unit: Unit) -> None:
    """Everyone who guides has joined, the lead as number 1."""
    for number in range(1, TEAM + 2):
        lookup, role = unit.vault.lookup("telegram", str(number)), "clinician"
        people.join_clinician(
            unit, lookup=lookup, chat=str(number), name=f"Dr {number}",
            role="lead" if number == 1 else role, at=WEDNESDAY - timedelta(days=900),
        )  # fmt: skip


async def measured(practice: Practice, times: Times, size: Size, only: str = "") -> None:
    """Every part is measured."""
    parts: dict[str, Callable[[], Awaitable[None]]] = {
        "page": lambda: _pages(practice, times),
        "tick": lambda: _ticks(practice, times),
        "health": lambda: _health(practice, times),
        "digest": lambda: _digest(practice, times),
        "retention": lambda: _retention(practice, times),
    }
    for name, part in parts.items():
        if name.startswith(only) and (name != "page" or not size.is_lean):
            await part()


async def _pages(practice: Practice, times: Times) -> None:
    async with AsyncExitStack() as stack:
        page = Clinic(practice, stack)
        for number, role in ((1, "lead"), (2, "clinician")):
            desk = await page.signed_in(practice.person(number))
            await _tables(practice, desk, times, role)
            await _others(practice, desk, times, role)


async def _tables(practice: Practice, desk: Desk, times: Times, role: str) -> None:
    for query in QUERIES:
        for page in PAGES:
            for _ in range(TIMES):
                await _shows(practice, desk, times, f"page {role} {query}", f"?{query}{page}")


async def _others(practice: Practice, desk: Desk, times: Times, role: str) -> None:
    paths = ["/clinic/today", "/clinic/workload", f"{TABLE}/{name_of(7)}"]
    if role == "lead":
        paths += ["/clinic/audit", f"/clinic/audit?patient={name_of(7)}", "/clinic/audit?who=2"]
    for path in paths:
        for _ in range(TIMES):
            await _shows(practice, desk, times, f"page {role} {path}", path)


async def _shows(practice: Practice, desk: Desk, times: Times, name: str, path: str) -> None:
    practice.clock.moment += STEP
    with times.of(name):
        answer = await desk.get(path if path.startswith("/") else TABLE + path)
    assert answer.status_code in (200, 403), (path, answer.status_code)


async def _ticks(practice: Practice, times: Times) -> None:
    # the night's run is over: nothing is due
    practice.store.write_now(retiring.finish, practice.site)
    await practice.workers._tick()
    for _ in range(TIMES * 3):
        practice.clock.moment += STEP
        for name, part in practice.workers._ticks.parts().items():
            with times.of(f"tick: {name}"):
                assert await practice.workers._ticks.went(name, part)
        with times.of("tick"):
            await practice.workers._tick()


async def _health(practice: Practice, times: Times) -> None:
    for _ in range(TIMES):
        with times.of("health"):
            practice.store.read_now(health, practice.site, practice.pulse)
        with times.of("next due"):
            practice.store.read_now(nudge.next_due)


async def _digest(practice: Practice, times: Times) -> None:
    practice.clock.moment += timedelta(days=1)
    for clinician in practice.store.read_now(digest.due, practice.site)[:3]:
        with times.of("digest"):
            practice.store.write_now(digest.send, practice.site, clinician)


async def _retention(practice: Practice, times: Times) -> None:
    for _ in range(TIMES):
        # a night that was missed is made up for at once
        practice.clock.moment += 2 * timedelta(days=1)
        with times.of("retention: look"):
            practice.store.read_now(retiring.next_batch, practice.site)


def explain(url: str, heard: Asked, slow: float = 20.0) -> None:
    """Print how the database answers whatever took longer than so many milliseconds."""
    source = engine.reading(url, 1)
    word = "EXPLAIN QUERY PLAN" if source.dialect.name == "sqlite" else "EXPLAIN"
    with source.connect() as connection:
        for statement, took in sorted(heard.longest.items(), key=lambda each: -each[1]):
            if took > slow and statement.startswith("SELECT"):
                print(f"\n{took:.0f} ms: {' '.join(statement.split())}")  # noqa: T201
                found = connection.exec_driver_sql(f"{word} {statement}", heard.values[statement])
                print("\n".join(f"  {row[-1]}" for row in found))  # noqa: T201


def _figures(found: list[tuple[float, float]]) -> list[str]:
    spans = zip(*found, strict=True)
    return [f"{value:.1f}" for span in spans for value in (median(span), _ninety_fifth(span))]


def _ninety_fifth(span: tuple[float, ...]) -> float:
    return sorted(span)[int(len(span) * 0.95)]


if __name__ == "__main__":
    main()
