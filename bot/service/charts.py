"""The course of one measure as a figure: where each line, dot and label stands.

Only places are worked out here, so that a page can draw the same figure inline and as a file, in
its own colours and words. How much change is reliable or important is said in the measure's file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flows import measures, timing
from flows.measure import Measure
from flows.state import Score

Trend = Literal["better", "worse", "same"]

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 30, 330, 26, 178
_DATE_GAP = 64
_SPARK = (72, 22)
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class Dot:
    """One score: where it stands, its numbers and its day, and how it differs from the first."""

    x: float
    y: float
    score: str
    day: str
    trend: Trend
    important: bool
    band: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A label on an axis."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The band around the first score inside which a difference may be chance."""

    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure's course, ready to be drawn."""

    measure: str
    title: str
    name: str
    better: Literal["lower", "higher"]
    dots: tuple[Dot, ...]
    baseline: float
    strip: Strip | None
    scores: tuple[Mark, ...]
    days: tuple[Mark, ...]
    reliable: str
    method: str

    @property
    def line(self) -> str:
        """The dots as the points of a line."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)

    @property
    def is_rated(self) -> bool:
        """Whether the measure's file says how much change is reliable."""
        return self.strip is not None


@dataclass(frozen=True, slots=True)
class Spark:
    """A course so small that it fits into a line of a table."""

    line: str
    x: float
    y: float
    name: str
    first: str
    now: str
    trend: Trend
    count: int


def figure(measure: Measure, scored: Sequence[Score], zone: str) -> Figure | None:
    """The course of a measure on that zone's calendar; None without any score that has a total."""
    whole = [(score.at, score.total) for score in scored if score.total is not None]
    if not whole:
        return None
    first = whole[0][1]
    dots = tuple(
        _dot(measure, whole[0][0], whole[-1][0], at, total, first, zone) for at, total in whole
    )
    reliable = measure.change.reliable if measure.change else None
    return Figure(
        measure=measure.measure,
        title=measure.title,
        name=measure.short,
        better=measure.better,
        dots=dots,
        baseline=_height(measure, first),
        strip=_strip(measure, first, reliable),
        scores=_levels(measure),
        days=_days(dots),
        reliable=f"{reliable:g}" if reliable is not None else "",
        method=measure.change.method if measure.change else "",
    )


def spark(measure: Measure, course: Sequence[float]) -> Spark | None:
    """The course in small; None without a score."""
    if not course:
        return None
    wide, high = _SPARK
    low, top = measure.range
    step = (wide - 2 * _MARGIN) / max(1, len(course) - 1)
    # counted from the newest, so that a single score stands where the newest stands
    places = [
        (
            round(wide - _MARGIN - step * (len(course) - 1 - number), 1),
            round(high - _MARGIN - (total - low) / (top - low) * (high - 2 * _MARGIN), 1),
        )
        for number, total in enumerate(course)
    ]
    return Spark(
        line=" ".join(f"{x:g},{y:g}" for x, y in places),
        x=places[-1][0],
        y=places[-1][1],
        name=measure.short,
        first=number_of(course[0]),
        now=number_of(course[-1]),
        trend=measures.trend(measure, course[0], course[-1]),
        count=len(course),
    )


def number_of(total: float | None) -> str:
    """A total in at most one decimal place; a dash where there is none."""
    return "–" if total is None else f"{round(total, 1):g}"


def _dot(
    measure: Measure,
    start: datetime,
    end: datetime,
    at: datetime,
    total: float,
    first: float,
    zone: str,
) -> Dot:
    # at least a day, so that a single score stands at the start
    span = max((end - start).total_seconds(), 86_400.0)
    band = measures.band_of(measure, total)
    return Dot(
        x=round(LEFT + (at - start).total_seconds() / span * (RIGHT - LEFT), 1),
        y=_height(measure, total),
        score=number_of(total),
        day=_day(at, zone),
        trend=measures.trend(measure, first, total),
        important=measures.is_important(measure, first, total),
        band=band.clinician if band else "",
    )


def _height(measure: Measure, total: float) -> float:
    low, high = measure.range
    part = min(max((total - low) / (high - low), 0.0), 1.0)
    return round(BOTTOM - part * (BOTTOM - TOP), 1)


def _strip(measure: Measure, first: float, reliable: float | None) -> Strip | None:
    if reliable is None:
        return None
    top, bottom = _height(measure, first + reliable), _height(measure, first - reliable)
    return Strip(top, round(bottom - top, 1))


def _levels(measure: Measure) -> tuple[Mark, ...]:
    low, high = measure.range
    parts = 3 if (high - low) % 3 == 0 else 5 if (high - low) % 5 == 0 else 4
    totals = [round(low + (high - low) * part / parts) for part in range(parts + 1)]
    return tuple(Mark(_height(measure, total), str(total)) for total in totals)


def _days(dots: Sequence[Dot]) -> tuple[Mark, ...]:
    """The days that are written: the last, and before it each that has room."""
    written = [dots[-1]]
    for dot in reversed(dots):
        if written[-1].x - dot.x >= _DATE_GAP:
            written.append(dot)
    return tuple(Mark(dot.x, dot.day.rpartition(" ")[0]) for dot in reversed(written))


def _day(at: datetime, zone: str) -> str:
    there = timing.local(at, zone)
    return f"{there.day} {there:%b %Y}"
