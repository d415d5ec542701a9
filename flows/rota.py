"""Who is on call at a moment: a weekly pattern, public holidays, and those who stand in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flows.timing import local

HOLIDAY = 7
"""The day of the pattern that stands for a public holiday; 0 is Monday."""

MIDNIGHT = "24:00"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of the weekly pattern by the clinic's clocks; one that ends earlier than it begins
    goes past midnight."""

    id: int
    day: int
    start: str
    until: str
    clinician_id: int
    place: int


@dataclass(frozen=True, slots=True)
class Swap:
    """Someone who stands in for whoever the pattern names, or where it names nobody."""

    id: int
    start_at: datetime
    until_at: datetime
    clinician_id: int
    place: int
    made_by: int | None = None


def on_call(
    shifts: Sequence[Shift],
    swaps: Sequence[Swap],
    at: datetime,
    zone: str,
    holidays: Collection[date] = (),
) -> dict[int, int]:
    """The clinician on call at that moment in each place, the first place first."""
    there = local(at, zone).replace(tzinfo=None)
    begun = [(start, shift) for start, shift in _begun(shifts, there.date(), holidays)]
    held = [(start, shift) for start, shift in begun if start <= there < _end(start, shift)]
    # where two overlap, the one that began last has it
    held.sort(key=lambda pair: (pair[0], pair[1].id))
    found = {shift.place: shift.clinician_id for _, shift in held}
    standing_in = sorted(swaps, key=lambda swap: swap.id)
    found |= {s.place: s.clinician_id for s in standing_in if s.start_at <= at < s.until_at}
    return dict(sorted(found.items()))


def _begun(
    shifts: Sequence[Shift], today: date, holidays: Collection[date]
) -> Iterator[tuple[datetime, Shift]]:
    """Each shift that begins today or began yesterday, with its beginning."""
    for day in (today - _DAY, today):
        pattern = _pattern(shifts, day, holidays)
        for shift in shifts:
            if shift.day == pattern:
                yield datetime.combine(day, time.fromisoformat(shift.start)), shift


def _pattern(shifts: Sequence[Shift], day: date, holidays: Collection[date]) -> int:
    # a team that planned nothing for holidays works them like any other day
    planned = any(shift.day == HOLIDAY for shift in shifts)
    return HOLIDAY if planned and day in holidays else day.weekday()


def _end(start: datetime, shift: Shift) -> datetime:
    until = "00:00" if shift.until == MIDNIGHT else shift.until
    end = datetime.combine(start.date(), time.fromisoformat(until))
    return end if end > start else end + _DAY
