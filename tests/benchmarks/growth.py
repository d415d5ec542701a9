"""How much the database grows with a turn: a clinic that never was, lived through and then tidied.

`python -m tests.benchmarks.growth --patients 40 --weeks 26` lets simulated people live, and counts
the bytes in use for each turn: as they lie there, once retention has done its night's work, and
once it has done so a year later. The content is left out, which is there once, whoever comes.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.app.run import open_store, site_for
from bot.app.simulate import simulate
from bot.clock import Clock
from bot.keys import new_key
from bot.service import retiring
from bot.settings import Settings
from bot.simulation.whole import Wish
from tests.benchmarks.table import lines

CONTENT = ("releases", "sqlite_autoindex_releases_1")
SIZES = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"
SHOWN = 16


@dataclass(frozen=True, slots=True)
class Weighed:
    """How many turns there are, and the bytes of each table and index, the largest first."""

    turns: int
    sizes: Sequence[tuple[str, int]]

    def of(self, name: str = "") -> float:
        """The bytes of that table or index for each turn, or all told."""
        return sum(size for each, size in self.sizes if name in ("", each)) / max(1, self.turns)


def main() -> None:
    """Live, weigh, tidy, weigh again, print."""
    asked = _arguments().parse_args()
    with tempfile.TemporaryDirectory(prefix="paceful-growth-") as made:
        found = grown(Path(made), asked.patients, asked.weeks, asked.seed)
    print(f"{found[0].turns:,} turns\n\n{_table(found)}")  # noqa: T201 - what it is for


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=10)
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _table(found: Sequence[Weighed]) -> str:
    largest = [name for name, _ in found[0].sizes[:SHOWN]]
    rows = [[name, *(f"{each.of(name):,.0f}" for each in found)] for name in largest]
    total = ["all told", *(f"{each.of():,.0f}" for each in found)]
    return lines(("bytes a turn", "at once", "that night", "a year later"), [total, *rows])


def grown(folder: Path, patients: int, weeks: int, seed: int) -> list[Weighed]:
    """A clinic's database at once, when what is over its time is removed, and a year later."""
    file, moved = folder / "clinic.sqlite3", folder / "clock"
    settings = Settings(
        country="CA",
        data_dir=folder,
        secret_keys=SecretStr(new_key()),
        database_url=SecretStr(f"sqlite:///{file}"),
    )
    until = Clock().now().replace(microsecond=0)
    simulate(settings, Wish(patients, weeks, seed, until), lambda at: None)
    found = [weigh(file)]
    for days in (0, 370):
        moved.write_text(str(timedelta(days=days).total_seconds()), encoding="ascii")
        tidy(settings.model_copy(update={"clock_offset_file": moved}))
        found.append(weigh(file))
    return found


def tidy(settings: Settings) -> None:
    """Whatever is over its time is removed, as in a night."""
    site, store = site_for(settings), open_store(settings)
    try:
        while (batch := store.read_now(retiring.next_batch, site)) is not None:
            store.write_now(retiring.retire, site, batch)
        store.write_now(retiring.finish, site)
        store.tidy()
    finally:
        store.close()


def weigh(file: Path) -> Weighed:
    """What is in use in the file, without the content."""
    with closing(sqlite3.connect(file)) as connection:
        turns = connection.execute("SELECT count(*) FROM turns").fetchone()[0]
        sizes = connection.execute(SIZES).fetchall()
    return Weighed(turns, [(name, size) for name, size in sizes if name not in CONTENT])


if __name__ == "__main__":
    main()
