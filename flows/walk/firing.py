"""That a rule about a measure can hold at all, and looks at what is there."""

from __future__ import annotations

from collections.abc import Iterator

from flows.measure import Measure
from flows.program import Release, Rule
from flows.steps import Do
from flows.walk.finding import unknown

_WITH_COURSE = ("phq-9", "phq-8")
"""The measures whose expected course is known: PMC8726023 is about the PHQ-9."""


def fires(release: Release, rule: Rule, name: str) -> Iterator[str]:
    """Why a rule about this measure can never fire, or would not mean what it says."""
    measure = release.measures.get(name)
    if measure is None:
        yield unknown("measure", name, release.measures)
        return
    wrong = [*_items(rule, measure), *_bounds(rule, measure)]
    yield from wrong
    yield from _wording(rule)
    if not wrong:
        yield from _changes(rule, measure)
    if rule.above_expected is not None and name not in _WITH_COURSE:
        yield f"no expected course is known for {name}: only for {' and '.join(_WITH_COURSE)}"
    if rule.within is not None:
        yield from _within(release, rule.within, name)


def _items(rule: Rule, measure: Measure) -> Iterator[str]:
    missing = [rule.missing_item] if rule.missing_item is not None else []
    for item in (*rule.named_items, *missing):
        if not 1 <= item <= len(measure.items):
            yield f"{measure.measure} has {len(measure.items)} items, and no item {item}"


def _bounds(rule: Rule, measure: Measure) -> Iterator[str]:
    known = [item for item in rule.named_items if 1 <= item <= len(measure.items)]
    for low, high in map(measure.bounds_of, known) if rule.named_items else (measure.range,):
        for bound in (rule.gte, rule.lte):
            if bound is not None and not low <= bound <= high:
                yield f"scores go from {low:g} to {high:g}: {bound:g} is outside"
    if rule.gte is not None and rule.lte is not None and rule.gte > rule.lte:
        yield f"no score is at least {rule.gte:g} and at most {rule.lte:g}"


def _wording(rule: Rule) -> Iterator[str]:
    bounded = rule.gte is not None or rule.lte is not None
    if not (bounded or rule.compares or rule.missing_item is not None):
        yield "the rule compares nothing: add `gte`, `lte`, `worse_by` or `worse_percent`"
    worse = rule.worse_by is not None or rule.worse_percent is not None
    if rule.consecutive is not None and not worse:
        yield "`consecutive` needs `worse_by` or `worse_percent`: how much worse each time"
    if rule.named_items and rule.compares and not worse:
        yield "single items are compared by `worse_by` or `worse_percent` only"
    if rule.item is not None and rule.items:
        yield "name `item` or `items`, not both"


def _changes(rule: Rule, measure: Measure) -> Iterator[str]:
    """Changes that the range of the scores leaves no room for."""
    spans = [_span(measure.bounds_of(item)) for item in rule.named_items]
    span = min(spans, default=_span(measure.range)) / (rule.consecutive or 1)
    for by in (rule.worse_by, rule.improved_less, rule.above_expected):
        if by is not None and not 0 < by <= span:
            yield f"scores cannot change by {by:g}: there is room for {span:g}"
    if rule.worse_percent is not None and rule.worse_percent <= 0:
        yield "a percentage is a number above zero"
    low, high = measure.range
    if rule.baseline_gte is not None and not low <= rule.baseline_gte <= high:
        yield f"scores go from {low:g} to {high:g}: {rule.baseline_gte:g} is outside"


def _span(bounds: tuple[float, float]) -> float:
    return bounds[1] - bounds[0]


def _within(release: Release, flow: str, name: str) -> Iterator[str]:
    if flow not in release.flows:
        yield unknown("flow", flow, release.flows)
    elif not _asks(release, flow, f"measure/{name}", frozenset()):
        yield f"{flow} never asks {name}: the rule could not fire"


def _asks(release: Release, flow: str, measure: str, seen: frozenset[str]) -> bool:
    """Whether a flow, or one that it does, asks the measure."""
    if flow not in release.flows or flow in seen:
        return False
    done = [step.do for step in release.flows[flow].steps if isinstance(step, Do)]
    return measure in done or any(_asks(release, to, measure, seen | {flow}) for to in done)
