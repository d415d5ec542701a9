"""Whether a licensed text fits the measure that waits for it, in sentences for who added it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.content.yaml import Path
from flows.program import LicensedText, Measure
from flows.walk.finding import unknown

Misfit = tuple[Path, str]
"""A place in the file, and what is wrong there."""


def misfits(text: LicensedText, measures: Mapping[str, Measure]) -> Iterator[Misfit]:
    """For each thing that does not fit: where it stands in the file, and a sentence."""
    measure = measures.get(text.text)
    if measure is None:
        slots = [name for name, each in measures.items() if not each.is_on]
        yield ("text",), unknown("measure", text.text, slots)
    elif measure.is_on:
        yield ("text",), f"{text.text} has its text already: take this file away"
    else:
        yield from _items(text, measure)
        yield from _answers(text, measure)


def _items(text: LicensedText, measure: Measure) -> Iterator[Misfit]:
    wanted, given = len(measure.items), len(text.items)
    if wanted != given:
        yield ("items",), f"{measure.measure} has {wanted} items, and here {_are(given)}"


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def _answers(text: LicensedText, measure: Measure) -> Iterator[Misfit]:
    low, high = measure.scale
    if not _fit(text.choices, low, high):
        yield ("choices",), _wanted(measure.measure, low, high)
    # a wrong number of items is said already
    for place, (given, item) in enumerate(zip(text.items, measure.items, strict=False)):
        lowest, highest = item.scale or measure.scale
        if not _fit(given.choices, lowest, highest):
            yield ("items", place, "choices"), _wanted(f"item {place + 1}", lowest, highest)
    has_words = text.choices or text.anchors or all(given.choices for given in text.items)
    if not has_words:
        yield ("text",), f"add `choices` or `anchors`: {low} to {high} say nothing by themselves"


def _fit(choices: Mapping[str, str], low: int, high: int) -> bool:
    """Whether there is an answer for each number of the scale and for no other, or none at all."""
    return not choices or set(choices) == {str(number) for number in range(low, high + 1)}


def _wanted(whose: str, low: int, high: int) -> str:
    return f"the choices of {whose} are the numbers from {low} to {high}"
