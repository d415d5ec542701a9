"""How much guidance was given and how soon alerts and words were answered, with the worst shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from statistics import median, quantiles
from typing import Literal

from bot.store import workload
from bot.store.unit import Unit
from bot.store.workload import Step, Written

FEW = 3
"""Fewer times than this are shown one by one, not as a median."""

_ACTS = ("act", "close")


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
    for what, who, seconds in handled(workload.steps(unit, since)):
        waited = tallies[who].take if what == "take" else tallies[who].act
        waited.append(seconds)
    for who, seconds in answered(workload.written(unit, since)):
        tallies[who].answer.append(seconds)
    for who, patient, kind, minutes in workload.given(unit, since):
        tallies[who].minutes[kind] += minutes
        tallies[who].patients.add(patient)
    weeks = max((now - since) / timedelta(weeks=1), 1 / 7)
    return {who: _work(who, tally, weeks) for who, tally in tallies.items()}


def handled(steps: Iterable[Step]) -> Iterator[tuple[Literal["take", "act"], int, float]]:
    """Who was the first to take an alert, and who acted on it first after that.

    With each, how many seconds it waited: after it was raised, and after it was taken.
    """
    alert, is_raised = 0, True
    since: datetime | None = None
    for alert_id, move, who, at, waited in steps:
        if alert_id != alert:
            alert, is_raised, since = alert_id, True, None
        if move == "fire":
            is_raised = True
        elif move == "take":
            since = at
            if is_raised and who is not None:
                is_raised = False
                yield "take", who, float(waited or 0)
        elif move in _ACTS and since is not None and who:
            yield "act", who, _seconds(since, at)
            since = None


def answered(threads: Iterable[Written]) -> Iterator[tuple[int, float]]:
    """Who answered a patient's words, and how long the first unanswered of them had waited."""
    patient = 0
    since: datetime | None = None
    for patient_id, who, at in threads:
        if patient_id != patient:
            patient, since = patient_id, None
        if who is None:
            since = since or at
        elif since is not None:
            yield who, _seconds(since, at)
            since = None


def waits(seconds: Sequence[float]) -> Waits:
    """These times, in order."""
    return Waits(tuple(sorted(seconds)))


def take_times_by_rule(rules: Mapping[int, str], steps: Iterable[Step]) -> dict[str, Waits]:
    """For each rule, how long its alerts waited until somebody took them; `rules` by alert."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for alert_id, life in groupby(steps, key=itemgetter(0)):
        found[rules[alert_id]] += [wait for what, _, wait in handled(life) if what == "take"]
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
