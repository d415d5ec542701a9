"""What is measured once a simulated day: the process, its files, its tables, and what waits."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.store.tables import metadata
from bot.store.unit import Unit
from tests.journeys.world import World

KEPT_SHORT = frozenset({"page_sessions", "replicas", "marks"})
"""Tables that hold something for a while; all others hold what happened, and grow with it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One day's figures; `life` counts the starts of the process."""

    at: datetime
    life: int
    acts: int
    figures: Mapping[str, float]


@dataclass
class Gauges:
    """The samples, kept in a file as they are taken."""

    world: World
    file: Path
    samples: list[Sample] = field(default_factory=list)

    def take(self, at: datetime, life: int, acts: int, rows: Mapping[str, int]) -> None:
        """Measure now, at rest."""
        began = time.monotonic()
        health = self.world.bot.health()
        answered = (time.monotonic() - began) * 1000
        figures = {
            **_process(self.world),
            **_files(self.world),
            "health_ms": answered,
            **_waiting(health),
            **{f"rows.{name}": float(count) for name, count in rows.items()},
        }
        self.samples.append(Sample(at, life, acts, figures))
        self._write()

    def _write(self) -> None:
        with self.file.open("w", newline="", encoding="utf-8") as out:
            names = list(self.samples[0].figures)
            writer = csv.writer(out)
            writer.writerow(["at", "life", "acts", *names])
            for each in self.samples:
                figures = [f"{each.figures.get(name, 0):g}" for name in names]
                writer.writerow([each.at.isoformat(), each.life, each.acts, *figures])


def rows_of(unit: Unit) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: unit.connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def _process(world: World) -> dict[str, float]:
    assert world.bot.process is not None
    proc = Path("/proc") / str(world.bot.process.pid)
    told = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    held = list(_held(proc / "fd"))
    connections = sum(each.startswith("socket:") for each in held)
    return {
        "rss_kib": float(told["VmRSS"].split()[0]),
        "files": float(len(held) - connections),
        "connections": float(connections),
        "threads": float(told["Threads"]),
    }


def _held(folder: Path) -> Iterator[str]:
    """What each of the process's open files is; one that was closed meanwhile is none."""
    for each in folder.iterdir():
        with suppress(FileNotFoundError):
            yield os.readlink(each)


def _files(world: World) -> dict[str, float]:
    folder = world.bot.folder
    names = {
        "database_kib": "paceful.sqlite3",
        "wal_kib": "paceful.sqlite3-wal",
        "log_kib": "bot.log",
    }
    sizes = {name: folder / file for name, file in names.items()}
    return {name: at.stat().st_size / 1024 for name, at in sizes.items() if at.exists()}


def _waiting(health: Mapping[str, Any]) -> dict[str, float]:
    wanted = ("inbox", "outbox", "dead", "refused", "mails", "loop_lag", "loop_lag_age")
    return {name: float(health[name]) for name in wanted if health.get(name) is not None}
