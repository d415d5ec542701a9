"""A whole number on a scale, however people write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from flows.folding import bare, fold

Slip = Literal["", "range", "several", "whole", "unreadable"]

_NUMBER = re.compile(r"(?<![\w.,])[-+]?\d+(?:[.,]\d+)?(?!\w|[.,]\d)")
_DIGIT_IN_WORD = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
_OUT_OF = r"(?:\s*/\s*|\s+(?:out\s+of|of|sur|von|de|su|auf|aus)\s+)"

LONGEST = 6
"""A number of more digits is out of every range; it is not even counted."""

SHORT = 5
"""In a message of more words, a number in the middle may be about anything."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The number that was read, or why there is none."""

    value: int | None = None
    slip: Slip = ""


def read_number(text: str, low: int, high: int, words: Mapping[str, int]) -> Reading:
    """The whole number from low to high that the text names, in digits or words."""
    said = _without_scale(" ".join(fold(text).split()), high, words)
    found = tuple(_digits(said)) or tuple(_spoken(said, words))
    if not found or _DIGIT_IN_WORD.search(said):
        return Reading(slip="unreadable")
    if len(set(found)) > 1:
        return Reading(slip="several")
    return _within(found[0], low, high)


def _without_scale(said: str, high: int, words: Mapping[str, int]) -> str:
    """The text without "out of 10", "/10" and the like after a number."""
    tops = "|".join([str(high), *(re.escape(name) for name, n in words.items() if n == high)])
    return re.sub(rf"(?<=\w){_OUT_OF}(?:{tops})(?!\w)", "", said)


def _digits(said: str) -> Iterator[str]:
    """The numbers written in digits, if they may be the answer.

    That is when one comes first ("8 and I want to die"), or in a short message that asks nothing
    ("about 7", but not "can I take 6?").
    """
    plain = said.replace("\u2044", ".")  # a half is no whole number
    found = [(match.start(), match.group()) for match in _NUMBER.finditer(_spaced(plain))]
    leads = bool(found) and not bare(plain[: found[0][0]])
    if leads or (len(plain.split()) <= SHORT and "?" not in plain):
        yield from (_plainly(number) for _, number in found)


def _spaced(said: str) -> str:
    """The text with the hyphens of "7-8" apart, which are no minus."""
    return re.sub(r"(?<=\d)\s*[-–—/]\s*(?=\d)", "  ", said)


def _plainly(number: str) -> str:
    """The number with a point, without leading or trailing noughts."""
    sign = "-" if number[0] == "-" else ""
    whole, _, parts = number.lstrip("-+").replace(",", ".").partition(".")
    parts = "" if parts in {"0", "00"} else parts
    return f"{sign}{whole.lstrip('0') or '0'}{'.' if parts else ''}{parts}"


def _spoken(said: str, words: Mapping[str, int]) -> Iterator[str]:
    """The numbers written as words, if little else is said."""
    numbers = {fold(name): number for name, number in words.items()}
    parts = bare(said).split()
    known = [str(numbers[part]) for part in parts if part in numbers]
    if known and (len(parts) <= 2 or (len(parts) <= SHORT and parts[-1] in numbers)):
        yield from known


def _within(number: str, low: int, high: int) -> Reading:
    if "." in number:
        return Reading(slip="whole")
    if len(number) > LONGEST or not low <= int(number) <= high:
        return Reading(slip="range")
    return Reading(int(number))
