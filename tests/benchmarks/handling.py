"""What handling costs on the writer's thread: turns of many patients, and nudges that are due.

`python -m tests.benchmarks.handling`: real SQLite, real content, no network and no second thread.
Each figure stands beside a fixed piece of work done in between, so that two versions of the code
can be compared on a machine that others use.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time

from pydantic import SecretStr

from bot.app import open_store
from bot.keys import Vault
from bot.service import handle, nudge
from bot.settings import Settings
from bot.store.store import Store
from bot.store.unit import Unit
from tests.benchmarks.burst import LEAD, _bring_forward, crowded
from tests.benchmarks.chats import FIRST_CHAT
from tests.benchmarks.rehearsal import FILE, FOLDER, PAUSE, Rehearsal
from tests.bot.service.practice import Person, Practice, SetClock
from tests.flows.starts import real_release


class TickingClock(SetClock):
    """A clock that shows each moment once, so that no two patients have the very same state."""

    def now(self) -> datetime:
        """A moment later than the last."""
        self.moment += timedelta(microseconds=1)
        return self.moment


@dataclass(slots=True)
class Spent:
    """The processor's seconds of each stretch that was watched, and of the fixed work beside it."""

    stretches: list[float] = field(default_factory=list)
    fixed: list[float] = field(default_factory=list)
    profile: cProfile.Profile | None = field(default=None, repr=False)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count what happens in here."""
        self.fixed.append(_fixed_work())
        began = thread_time()
        if self.profile is not None:
            self.profile.enable()
        yield
        if self.profile is not None:
            self.profile.disable()
        self.stretches.append(thread_time() - began)


def told(runs: Sequence[Spent], many: int) -> str:
    """Microseconds for each of so many, and how many pieces of fixed work a thousand of them are.

    Each stretch counts as in its best run: what else the machine does can only add to it.
    """
    alike = zip(*(each.stretches for each in runs), strict=True)
    seconds = sum(map(min, alike)) / many
    fixed = statistics.median(each for run in runs for each in run.fixed)
    return f"{1e6 * seconds:,.0f} µs each, a thousand {1e3 * seconds / fixed:,.0f} pieces of work"


def _fixed_work() -> float:
    began = thread_time()
    kept: dict[str, object] = {}
    for number in range(4000):
        kept[f"key {number % 97}"] = (number, str(number).rjust(9), kept.get("key 5"))
    return thread_time() - began


def turns(rehearsal: Rehearsal, rounds: int, folder: Path, spent: Spent) -> int:
    """How many turns of all the rehearsal's patients were watched."""
    with _practice(rehearsal, Path(shutil.copy(rehearsal.file, folder / FILE))) as practice:
        return asyncio.run(_play(rehearsal, practice, spent, rounds))


async def _play(rehearsal: Rehearsal, practice: Practice, spent: Spent, rounds: int) -> int:
    script, place, many = rehearsal.script, 0, 0
    everybody = [practice.person(FIRST_CHAT + n) for n in range(rehearsal._patients)]
    for _ in range(rounds):
        act, place = script.acts[place], script.after(place)
        practice.clock.moment += PAUSE
        data = "" if act.text else f"{everybody[0].state.asked}.{act.choice}"
        await practice.intake.keep([_update(each, act.text, data) for each in everybody])
        with spent.watching():
            while now(practice.store, handle.handle_batch, practice.site):
                pass
        many += len(everybody)
        practice.store.write_now(_sent)
    return many


def _update(person: Person, text: str, data: str) -> dict[str, object]:
    return person.wrote(text) if text else person.tapped(data)


def _sent(unit: Unit) -> None:
    unit.connection.exec_driver_sql("UPDATE outbox SET state = 'sent' WHERE state = 'pending'")


def due(rehearsal: Rehearsal, readers: int, folder: Path, spent: Spent) -> int:
    """How many due nudges were watched while they were claimed and decided."""
    file = Path(shutil.copy(crowded(rehearsal, readers), folder / FILE))
    with _practice(rehearsal, file) as practice:
        practice.store.write_now(_bring_forward, readers, 0)
        practice.clock.moment += timedelta(seconds=LEAD + 60)
        claimed = readers
        while claimed:
            with spent.watching():
                claimed = now(practice.store, nudge.claim, practice.site)
                while now(practice.store, handle.handle_batch, practice.site):
                    pass
        [(sent,)] = practice.rows("SELECT count(*) FROM outbox WHERE state = 'pending'")
    assert sent >= readers
    return readers


def now(store: Store, work: Callable[..., int], *given: object) -> int:
    """What the work gives back, done here and not in the writer's thread."""
    return store._run(store._writing, work, *given)


@contextmanager
def _practice(rehearsal: Rehearsal, file: Path) -> Iterator[Practice]:
    url = SecretStr(f"sqlite:///{file}")
    settings = Settings(
        data_dir=file.parent, database_url=url, secret_keys=SecretStr(rehearsal.key)
    )
    store = open_store(settings)
    try:
        practice = Practice(store, Vault([rehearsal.key]), real_release())
        practice.clock = TickingClock(datetime.now(UTC))
        practice.start(practice.site.release)
        # as the service does once everything is loaded
        gc.collect()
        gc.freeze()
        yield practice
    finally:
        store.close()


def main() -> None:
    """Print what a turn and a due nudge cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the rehearsal lies")
    parser.add_argument("--rounds", type=int, default=40, help="acts of everybody")
    parser.add_argument("--due", type=int, default=2000)
    parser.add_argument("--again", type=int, default=3, help="how often all of it is done")
    parser.add_argument("--lines", type=int, default=70, help="how much of the profile is shown")
    parser.add_argument("--profile", help="'turns' or 'due'")
    parser.add_argument("--order", default="tottime", help="how the profile is sorted")
    given = parser.parse_args()
    rehearsal = Rehearsal.of(given.folder, 200)
    for name, watch, size in (("turns", turns, given.rounds), ("due", due, given.due)):
        if given.profile in {None, name}:
            _say(name, partial(watch, rehearsal, size), given)


def _say(name: str, watch: Callable[[Path, Spent], int], given: argparse.Namespace) -> None:
    runs, many = [], 0
    for _ in range(1 if given.profile else given.again):
        runs.append(Spent(profile=cProfile.Profile(thread_time) if given.profile else None))
        with TemporaryDirectory() as folder:
            many = watch(Path(folder), runs[-1])
    sys.stdout.write(f"{many:,} {name}: {told(runs, many)}\n")
    if runs[0].profile is not None:
        pstats.Stats(runs[0].profile).sort_stats(given.order).print_stats(given.lines)


if __name__ == "__main__":
    main()
