"""That each measure is scored as its source says: items, answers, bands, change, missing items."""

from __future__ import annotations

from collections.abc import Iterator

from flows.program import Measure, Release
from flows.walk.finding import Finding


def measures(release: Release) -> Iterator[Finding]:
    """What is wrong with the measures."""
    for measure in release.measures.values():
        yield from (Finding(f"measure/{measure.measure}", *found) for found in _mistakes(measure))


def item_range(measure: Measure) -> tuple[int, int]:
    """The lowest and the highest answer to one item."""
    numbers = [int(value) for value in measure.choices if _is_number(value)] or measure.scale
    return min(numbers), max(numbers)


def _mistakes(measure: Measure) -> Iterator[tuple[str, str]]:
    if any(not _is_number(value) for value in measure.choices):
        yield "choices", "the names of the choices are their scores: use whole numbers"
        return
    yield from _range(measure)
    yield from _bands(measure)
    yield from _items(measure)
    if measure.change is not None and not measure.change.source.strip():
        yield "change.source", "say where the reliable change comes from"


def _is_number(value: str) -> bool:
    return value.removeprefix("-").isdecimal() and value.isascii()


def _range(measure: Measure) -> Iterator[tuple[str, str]]:
    low, high = item_range(measure)
    count = len(measure.items) if measure.score == "sum" else 1
    if low >= high:
        yield "scale", "the scale should begin with its lower number"
    elif tuple(measure.range) != (low * count, high * count):
        yield "range", f"the items give scores from {low * count} to {high * count}"


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
    for number in measure.missing.required:
        if not 1 <= number <= count:
            yield "missing.required", f"there is no item {number}: the measure has {count}"
    for name, numbers in measure.subscales.items():
        for number in numbers:
            if not 1 <= number <= count:
                text = f"there is no item {number}: the measure has {count}"
                yield f"subscales.{name}", text
    if measure.missing.most >= count:
        yield "missing.most", "a measure with every item missing has no score"
    if measure.anchors and len(measure.anchors) != count:
        yield "anchors", f"{count} items need {count} pairs of anchors"
