"""Many nudges that fall due together: how soon they go out, and what it costs those who write.

`python -m tests.benchmarks.burst`: 1,000 nudges in one second; then 100 turns a second for a
minute, alone and while 20,000 nudges fall due. A bubble in a chat that nobody plays is a nudge.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time

from pydantic import SecretStr
from sqlalchemy import bindparam, func, select, update

from bot.app import open_store
from bot.keys import Vault
from bot.service import handle, nudge
from bot.service.states import States
from bot.settings import Settings
from bot.store import nudges, people
from bot.store.store import Store
from bot.store.tables import nudges as table
from bot.store.unit import Unit
from flows.state import State
from tests.benchmarks.chats import FIRST_CHAT
from tests.benchmarks.contest import BENCH, Entrant, Json, Load, Result, measure
from tests.benchmarks.page import put
from tests.benchmarks.processes import ROOT
from tests.benchmarks.rehearsal import FILE, FOLDER, Rehearsal
from tests.benchmarks.table import lines
from tests.bot.service.practice import Practice
from tests.flows.starts import real_release

WATCHED = (sys.executable, "-m", "tests.benchmarks.watched_bot", "run")
FIRST_READER = FIRST_CHAT + 1_000_000
AT_ONCE = 1_000
AWAY = timedelta(hours=3)
RATE = 100.0
LEAD = 25.0
"""So many seconds after the start the first one falls due: the bot has long begun by then."""


@dataclass(slots=True)
class Crowded:
    """A rehearsal with so many more patients, for each of whom a nudge waits."""

    rehearsal: Rehearsal
    readers: int
    seconds: float
    begins: float = 0.0
    """When the first falls due, by the machine's clock."""

    def settings(self, folder: Path, url: str) -> dict[str, str]:
        """A copy in which the nudges fall due soon, evenly within so many seconds."""
        made = self.rehearsal.settings(folder, url)
        self.begins = monotonic() + 5
        if self.readers:
            shutil.copy(crowded(self.rehearsal, self.readers), folder / FILE)
            self.begins = _fall_due(folder, self)
        return made


def crowded(rehearsal: Rehearsal, readers: int) -> Path:
    """The database with so many more patients; made once."""
    folder = rehearsal.file.parent / f"with-{readers}"
    if not folder.exists():
        folder.mkdir()
        shutil.copy(rehearsal.file, folder / "making")
        with_readers(folder / "making", rehearsal.key, readers)
        (folder / "making").rename(folder / FILE)
    return folder / FILE


def with_readers(file: Path, key: str, readers: int) -> None:
    """So many patients who are where the first one is are in the database after this."""
    store = _open(file, key)
    try:
        for first in range(0, readers, AT_ONCE):
            store.write_now(_admit, first, min(first + AT_ONCE, readers))
    finally:
        store.close()


def _admit(unit: Unit, first: int, beyond: int) -> None:
    guide = people.contact(unit, unit.vault.lookup("telegram", str(FIRST_CHAT)))
    assert guide is not None
    assert guide.patient_id is not None
    like = people.load(unit, [guide.patient_id])[guide.patient_id]
    state = _away(State.model_validate_json(like.state_json), datetime.now(UTC))
    # as the turn wrote it after which they went away
    waiting, state_json = state.nudge, States().write(state, datetime.now(UTC))
    assert waiting is not None
    for place in range(first, beyond):
        chat = str(FIRST_READER + place)
        lookup = unit.vault.lookup("telegram", chat)
        made = people.enrol(
            unit, lookup=lookup, chat=chat, release=like.release, state_json=state_json,
            language="en", at=datetime.now(UTC), phase=like.phase,
        )  # fmt: skip
        nudges.set(unit, made.id, waiting.key, waiting.due_at, "", 0)


def _away(state: State, now: datetime) -> State:
    """Where somebody is who wrote hours ago and for whom it is noon, so that a nudge may come."""
    zone = f"Etc/GMT{now.hour - 12:+d}"
    answers = {**state.answers, "zone": zone}
    return state.model_copy(update={"answers": answers, "last_seen_at": now - AWAY})


def _fall_due(folder: Path, wish: Crowded) -> float:
    store = _open(folder / FILE, wish.rehearsal.key)
    # looked at before the moments are worked out, or the first is missed
    begins = monotonic() + LEAD
    try:
        store.write_now(_bring_forward, wish.readers, wish.seconds)
    finally:
        store.close()
    return begins


