"""Whether a licensed text fits the measure that waits for it, in sentences for who added it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.program import LicensedText, Measure
from flows.walk.finding import unknown


def misfits(text: LicensedText, measures: Mapping[str, Measure]) -> Iterator[tuple[str, str]]:
    """For each thing that does not fit: the line it stands on, by its name, and a sentence."""
    measure = measures.get(text.text)
    if measure is None:
        slots = [name for name, each in measures.items() if not each.is_on]
        yield "text", unknown("measure", text.text, slots)
    elif measure.is_on:
        yield "text", f"{text.text} has its text already: take this file away"
    else:
        yield from _items(text, measure)
        yield from _answers(text, measure)


def _items(text: LicensedText, measure: Measure) -> Iterator[tuple[str, str]]:
    wanted, given = len(measure.items), len(text.items)
    if wanted != given:
        yield "items", f"{measure.measure} has {wanted} items, and here {_are(given)}"


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def _answers(text: LicensedText, measure: Measure) -> Iterator[tuple[str, str]]:
    low, high = measure.scale
    if text.choices and set(text.choices) != _numbers(low, high):
        yield "choices", f"the choices of {measure.measure} are the numbers from {low} to {high}"
    given = list(zip(text.items, measure.items, strict=False))
    for number, (words, item) in enumerate(given, 1):
        low, high = item.scale or measure.scale
        if words.choices and set(words.choices) != _numbers(low, high):
            yield f"items.{number}", f"the choices of item {number} are the numbers from {low} to {high}"
    is_said = all(words.choices or item.anchors for words, item in given)
    if not text.choices and text.anchors is None and not is_said:
        yield "text", f"add `choices` or `anchors`: {low} to {high} say nothing by themselves"


def _numbers(low: int, high: int) -> set[str]:
    return {str(number) for number in range(low, high + 1)}
