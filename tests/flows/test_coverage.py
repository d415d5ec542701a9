"""When nobody is on call: gaps of a rota, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from flows.coverage import gaps
from flows.rota import Shift, Swap

MONDAY = datetime(2027, 1, 11, 0, 0, tzinfo=UTC)
WEEKDAYS = tuple(Shift(day, day, "09:00", "17:00", 1, 0) for day in range(5))
ALWAYS = tuple(Shift(day, day, "00:00", "24:00", 1, 0) for day in range(7))


def hours(found: object) -> list[tuple[str, str]]:
    """The gaps as weekday and time."""
    return [(f"{g.start_at:%a %H:%M}", f"{g.until_at:%a %H:%M}") for g in found]  # type: ignore[attr-defined]


def test_office_hours_leave_the_nights_and_the_weekend() -> None:
    """Four nights between, an early morning before, and from Friday evening to the end."""
    found = gaps(WEEKDAYS, (), MONDAY, 7, "UTC")

    assert hours(found)[:2] == [("Mon 00:00", "Mon 09:00"), ("Mon 17:00", "Tue 09:00")]
    assert hours(found)[-1] == ("Fri 17:00", "Mon 00:00")
    assert len(found) == 6


def test_a_rota_that_is_always_held_leaves_none() -> None:
    """Not a minute, at midnight either."""
    assert gaps(ALWAYS, (), MONDAY, 14, "Europe/Berlin") == []


def test_whoever_stands_in_fills_a_gap() -> None:
    """From the first quarter of an hour to the last."""
    swap = Swap(1, MONDAY + timedelta(days=4, hours=17), MONDAY + timedelta(days=7), 2, 0)

    assert hours(gaps(WEEKDAYS, (swap,), MONDAY, 7, "UTC"))[-1] == ("Thu 17:00", "Fri 09:00")


@pytest.mark.parametrize(("planned", "gap"), [(False, 0), (True, 8)], ids=["as usual", "planned"])
def test_a_holiday_that_is_planned_for_others_leaves_its_hours(planned: bool, gap: int) -> None:
    """With a row for holidays, the weekday's own row does not hold on one."""
    holiday = (Shift(9, 7, "08:00", "24:00", 2, 0),) if planned else ()
    found = gaps((*ALWAYS, *holiday), (), MONDAY, 1, "UTC", [date(2027, 1, 11)])

    assert sum(((g.until_at - g.start_at) / timedelta(hours=1) for g in found), 0.0) == gap
