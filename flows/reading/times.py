"""Times of day and days of the week, as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import time

from rapidfuzz.distance import OSA

from flows.folding import bare, fold
from flows.reading.alike import is_slip

_LEAD_IN = re.compile(r"^(?:at|around|about|by|ca|um|vers|a las|gegen)\s+")
_CLOSE = re.compile(r"\s*(?:oclock|o clock|uhr|ish|please)\s*$")
_HALF_DAYS = (
    (re.compile(r"\s*(?:a\.?m\.?|in the morning)$"), "am"),
    (re.compile(r"\s*(?:p\.?m\.?|in the (?:afternoon|evening)|at night|tonight)$"), "pm"),
)
_NAMED = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
_PARTS = {"half past ": 30, "quarter past ": 15, "quarter to ": -15}
_CLOCK = re.compile(r"(\d{1,2})(?:\s*[:.,h]\s*(\d{2})|\s*h)?")
_RUN_TOGETHER = re.compile(r"(\d{1,2})(\d{2})")

_GROUPS = {
    "all": ("every day", "everyday", "daily", "each day", "any day", "all", "all days"),
    "weekdays": ("weekdays", "weekday", "working days", "work days"),
    "weekend": ("weekend", "weekends"),
}
_GROUP_DAYS = {"all": range(1, 8), "weekdays": range(1, 6), "weekend": range(6, 8)}
_UNTIL = frozenset({"to", "through", "thru", "till", "until", "bis", "au", "a", "al"})
_JOINING = frozenset(
    {"and", "on", "every", "the", "only", "y", "e", "et", "und", "le", "les", "los"}
)


def read_time(text: str) -> str | None:
    """The time of day as HH:MM, or None; a bare hour is taken as on a 24-hour clock."""
    said = _CLOSE.sub("", _LEAD_IN.sub("", " ".join(fold(text).split()).strip(" .!?~")))
    if said in _NAMED:
        return _NAMED[said]
    said, half = _half_day(said)
    said, shift = _part(_CLOSE.sub("", said))
    match = _CLOCK.fullmatch(said) or _RUN_TOGETHER.fullmatch(said)
    if match is None or (shift and match[2]):
        return None
    return _clock(_hour(int(match[1]), half), int(match[2] or 0), shift)


def read_days(text: str, days: Mapping[str, Sequence[str]]) -> str | None:
    """The weekdays as "1,3,5" (Monday is 1), or None if a word of it is not understood."""
    said = re.sub(r"(?<=\w)\s*[-–—]\s*(?=\w)", " to ", fold(text))
    chosen: set[int] = set()
    last = 0
    is_range = False
    for word in _grouped(bare(said).split(), days):
        if word in _UNTIL and last:
            is_range = True
        elif word not in _JOINING:
            found = _named(word, days)
            if not found:
                return None
            chosen.update(_from(last, found[0]) if is_range else found)
            last, is_range = found[-1], False
    return ",".join(map(str, sorted(chosen))) if chosen and not is_range else None


def _half_day(said: str) -> tuple[str, str]:
    for pattern, half in _HALF_DAYS:
        if pattern.search(said):
            return pattern.sub("", said), half
    return said, ""


def _part(said: str) -> tuple[str, int]:
    return next(
        (
            (said.removeprefix(part), shift)
            for part, shift in _PARTS.items()
            if said.startswith(part)
        ),
        (said, 0),
    )


def _hour(hour: int, half: str) -> int:
    if half == "am" and hour == 12:
        return 0
    return hour + 12 if half == "pm" and hour < 12 else hour


def _clock(hour: int, minute: int, shift: int) -> str | None:
    if hour > 23 or minute > 59:
        return None
    minutes = (hour * 60 + minute + shift) % (24 * 60)
    return time(minutes // 60, minutes % 60).strftime("%H:%M")


def _grouped(words: Sequence[str], days: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The words, with those of a name for several days ("every day") kept together."""
    names = {bare(name) for key in _GROUPS for name in _names(key, days)}
    at = 0
    while at < len(words):
        pair = " ".join(words[at : at + 2])
        yield pair if pair in names else words[at]
        at += 2 if pair in names and at + 1 < len(words) else 1


def _names(key: str, days: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return (*_GROUPS.get(key, ()), *days.get(key, ()))


def _named(word: str, days: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
    """The weekdays that go by this word, whole, shortened or mistyped; none if it is unclear."""
    if word in set("1234567"):
        return (int(word),)
    for fits in (_is_same, _is_begun, _is_nearly, is_slip):
        keys = [key for key in (*_GROUPS, *"1234567") if _is_called(word, _names(key, days), fits)]
        if len(keys) == 1:
            return tuple(_GROUP_DAYS[keys[0]]) if keys[0] in _GROUP_DAYS else (int(keys[0]),)
    return ()


def _is_called(word: str, names: Sequence[str], fits: Callable[[str, str], bool]) -> bool:
    return any(fits(word, bare(name)) for name in names)


def _is_same(word: str, name: str) -> bool:
    return word in {name, f"{name}s"}


def _is_begun(word: str, name: str) -> bool:
    return len(word) > 2 and name.startswith(word)


def _is_nearly(word: str, name: str) -> bool:
    return len(name) > 4 and OSA.distance(word, name, score_cutoff=1) <= 1


def _from(first: int, last: int) -> Iterator[int]:
    """The days from the first to the last, over Sunday if need be."""
    return (n if n < 8 else n - 7 for n in range(first, last + (7 if last < first else 0) + 1))
