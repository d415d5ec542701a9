"""Whether a rule holds for a new score beside the earlier ones, and the numbers that say so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from flows.effects import Against, Fact
from flows.measure import Measure
from flows.measures import baseline, best, expected_course, worsening
from flows.rule import Rule
from flows.state import Score


@dataclass(frozen=True, slots=True)
class Past:
    """A new score that has a total, and what it can be held against."""

    measure: Measure
    new: Score
    now: float
    totals: tuple[float, ...]
    first: Score | None
    finest: Score | None
    expected: float | None

    @classmethod
    def of(cls, measure: Measure, new: Score, before: Sequence[Score]) -> Past:
        """The past of a new score among the earlier ones of its measure."""
        first = baseline(before)
        return cls(
            measure=measure,
            new=new,
            now=new.total or 0.0,
            totals=tuple(old.total for old in before if old.total is not None),
            first=first,
            finest=best(measure, before),
            expected=_expected(first, new),
        )

    @property
    def earlier(self) -> dict[Against, float | None]:
        """The earlier totals by their names."""
        return {
            "baseline": _total(self.first),
            "best": _total(self.finest),
            "previous": self.totals[-1] if self.totals else None,
            "expected": self.expected,
        }


def facts_of(rule: Rule, past: Past) -> Iterator[Fact]:
    """One fact if the rule holds: all of its conditions must."""
    if rule.named_items:
        yield from _facts_of_items(rule, past)
        return
    against = _against(rule, past) if rule.compares else ()
    bounded = rule.gte is not None or rule.lte is not None
    if is_within(rule, past.now) and (against if rule.compares else bounded):
        yield _fact(rule, past, against)


def is_within(rule: Rule, value: float) -> bool:
    """Whether a value lies between the rule's limits."""
    return (rule.gte is None or value >= rule.gte) and (rule.lte is None or value <= rule.lte)


def bounds_in_words(rule: Rule) -> str:
    """The rule's limits as a clinician reads them; empty if it has none."""
    match rule.gte, rule.lte:
        case None, None:
            return ""
        case low, None:
            return f"≥ {low:g}"
        case None, high:
            return f"≤ {high:g}"
        case low, high:
            return f"{low:g}–{high:g}"


def _fact(rule: Rule, past: Past, against: tuple[Against, ...]) -> Fact:
    return Fact(
        measure=past.measure.measure,
        now=past.now,
        baseline=_total(past.first),
        best=_total(past.finest),
        expected=past.expected if "expected" in against else None,
        bound=bounds_in_words(rule),
        change=change_in_words(rule, past.measure) if against else "",
        against=against,
        items={str(number): answer for number, answer in past.new.items.items()},
    )


def _against(rule: Rule, past: Past) -> tuple[Against, ...]:
    """The earlier scores that this one is too far from by the rule; none if it does not hold."""
    start = _total(past.first)
    if start is None or (rule.baseline_gte is not None and start < rule.baseline_gte):
        return ()
    if rule.above_expected is not None:
        return _above_expected(past, rule.above_expected)
    if rule.improved_less is not None:
        gained = -worsening(past.measure, start, past.now)
        return ("baseline",) if gained < rule.improved_less else ()
    if rule.consecutive is not None:
        return ("previous",) if _keeps_worsening(rule, past, rule.consecutive) else ()
    return tuple(
        name
        for name in rule.than
        if (then := past.earlier[name]) is not None
        and _is_worse(rule, then, worsening(past.measure, then, past.now))
    )


def _above_expected(past: Past, by: float) -> tuple[Against, ...]:
    far = past.expected is not None and round(past.now - past.expected, 9) >= by
    return ("expected",) if far else ()


def _expected(first: Score | None, new: Score) -> float | None:
    if first is None or first.total is None:
        return None
    return expected_course(first.total, (new.at - first.at) / timedelta(weeks=1))


def _keeps_worsening(rule: Rule, past: Past, times: int) -> bool:
    steps = list(pairwise((*past.totals, past.now)))[-times:]
    changes = [worsening(past.measure, then, now) for then, now in steps]
    return len(changes) == times and all(
        _is_worse(rule, then, change) for (then, _), change in zip(steps, changes, strict=True)
    )


def _facts_of_items(rule: Rule, past: Past) -> Iterator[Fact]:
    """A fact for each named item that became worse than in the first score."""
    first = past.first.items if past.first is not None else {}
    for item in rule.named_items:
        then, now = first.get(item), past.new.items.get(item)
        if then is None or now is None or not is_within(rule, now):
            continue
        if _is_worse(rule, then, worsening(past.measure, then, now)):
            yield Fact(
                measure=past.measure.measure,
                baseline=then,
                bound=bounds_in_words(rule),
                change=change_in_words(rule, past.measure),
                against=("baseline",),
                items={str(item): now},
            )


def _is_worse(rule: Rule, then: float, change: float) -> bool:
    return (rule.worse_by is None or change >= rule.worse_by) and (
        rule.worse_percent is None or _percent(change, then) >= rule.worse_percent
    )


def _percent(change: float, then: float) -> float:
    if then == 0:
        return math.inf if change > 0 else 0.0
    return round(100 * change / abs(then), 9)


def change_in_words(rule: Rule, measure: Measure) -> str:
    """The worsening that a rule looks for, as a clinician reads it; empty if for none."""
    worse, better = ("+", "-") if measure.better == "lower" else ("-", "+")
    by = rule.worse_by if rule.worse_by is not None else rule.above_expected
    said = [f"{worse}{by:g}"] if by is not None else []
    if rule.improved_less is not None:
        short_of = ">" if measure.better == "lower" else "<"
        said.append(f"{short_of} {better}{rule.improved_less:g}")
    if rule.worse_percent is not None:
        said.append(f"{worse}{rule.worse_percent:g} %")
    times = f"{rule.consecutive} × " if rule.consecutive is not None else ""
    return times + ", ".join(said)


def _total(score: Score | None) -> float | None:
    return score.total if score is not None else None
