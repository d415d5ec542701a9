"""Scores of the past played through a file of rules: which alerts it would have raised, for whom.

Only rules about a measure can be played: what patients write, ask for or leave undone is not in a
table of scores. An alert is counted as the service counts it: one for each patient, rule and window
of the rule's tier. Nobody knows when a team would have closed it: here each is closed before its
window ends.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows import escalation as rules
from flows.effects import Raise
from flows.program import Escalation, Measure
from flows.state import Score

WEEK = timedelta(weeks=1)
QUANTILE = 1.959963984540054
"""Of the normal distribution, for intervals that hold in 95 of 100 samples."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A measure that a patient filled in, and the flow it was asked in, where that is known."""

    patient: str
    score: Score
    within: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that would have been raised, and how often its rule fired within its window."""

    patient: str
    rule: str
    tier: str
    at: datetime
    fired: int = 1


@dataclass(frozen=True, slots=True)
class Load:
    """What one rule, or one tier, would ask of the team; the rates are for each clinician."""

    name: str
    alerts: int
    patients: int
    a_week: float
    worst_week: int
    worst_each: float


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the interval in which the true share lies (95 %); 0 of 0 is none."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def part(self) -> float | None:
        """The share itself; None of nothing."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well having an alert tells who had the outcome."""

    name: str
    sensitivity: Share
    specificity: Share
    predictive: Share


def replay(
    escalation: Escalation, measures: Mapping[str, Measure], filled: Iterable[Filled]
) -> list[Alert]:
    """The alerts that these rules raise from these scores, the first raised first."""
    fired: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for each, raised in _raised(escalation, measures, filled):
        fired[each.patient, raised.rule].append(each.score.at)
    alerts = [
        alert
        for (patient, rule), moments in fired.items()
        for alert in _in_windows(escalation, patient, rule, moments)
    ]
    return sorted(alerts, key=lambda alert: (alert.at, alert.patient, alert.rule))


def by_rule(alerts: Sequence[Alert], weeks: int, first: datetime, clinicians: int) -> list[Load]:
    """The load of each rule that raised something, the heaviest first."""
    return _loads(_grouped(alerts, "rule"), weeks, first, clinicians)


def by_tier(alerts: Sequence[Alert], weeks: int, first: datetime, clinicians: int) -> list[Load]:
    """The load of each tier that raised something, and of all together, which is the last."""
    tiers = _loads(_grouped(alerts, "tier"), weeks, first, clinicians)
    return [*tiers, load("all", alerts, weeks, first, clinicians)]


def load(name: str, alerts: Sequence[Alert], weeks: int, first: datetime, clinicians: int) -> Load:
    """How many alerts there are, for each clinician and week, and in the worst week."""
    in_week: dict[int, int] = defaultdict(int)
    for alert in alerts:
        in_week[(alert.at - first) // WEEK] += 1
    worst = max(in_week.values(), default=0)
    return Load(
        name=name,
        alerts=len(alerts),
        patients=len({alert.patient for alert in alerts}),
        a_week=len(alerts) / weeks / clinicians,
        worst_week=worst,
        worst_each=worst / clinicians,
    )


def span(filled: Iterable[Filled]) -> tuple[datetime, int]:
    """The first moment of a cohort, and how many weeks it takes, each begun one counted."""
    moments = [each.score.at for each in filled]
    first, last = min(moments), max(moments)
    return first, (last - first) // WEEK + 1


def patients_by_rule(alerts: Iterable[Alert]) -> dict[str, frozenset[str]]:
    """Who has at least one alert of each rule."""
    found: dict[str, set[str]] = defaultdict(set)
    for alert in alerts:
        found[alert.rule].add(alert.patient)
    return {rule: frozenset(patients) for rule, patients in found.items()}


def accuracies(alerts: Sequence[Alert], outcomes: Mapping[str, bool]) -> list[Accuracy]:
    """How well each rule, each tier and any alert at all point to the patients with the outcome."""
    groups = {**_grouped(alerts, "rule"), **_grouped(alerts, "tier"), "all": list(alerts)}
    return [
        accuracy(name, {alert.patient for alert in found}, outcomes)
        for name, found in groups.items()
    ]


def accuracy(name: str, alerted: set[str], outcomes: Mapping[str, bool]) -> Accuracy:
    """How well an alert points to the outcome among the patients whose outcome is known."""
    with_it = {patient for patient, had in outcomes.items() if had}
    without = outcomes.keys() - with_it
    flagged = alerted & outcomes.keys()
    return Accuracy(
        name=name,
        sensitivity=share(len(flagged & with_it), len(with_it)),
        specificity=share(len(without - flagged), len(without)),
        predictive=share(len(flagged & with_it), len(flagged)),
    )


def share(hits: int, of: int) -> Share:
    """So many of so many with Wilson's interval.

    Wilson 1927, doi 10.1080/01621459.1927.10502953.
    """
    if of == 0:
        return Share(0, 0, 0.0, 1.0)
    part, square = hits / of, QUANTILE**2
    middle = (part + square / (2 * of)) / (1 + square / of)
    spread = math.sqrt(part * (1 - part) / of + square / (4 * of**2)) * QUANTILE
    half = spread / (1 + square / of)
    # at the ends the interval touches 0 or 1 exactly, but for the dust of binary fractions
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == of else min(1.0, middle + half)
    return Share(hits, of, low, high)


def _raised(
    escalation: Escalation, measures: Mapping[str, Measure], filled: Iterable[Filled]
) -> Iterator[tuple[Filled, Raise]]:
    """Each score in its order, with each alert that it raises beside the earlier ones."""
    past: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for each in sorted(filled, key=lambda each: each.score.at):
        earlier = past[each.patient, each.score.measure]
        found = _of_score(escalation, measures[each.score.measure], each, earlier)
        # a rule about several answers fires once for all that were given together
        yield from ((each, raised) for raised in {one.rule: one for one in found}.values())
        if each.score.total is not None:
            earlier.append(each.score)


def _of_score(
    escalation: Escalation, measure: Measure, filled: Filled, earlier: Sequence[Score]
) -> Iterator[Raise]:
    score, flows = filled.score, (filled.within,) if filled.within else ()
    for item, value in score.items.items():
        yield from rules.on_item(escalation, score.measure, item, value)
    yield from rules.on_score(escalation, measure, score, earlier, flows)


def _in_windows(
    escalation: Escalation, patient: str, rule: str, moments: Sequence[datetime]
) -> Iterator[Alert]:
    tier = escalation.rule(rule).tier
    window = timedelta(hours=escalation.tiers[tier].window_hours)
    opened: list[list[datetime]] = []
    for at in moments:
        if opened and at - opened[-1][0] < window:
            opened[-1].append(at)
        else:
            opened.append([at])
    for fired in opened:
        yield Alert(patient, rule, tier, fired[0], len(fired))


def _grouped(alerts: Iterable[Alert], by: str) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        found[getattr(alert, by)].append(alert)
    return dict(found)


def _loads(
    groups: Mapping[str, Sequence[Alert]], weeks: int, first: datetime, clinicians: int
) -> list[Load]:
    found = [load(name, each, weeks, first, clinicians) for name, each in groups.items()]
    return sorted(found, key=lambda each: (-each.alerts, each.name))
