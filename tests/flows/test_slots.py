"""Times for a call as clinicians type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows import timing
from flows.reading.slots import Calendar, read_slots
from tests.flows.starts import real_release

NOW = datetime(2027, 1, 13, 15, 0, tzinfo=UTC)
"""A Wednesday, four o'clock in Paris."""


def calendar() -> Calendar:
    release = real_release()
    return Calendar(NOW, "Europe/Paris", release.messages.days, release.text("months").split())


def read(text: str) -> list[str]:
    slots = read_slots(text, calendar())
    return [f"{timing.local(each, 'Europe/Paris'):%a %d %b %H:%M}" for each in slots.moments]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Tue 10:00, Wed 15:30", ["Tue 19 Jan 10:00", "Wed 20 Jan 15:30"]),
        ("2027-02-03 09:00", ["Wed 03 Feb 09:00"]),
        ("tomorrow 3 pm", ["Thu 14 Jan 15:00"]),
        ("today 17:00", ["Wed 13 Jan 17:00"]),
        ("Wed 16:30", ["Wed 13 Jan 16:30"]),
        ("wed 15:00", ["Wed 20 Jan 15:00"]),
        ("3 Feb 9:00", ["Wed 03 Feb 09:00"]),
        ("Feb 3 9am", ["Wed 03 Feb 09:00"]),
        ("Fri 10:00 or Mon 11", ["Fri 15 Jan 10:00", "Mon 18 Jan 11:00"]),
        ("Friday at 10", ["Fri 15 Jan 10:00"]),
        ("Fri 10:00; fri 10:00\nFriday 10", ["Fri 15 Jan 10:00"]),
        ("Wed 15:30, Tue 10:00", ["Tue 19 Jan 10:00", "Wed 20 Jan 15:30"]),
        # the clocks leave this out: the first minute after it
        ("2027-03-28 02:30", ["Sun 28 Mar 03:00"]),
    ],
)
def test_times_are_read_on_the_clinicians_clock(typed: str, wanted: list[str]) -> None:
    """Weekdays, dates and near days, in any order, each once."""
    assert read(typed) == wanted
    assert read_slots(typed, calendar()).unclear == ()


@pytest.mark.parametrize(
    "typed",
    [
        *("hello", "10:00", "9", "Thursday 25:00", "31 Feb 9:00", "2027-13-01 9:00"),
        *("mo-fri 9", "every day 9", "14/01 9:00", "Tue", "200 min", "<b>Tue</b> 10:00"),
    ],
)
def test_what_nobody_can_be_sure_of_is_not_guessed(typed: str) -> None:
    """The piece comes back as it was typed."""
    slots = read_slots(typed, calendar())

    assert slots.moments == ()
    assert slots.unclear == (typed,)


@pytest.mark.parametrize("typed", ["today 9:00", "2026-12-03 09:00", "2028-01-14 9:00"])
def test_what_lies_behind_or_too_far_ahead_is_told_apart(typed: str) -> None:
    """A slip of the day or the year is no time for a call."""
    slots = read_slots(typed, calendar())

    assert (slots.moments, slots.unclear, slots.past) == ((), (), (typed,))


def test_one_bad_piece_spoils_no_other() -> None:
    """Each piece is judged by itself, and the length of the call is a piece too."""
    slots = read_slots("Fri 10:00, blah, 20 min", calendar())

    assert (len(slots.moments), slots.minutes, slots.unclear) == (1, 20, ("blah",))


def test_an_hour_shown_twice_is_the_first_of_the_two() -> None:
    """On the night in October when the clocks go back, the earlier half past two is meant."""
    autumn = Calendar(
        datetime(2027, 10, 1, tzinfo=UTC), "Europe/Paris", calendar().days, calendar().months
    )

    assert read_slots("2027-10-31 02:30", autumn).moments == (
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
    )
