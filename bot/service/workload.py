"""How much guidance was given and how soon alerts and words were answered, with the worst shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median, quantiles

from bot.store import workload
from bot.store.unit import Unit
from bot.store.workload import Step, Written

FEW = 3
"""Fewer times than this are shown one by one, not as a median."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Times of waiting in seconds, the shortest first."""

    seconds: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.seconds)

    @property
    def median(self) -> float | None:
        """The middle one; None where there are too few to speak of a middle."""
        return median(self.seconds) if self.count >= FEW else None

    @property
    def ninth(self) -> float | None:
        """The time within which nine of ten were over; None where there are fewer than ten."""
        return quantiles(self.seconds, n=10, method="inclusive")[-1] if self.count >= 10 else None

    @property
    def worst(self) -> float | None:
        """The longest; None if there is none."""
        return self.seconds[-1] if self.seconds else None


@dataclass(frozen=True, slots=True)
class Work:
    """What one clinician did over some weeks."""

    clinician_id: int
    minutes: dict[str, float]
    patients: int
    weeks: float
    taken: int
    to_take: Waits
    to_act: Waits
    to_answer: Waits

    @property
    def total(self) -> float:
        """All minutes."""
        return sum(self.minutes.values())

    @property
    def each_week(self) -> float | None:
        """Minutes for each patient and week; None without patients."""
        return self.total / self.patients / self.weeks if self.patients else None


@dataclass
class _Tally:
    take: list[float] = field(default_factory=list)
    act: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    minutes: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    patients: set[int] = field(default_factory=set)


def work(unit: Unit, since: datetime, now: datetime) -> dict[int, Work]:
    """What each clinician did since then."""
    tallies: defaultdict[int, _Tally] = defaultdict(_Tally)
    steps = workload.steps(unit, since)
    for who, seconds in taken(steps):
        tallies[who].take.append(seconds)
    for who, seconds in acted(steps):
        tallies[who].act.append(seconds)
    for who, seconds in answered(workload.written(unit, since)):
        tallies[who].answer.append(seconds)
    for each in workload.given(unit, since):
        tallies[each.clinician_id].minutes[each.kind] += each.minutes
        tallies[each.clinician_id].patients.add(each.patient_id)
    weeks = max((now - since) / timedelta(weeks=1), 1 / 7)
    return {who: _work(who, tally, weeks) for who, tally in tallies.items()}


def taken(steps: Iterable[Step]) -> list[tuple[int, float]]:
    """Who was the first to take an alert, and how many seconds after it was raised."""
    found = []
    for _, life in groupby(steps, key=lambda step: step.alert_id):
        waits = True
        for step in life:
            if step.move == "fire":
                waits = True
            if step.move == "take" and waits and step.clinician_id is not None:
                waits = False
                found.append((step.clinician_id, float(step.since_raised or 0)))
    return found


def acted(steps: Iterable[Step]) -> list[tuple[int, float]]:
    """Who acted on an alert first after it was taken, and how many seconds after that."""
    found = []
    for _, life in groupby(steps, key=lambda step: step.alert_id):
        since: datetime | None = None
        for step in life:
            if step.move == "take":
                since = step.at
            if step.move in {"act", "close"} and since is not None and step.clinician_id:
                found.append((step.clinician_id, _seconds(since, step.at)))
                since = None
    return found


def answered(threads: Iterable[Written]) -> list[tuple[int, float]]:
    """Who answered a patient's words, and how long the first unanswered of them had waited."""
    found = []
    for _, thread in groupby(threads, key=lambda each: each.patient_id):
        since: datetime | None = None
        for each in thread:
            if each.clinician_id is None:
                since = since or each.at
            elif since is not None:
                found.append((each.clinician_id, _seconds(since, each.at)))
                since = None
    return found


def waits(seconds: Sequence[float]) -> Waits:
    """These times, in order."""
    return Waits(tuple(sorted(seconds)))


def take_times_by_rule(steps: Sequence[Step]) -> dict[str, Waits]:
    """For each rule, how long its alerts waited until somebody took them."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for rule, own in groupby(sorted(steps, key=lambda s: (s.rule, s.alert_id)), lambda s: s.rule):
        found[rule] += [seconds for _, seconds in taken(own)]
    return {rule: waits(seconds) for rule, seconds in found.items()}


def _work(who: int, tally: _Tally, weeks: float) -> Work:
    return Work(
        clinician_id=who,
        minutes=dict(tally.minutes),
        patients=len(tally.patients),
        weeks=weeks,
        taken=len(tally.take),
        to_take=waits(tally.take),
        to_act=waits(tally.act),
        to_answer=waits(tally.answer),
    )


def _seconds(since: datetime, until: datetime) -> float:
    # a clock that was set back must not make it less than nothing
    return max(0.0, (until - since).total_seconds())
