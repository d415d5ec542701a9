"""Times for a call, as clinicians type them: "Tue 10:00, tomorrow 3 pm, 2026-12-03 09:00"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows import timing
from flows.folding import fold
from flows.reading.times import read_days, read_time

MOST_MINUTES = 120
FARTHEST = timedelta(days=180)
"""A call that is later than this is a slip of the year."""

_BETWEEN = re.compile(r"[,;\n]+|\s+or\s+", re.IGNORECASE)
_LONG = re.compile(r"(\d{1,3})\s*min(?:s|utes?)?\.?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ t]+(.+)")
_DAY_MONTH = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})\.?(?:\s+(\d{4}))?\s+(.+)")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:\s+(\d{4}))?\s+(.+)")
_NAMED = re.compile(r"([^\W\d]+)\.?\s+(.+)")
_NEAR = {"today": 0, "tomorrow": 1}


@dataclass(frozen=True, slots=True)
class Slots:
    """What was understood: moments in order, how long if that was said, and what was not.

    `unclear` are the pieces that nobody could read, `past` those that lie behind or too far ahead.
    """

    moments: tuple[datetime, ...] = ()
    minutes: int | None = None
    unclear: tuple[str, ...] = ()
    past: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """What time it is, where, and what days and months are called there."""

    now: datetime
    zone: str
    days: Mapping[str, Sequence[str]]
    months: Sequence[str]

    @property
    def today(self) -> date:
        """The date on the calendar there."""
        return timing.local_date(self.now, self.zone)


def read_slots(text: str, calendar: Calendar) -> Slots:
    """The times in the text, and each piece of it that is none."""
    found: list[datetime] = []
    unclear: list[str] = []
    past: list[str] = []
    minutes: int | None = None
    for piece in filter(None, (" ".join(part.split()) for part in _BETWEEN.split(text))):
        long = _minutes(piece)
        moment = _moment(fold(piece).strip(" ."), calendar) if long is None else None
        if long is not None:
            minutes = long
        elif moment is None:
            unclear.append(piece)
        elif calendar.now < moment <= calendar.now + FARTHEST:
            found.append(moment)
        else:
            past.append(piece)
    return Slots(tuple(sorted(set(found))), minutes, tuple(unclear), tuple(past))


def _minutes(piece: str) -> int | None:
    match = _LONG.fullmatch(fold(piece))
    long = int(match[1]) if match else 0
    return long if 0 < long <= MOST_MINUTES else None


def _moment(said: str, calendar: Calendar) -> datetime | None:
    """The moment that these words name, on the clock there."""
    if match := _ISO.fullmatch(said):
        return _on(calendar, match[4], _date(int(match[1]), int(match[2]), int(match[3])))
    for pattern, day, month in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        match = pattern.fullmatch(said)
        number = _month(match[month], calendar) if match else None
        if match and number:
            year = int(match[3]) if match[3] else None
            return _on(calendar, match[4], _next_date(calendar, year, number, int(match[day])))
    if match := _NAMED.fullmatch(said):
        return _named(match[1], match[2], calendar)
    return None


def _named(word: str, clock: str, calendar: Calendar) -> datetime | None:
    """A moment on a day that is named: today, tomorrow, or the next such weekday."""
    if word in _NEAR:
        return _on(calendar, clock, calendar.today + timedelta(days=_NEAR[word]))
    day, hhmm = read_days(word, calendar.days), read_time(clock)
    if day is None or not day.isdecimal() or hhmm is None:
        return None
    return timing.next_slot(calendar.now, zone=calendar.zone, at_time=hhmm, days=[int(day)])[0]


def _on(calendar: Calendar, clock: str, day: date | None) -> datetime | None:
    hhmm = read_time(clock)
    if day is None or hhmm is None:
        return None
    return timing.moment_on(day, hhmm, calendar.zone)


def _month(word: str, calendar: Calendar) -> int | None:
    known = (n for n, name in enumerate(calendar.months, 1) if word[:3] == fold(name)[:3])
    return next(known, None)


def _next_date(calendar: Calendar, year: int | None, month: int, day: int) -> date | None:
    """That date, in this year or, if it is over, in the next."""
    found = _date(year or calendar.today.year, month, day)
    if year is None and found is not None and found < calendar.today:
        return _date(calendar.today.year + 1, month, day)
    return found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
