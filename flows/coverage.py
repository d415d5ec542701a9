"""When nobody is on call: the gaps that a rota leaves in the days to come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.rota import Shift, Swap, on_call

STEP = timedelta(minutes=15)
"""How finely a gap is found; shifts begin and end on a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which nobody stands in the first place."""

    start_at: datetime
    until_at: datetime


def gaps(
    shifts: Sequence[Shift],
    swaps: Sequence[Swap],
    start_at: datetime,
    days: int,
    zone: str,
    holidays: Collection[date] = (),
) -> list[Gap]:
    """The gaps of so many days from that moment on, in order."""
    found: list[Gap] = []
    for at in _quarters(start_at, days):
        if on_call(shifts, swaps, at, zone, holidays):
            continue
        if found and found[-1].until_at == at:
            found[-1] = Gap(found[-1].start_at, at + STEP)
        else:
            found.append(Gap(at, at + STEP))
    return found


def _quarters(start_at: datetime, days: int) -> Iterator[datetime]:
    first = start_at - (start_at - datetime.min.replace(tzinfo=start_at.tzinfo)) % STEP
    for number in range(days * int(timedelta(days=1) / STEP)):
        yield first + number * STEP
