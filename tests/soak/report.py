"""What a soak came to, in words: what must stay flat, what may grow with the patients, the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import linear_regression, median

from tests.soak.gauges import KEPT_SHORT, Sample

FLAT = {"rss_kib": 0.05, "files": 0.05, "threads": 0.05, "wal_kib": 0.25, "health_ms": 0.5}
"""How much a figure may grow in one life of the process, from its first third to its last, as a
part of itself: what is kept for each patient on purpose is small against the whole."""

SMALL = {"rss_kib": 4096.0, "files": 4.0, "threads": 3.0, "wal_kib": 4096.0, "health_ms": 30.0}
"""A growth below this is no growth: a few pages, a connection more in the pool."""

MOST = {"connections": 80.0}
"""As many as the last rush needed are kept open: the sender's pool has 64, and there are a few more
for the poll, the watch, and the door."""

AT_REST = ("inbox", "outbox", "mails")
WARM = 2
"""So many samples after a start the process is still filling what it keeps on purpose."""

FEWEST = 6
Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Course:
    """How one figure went in one life of the process."""

    name: str
    life: int
    early: float
    late: float
    per_day: float

    @property
    def is_flat(self) -> bool:
        """Whether it stayed where it was, as far as it has to."""
        grown = self.late - self.early
        return grown <= max(SMALL[self.name], FLAT[self.name] * self.early)


def courses(samples: Sequence[Sample]) -> list[Course]:
    """How each figure that must stay flat went in every life that was long enough to tell."""
    found = []
    for life, them in groupby(samples, key=lambda sample: sample.life):
        settled = list(them)[WARM:]
        if len(settled) >= FEWEST:
            found += [_course(name, life, settled) for name in FLAT]
    return found


def leaks(samples: Sequence[Sample]) -> list[str]:
    """A sentence for each figure that grew though it must not, and for what waits at rest."""
    grown = [
        f"{each.name} grew from {each.early:.0f} to {each.late:.0f} in life {each.life}"
        for each in courses(samples)
        if not each.is_flat
    ]
    crowded = [
        f"{name} were {sample.figures[name]:.0f} on {sample.at:%d %b}, more than {most:.0f}"
        for sample in samples
        for name, most in MOST.items()
        if sample.figures.get(name, 0) > most
    ]
    waiting = [
        f"{name} held {sample.figures[name]:.0f} at rest on {sample.at:%d %b}"
        for sample in samples
        for name in AT_REST
        if sample.figures.get(name, 0)
    ]
    return grown + crowded + waiting


def table(samples: Sequence[Sample], patients: int, weeks: float) -> str:
    """The figures as a table in Markdown."""
    head = ["| | first | highest | last | |", "|---|---|---|---|---|"]
    rows = [*_flat_rows(samples), *_growing_rows(samples, patients * weeks)]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def _course(name: str, life: int, samples: Sequence[Sample]) -> Course:
    values = [sample.figures.get(name, 0.0) for sample in samples]
    third = len(values) // 3
    slope = linear_regression(range(len(values)), values).slope
    return Course(name, life, median(values[:third]), median(values[-third:]), slope)


def _flat_rows(samples: Sequence[Sample]) -> Iterator[Row]:
    slopes = courses(samples)
    for name in FLAT:
        values = [sample.figures.get(name, 0.0) for sample in samples]
        own = [each.per_day for each in slopes if each.name == name]
        steepest = f"at most {max(own):+.2f} a day in one life" if own else "too short to tell"
        yield (name, *_three(values), steepest)
    for name, most in MOST.items():
        values = [sample.figures.get(name, 0.0) for sample in samples]
        yield (name, *_three(values), f"at most {most:.0f}")
    for name in (*AT_REST, "dead", "refused"):
        values = [sample.figures.get(name, 0.0) for sample in samples]
        yield (name, *_three(values), "at rest")


def _growing_rows(samples: Sequence[Sample], patient_weeks: float) -> Iterator[Row]:
    names = [name for name in samples[0].figures if name.startswith("rows.")]
    for name in ("database_kib", "log_kib", *names):
        values = [sample.figures.get(name, 0.0) for sample in samples]
        if max(values) == 0:
            continue
        short = name.removeprefix("rows.") in KEPT_SHORT
        grown = f"{(values[-1] - values[0]) / patient_weeks:.1f} a patient-week"
        yield (name, *_three(values), "kept for a while" if short else grown)


def _three(values: Sequence[float]) -> tuple[str, str, str]:
    return f"{values[0]:,.0f}", f"{max(values):,.0f}", f"{values[-1]:,.0f}"


def story(done: Mapping[str, int]) -> str:
    """What went wrong on the way, counted."""
    return ", ".join(f"{count} × {name}" for name, count in sorted(done.items())) or "nothing"
