"""Which answers and scores raise an alert, and the life of an alert once it is raised."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from flows.effects import Fact, Raise
from flows.machines import Definition, build, follow
from flows.measures import baseline, best, worsening
from flows.program import Escalation, Measure, Rule
from flows.state import Score

ALERT = Definition(
    states=("raised", "told", "taken", "acted", "closed"),
    transitions=(
        {"trigger": "tell", "source": "raised", "dest": "told"},
        {"trigger": "tell", "source": "told", "dest": "told"},
        {"trigger": "tell", "source": "taken", "dest": "taken"},
        {"trigger": "tell", "source": "acted", "dest": "acted"},
        {"trigger": "take", "source": ["raised", "told"], "dest": "taken"},
        {"trigger": "act", "source": ["taken", "acted"], "dest": "acted"},
        {"trigger": "close", "source": ["taken", "acted"], "dest": "closed"},
        {"trigger": "fire", "source": "closed", "dest": "raised"},
        {"trigger": "fire", "source": "raised", "dest": "raised"},
        {"trigger": "fire", "source": "told", "dest": "told"},
        {"trigger": "fire", "source": "taken", "dest": "taken"},
        {"trigger": "fire", "source": "acted", "dest": "acted"},
    ),
    initial="raised",
)
"""An alert's life: told until someone takes it, closed only by a person, raised again by news."""

_MACHINE = build(ALERT)


def move(state: str, trigger: str) -> str:
    """The state of the alert that follows, or IllegalMove."""
    return follow(_MACHINE, state, trigger)


def on_item(
    escalation: Escalation, measure: str, item: int, value: int | None
) -> tuple[Raise, ...]:
    """The alerts that one answer raises, or its absence."""
    rules = (rule for rule in escalation.rules if rule.measure == measure)
    return tuple(
        Raise(rule=rule.rule, facts=(_item_fact(rule, item, value),))
        for rule in rules
        if _speaks_of(rule, item, value)
    )


def on_score(
    escalation: Escalation, measure: Measure, new: Score, earlier: Sequence[Score]
) -> tuple[Raise, ...]:
    """The alerts that a new score raises, alone or beside the earlier ones."""
    if new.total is None:
        return ()
    before = [old for old in earlier if old.measure == measure.measure]
    return tuple(
        Raise(rule=rule.rule, facts=(fact,))
        for rule in escalation.rules
        if rule.measure == measure.measure and rule.item is None and rule.missing_item is None
        for fact in _score_facts(rule, measure, new, new.total, before)
    )


def _speaks_of(rule: Rule, item: int, value: int | None) -> bool:
    if value is None:
        return rule.missing_item == item
    return rule.item == item and _within(rule, value)


def _item_fact(rule: Rule, item: int, value: int | None) -> Fact:
    return Fact(
        measure=rule.measure or "",
        bound="" if value is None else _bounds(rule),
        items={str(item): value},
    )


def _score_facts(
    rule: Rule, measure: Measure, new: Score, total: float, before: Sequence[Score]
) -> Iterator[Fact]:
    """One fact if the rule holds: all of its conditions must."""
    first, finest = _known(baseline(before)), _known(best(measure, before))
    against = _references(rule, measure, total, {"baseline": first, "best": finest})
    bounded = rule.gte is not None or rule.lte is not None
    if _within(rule, total) and (against if _compares(rule) else bounded):
        yield Fact(
            measure=measure.measure,
            now=total,
            baseline=first,
            best=finest,
            bound=_bounds(rule),
            change=_change(rule, measure) if against else "",
            against=against,
            items={str(number): answer for number, answer in new.items.items()},
        )


def _references(
    rule: Rule, measure: Measure, now: float, known: dict[str, float | None]
) -> tuple[Literal["baseline", "best"], ...]:
    """The earlier scores against which this one is worse by as much as the rule says."""
    start = known["baseline"]
    too_low = start is None or (rule.baseline_gte is not None and start < rule.baseline_gte)
    if too_low or not _compares(rule):
        return ()
    return tuple(
        name
        for name in rule.than
        if (then := known[name]) is not None and _is_worse(rule, measure, then, now)
    )


def _compares(rule: Rule) -> bool:
    return rule.worse_by is not None or rule.worse_percent is not None


def _is_worse(rule: Rule, measure: Measure, then: float, now: float) -> bool:
    change = worsening(measure, then, now)
    return (rule.worse_by is None or change >= rule.worse_by) and (
        rule.worse_percent is None or _percent(change, then) >= rule.worse_percent
    )


def _percent(change: float, then: float) -> float:
    if then == 0:
        return math.inf if change > 0 else 0.0
    return round(100 * change / abs(then), 9)


def _within(rule: Rule, value: float) -> bool:
    return (rule.gte is None or value >= rule.gte) and (rule.lte is None or value <= rule.lte)


def _bounds(rule: Rule) -> str:
    match rule.gte, rule.lte:
        case None, None:
            return ""
        case low, None:
            return f"≥ {low:g}"
        case None, high:
            return f"≤ {high:g}"
        case low, high:
            return f"{low:g}–{high:g}"


def _change(rule: Rule, measure: Measure) -> str:
    sign = "+" if measure.better == "lower" else "-"
    by = [f"{sign}{rule.worse_by:g}"] if rule.worse_by is not None else []
    percent = [f"{sign}{rule.worse_percent:g} %"] if rule.worse_percent is not None else []
    return ", ".join(by + percent)


def _known(score: Score | None) -> float | None:
    return score.total if score is not None else None
