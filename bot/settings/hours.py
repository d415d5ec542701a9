"""When the care team reads what patients write, in words and as a value."""

import re
from dataclasses import dataclass
from datetime import datetime, time, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\w{3})(?:-(\w{3}))? (\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """Some weekdays (Monday is 0) from one time of day until another; no end is midnight."""

    days: frozenset[int]
    start: time
    end: time | None

    def holds(self, local: datetime) -> bool:
        """Whether this local moment is in it."""
        begun = local.weekday() in self.days and self.start <= local.time()
        return begun and (self.end is None or local.time() < self.end)


@dataclass(frozen=True, slots=True)
class Hours:
    """When the care team reads: the words it was written in, and their meaning."""

    words: str
    spans: tuple[Span, ...]

    def open_at(self, moment: datetime, zone: tzinfo) -> bool:
        """Whether the care team reads at this moment, by the clocks of its zone."""
        local = moment.astimezone(zone)
        return any(span.holds(local) for span in self.spans)


def read_hours(words: object) -> Hours:
    """The hours in words such as `Mon-Fri 09:00-17:00, Sat 10:00-12:00`, or ValueError."""
    if isinstance(words, Hours):
        return words
    written = str(words).strip()
    return Hours(written, tuple(_span(part.strip()) for part in written.split(",")))


def _span(words: str) -> Span:
    found = _SPAN.fullmatch(words)
    if found is None:
        msg = "must look like Mon-Fri 09:00-17:00, Sat 10:00-12:00"
        raise ValueError(msg)
    first, last, start, end = found.groups()
    span = Span(_days(first, last or first), _time(start), None if end == "24:00" else _time(end))
    if span.end is not None and span.end <= span.start:
        msg = "must end later on the same day than they begin (24:00 is midnight)"
        raise ValueError(msg)
    return span


def _days(first: str, last: str) -> frozenset[int]:
    try:
        start, end = DAYS.index(first.lower()), DAYS.index(last.lower())
    except ValueError:
        msg = "must name days as Mon Tue Wed Thu Fri Sat Sun"
        raise ValueError(msg) from None
    return frozenset((start + step) % 7 for step in range((end - start) % 7 + 1))


def _time(words: str) -> time:
    try:
        return time.fromisoformat(words)
    except ValueError:
        msg = "must give times from 00:00 to 24:00"
        raise ValueError(msg) from None
