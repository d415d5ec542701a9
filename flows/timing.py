"""When something is due in the patient's own time zone, whatever clocks do there."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"UTC([+-])(\d{2}):([0-5]\d)")
_MINUTE = timedelta(minutes=1)
_WEEK = frozenset(range(1, 8))


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name or of an offset like UTC+05:45; ValueError for others."""
    if name.startswith("UTC") and (match := _OFFSET.fullmatch(name)):
        sign, hours, minutes = match.groups()
        away = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(away if sign == "+" else -away)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone '{name}'") from error


def local(at: datetime, zone: str) -> datetime:
    """The same moment as the patient's clock shows it."""
    return at.astimezone(zone_of(zone))


def local_date(at: datetime, zone: str) -> date:
    """The date on the patient's calendar at that moment."""
    return local(at, zone).date()


def next_slot(
    after: datetime, *, zone: str, at_time: str, days: Sequence[int], skip: date | None = None
) -> tuple[datetime, date]:
    """The first moment after `after` that is `at_time` on one of the ISO weekdays, and its date.

    The date to `skip` is passed over. A time that the clocks leave out is the first minute after
    it; one that they show twice is the first of the two.
    """
    if _WEEK.isdisjoint(days):
        raise ValueError("no weekday to choose from")
    there, wanted = zone_of(zone), time.fromisoformat(at_time)
    day = after.astimezone(there).date()
    while True:
        is_meant = day.isoweekday() in days and day != skip
        moment = _moment(day, wanted, there) if is_meant else None
        if moment is not None and moment > after:
            return moment, day
        day += timedelta(days=1)


def moment_on(day: date, hhmm: str, zone: str) -> datetime | None:
    """The moment of that time on that day there; None if the rest of the day does not exist.

    A time that the clocks leave out is the first minute after it; one that they show twice is the
    first of the two.
    """
    return _moment(day, time.fromisoformat(hhmm), zone_of(zone))


def is_quiet(at: datetime, zone: str, quiet: tuple[str, str]) -> bool:
    """Whether the patient's clock is in the quiet hours, which may go past midnight."""
    shown = local(at, zone)
    return _is_within(f"{shown.hour:02}:{shown.minute:02}", quiet)


def shift_out_of_quiet(hhmm: str, quiet: tuple[str, str]) -> str:
    """That time, or the end of the quiet hours if it lies in them."""
    return quiet[1] if _is_within(hhmm, quiet) else hhmm


def _is_within(hhmm: str, quiet: tuple[str, str]) -> bool:
    start, end = quiet
    if start <= end:
        return start <= hhmm < end
    return hhmm >= start or hhmm < end


# many people share a day, a time and a zone
@lru_cache(maxsize=1024)
def _moment(day: date, wanted: time, there: tzinfo) -> datetime | None:
    """The UTC moment of that time on that day; None if the rest of the day does not exist."""
    shown = datetime.combine(day, wanted)
    # in a gap, these lie on either side of it; elsewhere both are the moment (or its first)
    later = shown.replace(tzinfo=there).astimezone(UTC)
    if _clock(later, there) == shown:
        return later
    earlier = shown.replace(tzinfo=there, fold=1).astimezone(UTC).replace(second=0)
    minutes = range((later - earlier) // _MINUTE + 1)
    past_gap = bisect_left(minutes, shown, key=lambda n: _clock(earlier + n * _MINUTE, there))
    moment = earlier + past_gap * _MINUTE
    return moment if _clock(moment, there).date() == day else None


def _clock(moment: datetime, there: tzinfo) -> datetime:
    return moment.astimezone(there).replace(tzinfo=None)
