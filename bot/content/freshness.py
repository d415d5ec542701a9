"""Whether what a person verified was looked at lately: help lines change, and so do licences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flows.program import Release
from flows.walk.finding import Finding, warning

WARNED_DAYS = 90
"""After so many days somebody should look again."""

STALE_DAYS = 180
"""After so many days nothing goes out before somebody has looked again."""

_LINE = "check the number on the owner's own page, then write the date in verified_on"
_MEASURE = "read its source and licence again, then write the date in verified_on"


def stale(release: Release, today: date) -> Iterator[Finding]:
    """What was verified too long ago, or on no day that can be read."""
    for code, country in release.countries.items():
        for number, line in enumerate(country.lines, 1):
            place = "lines", f"{code}.lines.{number}"
            yield from _dated(place, line.name, line.verified, line.verified_on, today, _LINE)
    for name, measure in release.measures.items():
        place = f"measure/{name}", "verified_on"
        said = measure.verified, measure.verified_on
        yield from _dated(place, name, *said, today, _MEASURE)


def _dated(
    place: tuple[str, str],
    name: str,
    verified: bool,
    written: str | None,
    today: date,
    hint: str,
) -> Iterator[Finding]:
    day = _day(written)
    if written is not None and (day is None or day > today):
        text = f"{written} is no day up to today: write it like {today.isoformat()}"
        yield Finding(*place, text)
    elif verified and day is None:
        yield Finding(*place, f"{name} is verified, but on which day? Write it in verified_on")
    elif verified and day is not None:
        yield from _aged(place, name, (today - day).days, hint)


def _aged(place: tuple[str, str], name: str, days: int, hint: str) -> Iterator[Finding]:
    if days >= STALE_DAYS:
        yield Finding(*place, f"{name} was verified {days} days ago: {hint}")
    elif days >= WARNED_DAYS:
        yield warning(*place, f"{name} was verified {days} days ago: {hint}")


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
