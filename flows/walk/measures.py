"""That each measure is scored as its source says: items, table, bands, change, missing items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from flows.measure import Measure, is_number
from flows.program import Release
from flows.walk.finding import Finding, warning


def measures(release: Release) -> Iterator[Finding]:
    """What is wrong with the measures, and a line about those that are switched off."""
    for measure in release.measures.values():
        yield from (Finding(f"measure/{measure.measure}", *found) for found in _mistakes(measure))
    yield from _off(release)
    yield from _uncompared(release)


def _off(release: Release) -> Iterator[Finding]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, measure in sorted(release.measures.items()):
        if not measure.is_on:
            reasons[measure.why_off.strip()].append(name)
    for reason, names in reasons.items():
        yield warning("", "", f"switched off: {', '.join(names)}. {reason}")


def _uncompared(release: Release) -> Iterator[Finding]:
    """What a site switched on by its own text, and nobody has compared with the print."""
    for name, measure in sorted(release.measures.items()):
        if measure.is_on and measure.why_off and not measure.verified:
            text = (
                f"{name} is switched on by your licence ({measure.licence}), and not verified:"
                " compare its answers, reversed items and cut points with the print"
            )
            yield warning(f"measure/{name}", "verified", text)


def _mistakes(measure: Measure) -> Iterator[tuple[str, str]]:
    named = (measure.choices, *(item.choices for item in measure.items))
    if any(not is_number(value) for choices in named for value in choices):
        yield "choices", "the names of the choices are their scores: use whole numbers"
        return
    yield from _texts(measure)
    yield from _range(measure)
    yield from _bands(measure)
    yield from _items(measure)
    yield from _change(measure)


def _texts(measure: Measure) -> Iterator[tuple[str, str]]:
    without = [number for number, item in enumerate(measure.items, 1) if not item.text.strip()]
    if 0 < len(without) < len(measure.items):
        yield "items", f"item {without[0]} has no text: all items have one, or none has"
    if without and not measure.why_off.strip():
        yield "items", "the items have no text: say in `why_off` why, and who may add it"


def _range(measure: Measure) -> Iterator[tuple[str, str]]:
    if not measure.scored_items:
        yield "items", "no item is scored: take `scored: false` away from those that count"
        return
    if any(low >= high for low, high in map(measure.bounds_of, measure.scored_items)):
        yield "scale", "the scale should begin with its lower number"
        return
    low, high = raw_range(measure)
    if measure.t_table:
        yield from _table(measure, int(low), int(high))
    elif tuple(measure.range) != (low, high):
        yield "range", f"the items give scores from {low:g} to {high:g}"


def raw_range(measure: Measure) -> tuple[float, float]:
    """The lowest and the highest score that the items give, before any table."""
    bounds = [measure.bounds_of(number) for number in measure.scored_items]
    low, high = sum(low for low, _ in bounds), sum(high for _, high in bounds)
    count = len(bounds) if measure.score == "mean" else 1
    return low / count * measure.factor, high / count * measure.factor


def _table(measure: Measure, low: int, high: int) -> Iterator[tuple[str, str]]:
    missing = [str(raw) for raw in range(low, high + 1) if raw not in measure.t_table]
    if missing or len(measure.t_table) > high - low + 1 or measure.score == "mean":
        yield "t_table", f"the table needs a line for each sum from {low} to {high}, and no other"
        return
    scores = [measure.t_table[raw] for raw in range(low, high + 1)]
    if any(after <= before for before, after in pairwise(scores)):
        yield "t_table", "each line of the table should be above the one before it"
    if tuple(measure.range) != (scores[0], scores[-1]):
        yield "range", f"the table gives scores from {scores[0]:g} to {scores[-1]:g}"


def _bands(measure: Measure) -> Iterator[tuple[str, str]]:
    low, high = measure.range
    before = low - 1
    for number, band in enumerate(measure.bands, 1):
        if band.upto <= before:
            text = f"the band {band.name} should end above {before:g}, where the one before it ends"
            yield f"bands.{number}", text
        before = max(before, band.upto)
    if measure.bands and before != high:
        yield "bands", f"the bands end at {before:g}, and scores go up to {high:g}"


def _items(measure: Measure) -> Iterator[tuple[str, str]]:
    count = len(measure.items)
    named = {f"subscales.{name}": each.items for name, each in measure.subscales.items()}
    for place, numbers in {"missing.required": measure.missing.required, **named}.items():
        for number in numbers:
            if not 1 <= number <= count:
                yield place, f"there is no item {number}: the measure has {count}"
            elif number not in measure.scored_items:
                yield place, f"item {number} is not scored"
    if measure.scored_items and measure.missing.most >= len(measure.scored_items):
        yield "missing.most", "a measure with every item missing has no score"
    for answer in sorted(measure.answers_loinc.keys() - measure.choices.keys()):
        yield "answers_loinc", f"there is no answer {answer}"


def _change(measure: Measure) -> Iterator[tuple[str, str]]:
    change = measure.change
    if change is None:
        return
    if not change.source.strip():
        yield "change.source", "say where the reliable change comes from"
    if change.reliable is None and change.important is None:
        yield "change", "give a `reliable` or an `important` change, or take this away"
    for name in ("reliable", "strict", "important", "important_percent"):
        if (by := getattr(change, name)) is not None and by <= 0:
            yield f"change.{name}", "a change is a number above zero"