def _bring_forward(unit: Unit, readers: int, seconds: float) -> None:
    first = unit.connection.execute(select(func.max(table.c.id))).scalar_one() - readers + 1
    begin = datetime.now(UTC) + timedelta(seconds=LEAD)
    moments = [
        {"row": first + place, "at": begin + timedelta(seconds=seconds * place / readers)}
        for place in range(readers)
    ]
    falls_due = update(table).where(table.c.id == bindparam("row")).values(due_at=bindparam("at"))
    unit.connection.execute(falls_due, moments)


def _open(file: Path, key: str) -> Store:
    url = SecretStr(f"sqlite:///{file}")
    return open_store(Settings(data_dir=file.parent, database_url=url, secret_keys=SecretStr(key)))


def decided(rehearsal: Rehearsal, readers: int, folder: Path) -> tuple[float, int]:
    """The processor's seconds to claim and decide so many due nudges; how many are to go out."""
    file = Path(shutil.copy(crowded(rehearsal, readers), folder / FILE))
    store = _open(file, rehearsal.key)
    try:
        practice = Practice(store, Vault([rehearsal.key]), real_release())
        practice.clock.moment = datetime.now(UTC)
        store.write_now(_bring_forward, readers, 0)
        practice.clock.moment += timedelta(seconds=LEAD + 60)
        # as the service does once everything is loaded
        gc.collect()
        gc.freeze()
        began = process_time()
        while store.write_now(nudge.claim, practice.site):
            while store.write_now(handle.handle_batch, practice.site):
                pass
        took = process_time() - began
        [(sent,)] = practice.rows("SELECT count(*) FROM outbox WHERE state = 'pending'")
    finally:
        store.close()
    return took, sent


def burst(rehearsal: Rehearsal, readers: int, load: Load, seconds: float) -> tuple[Result, Json]:
    """One run of the service while so many nudges fall due within so many seconds."""
    crowd = Crowded(rehearsal, readers, seconds)
    entrant = Entrant(
        "paceful", WATCHED, lambda: rehearsal.script, crowd.settings, begins=lambda: crowd.begins
    )
    return measure(entrant, load)


def row(found: Mapping[str, float], result: Result, name: str) -> list[str]:
    """The cells of a run's row."""
    return [
        *(name, f"{result.rate:,.0f}", f"{result.median:,.0f}", f"{result.late:,.0f}"),
        *(f"{found['others']:,.0f}", f"{found['others_took']:.1f}"),
        *(f"{1000 * found['stall']:,.0f}", f"{1000 * found['stall_cpu']:,.0f}"),
    ]


HEADS = (
    *("run", "turns/s", "p50 ms", "p99 ms", "nudges", "first to last, s"),
    *("longest stall, ms", "longest computing, ms"),
)


def with_a_job_each(jobs: int, folder: Path) -> tuple[float, float]:
    """The processor's seconds of APScheduler to add so many jobs, and to run them when due."""
    command = (str(BENCH), "-m", "tests.benchmarks.peers.scheduler", str(jobs))
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder)}
    done = subprocess.run(command, env=settings, cwd=folder, capture_output=True, check=True)
    added, ran = map(float, done.stdout.split())
    return added, ran


def main() -> None:
    """Print how long it takes to decide what is due, and the table of the runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the rehearsal lies")
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    rehearsal = Rehearsal.of(given.folder, 200)
    with TemporaryDirectory() as folder:
        due = _decided(rehearsal, given.due, Path(folder))
    told = f"{due}\n\n{lines(HEADS, list(_runs(rehearsal, given.readers, given.seconds)))}"
    _say(told)
    if given.write:
        put("nudges", told)


def _decided(rehearsal: Rehearsal, due: int, folder: Path) -> str:
    took, sent = decided(rehearsal, due, folder)
    ours = f"{due:,} due nudges claimed and decided: {took:.1f} CPU s, {sent:,} to go out."
    if not BENCH.exists():
        return ours
    added, ran = with_a_job_each(due, folder)
    return f"{ours} APScheduler, a job each: {added:.1f} CPU s to add, {ran:.1f} to run."


def _runs(rehearsal: Rehearsal, readers: int, seconds: float) -> Iterator[list[str]]:
    steady = Load(rate=RATE, seconds=seconds)
    runs = (
        (f"{AT_ONCE:,} nudges in one second", AT_ONCE, replace(steady, rate=0.5, seconds=10), 1.0),
        (f"{RATE:.0f} turns a second", 0, steady, 1.0),
        (f"the same, and {readers:,} nudges", readers, steady, seconds),
    )
    for name, count, load, within in runs:
        result, found = burst(rehearsal, count, load, within)
        yield row(found, result, name)
        _say(f"{name}: done")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
