"""Nudges in the patient's own time: once a day, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.timing import (
    is_quiet,
    local,
    local_date,
    next_slot,
    shift_out_of_quiet,
    zone_of,
)

DAILY = (1, 2, 3, 4, 5, 6, 7)
NIGHT = ("21:00", "08:00")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("UTC+05:45", 5.75), ("UTC-03:30", -3.5), ("Asia/Kathmandu", 5.75), ("UTC", 0), ("EST", -5)],
)
def test_a_zone_has_a_name_or_an_offset(zone: str, hours: float) -> None:
    """IANA names and offsets both say how far the clock there is from UTC."""
    assert zone_of(zone).utcoffset(datetime(2026, 1, 15)) == timedelta(hours=hours)  # noqa: DTZ001


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Olympus",
        "",
        "America",
        "/etc/passwd",
        "../UTC",
        "UTC+25:00",
        "UTC+5",
        "UTC+05:75",
        "x\0",
    ],
)
def test_what_is_no_zone_is_refused_by_name(zone: str) -> None:
    """Neither a made-up place nor a path is a time zone."""
    with pytest.raises(ValueError, match=r"time zone|offset"):
        zone_of(zone)


@pytest.mark.parametrize(
    ("after", "zone", "at_time", "days", "due", "day"),
    [
        # today, still ahead
        ("2026-11-21T08:00", "Europe/London", "09:30", DAILY, "2026-11-21T09:30", "2026-11-21"),
        # now is not after now: tomorrow
        ("2026-11-21T09:30", "Europe/London", "09:30", DAILY, "2026-11-22T09:30", "2026-11-22"),
        # the local day is already another than in UTC
        ("2026-11-21T20:00", "Pacific/Auckland", "10:00", DAILY, "2026-11-21T21:00", "2026-11-22"),
        (
            "2026-11-21T04:00",
            "America/Los_Angeles",
            "21:00",
            DAILY,
            "2026-11-21T05:00",
            "2026-11-20",
        ),
        # quarter hours
        ("2026-11-21T00:00", "UTC+05:45", "09:00", DAILY, "2026-11-21T03:15", "2026-11-21"),
        # Saturday to Monday
        (
            "2026-11-21T12:00",
            "Europe/Berlin",
            "10:00",
            (1, 2, 3, 4, 5),
            "2026-11-23T09:00",
            "2026-11-23",
        ),
        # the same weekday a week later
        ("2026-11-21T12:00", "Europe/Berlin", "10:00", (6,), "2026-11-28T09:00", "2026-11-28"),
        # gap: 02:00 to 03:00 does not exist, so the first minute after it
        ("2026-03-29T00:00", "Europe/Berlin", "02:30", DAILY, "2026-03-29T01:00", "2026-03-29"),
        ("2026-03-08T05:00", "America/New_York", "02:00", DAILY, "2026-03-08T07:00", "2026-03-08"),
        # a gap of half an hour
        (
            "2026-10-03T12:00",
            "Australia/Lord_Howe",
            "02:15",
            DAILY,
            "2026-10-03T15:30",
            "2026-10-04",
        ),
        # a gap at midnight
        ("2026-04-23T20:00", "Africa/Cairo", "00:30", DAILY, "2026-04-23T22:00", "2026-04-24"),
        # overlap: 02:30 comes twice, the first counts
        ("2026-10-24T22:00", "Europe/Berlin", "02:30", DAILY, "2026-10-25T00:30", "2026-10-25"),
        # between the two: the first is past, so tomorrow
        ("2026-10-25T01:00", "Europe/Berlin", "02:30", DAILY, "2026-10-26T01:30", "2026-10-26"),
        # Samoa had no 30 December 2011
        ("2011-12-30T05:00", "Pacific/Apia", "10:00", DAILY, "2011-12-30T20:00", "2011-12-31"),
    ],
)
def test_the_next_slot(
    after: str, zone: str, at_time: str, days: tuple[int, ...], due: str, day: str
) -> None:
    """The patient's hour on the patient's days, as UTC, through every change of the clocks."""
    slot = next_slot(utc(after), zone=zone, at_time=at_time, days=days)

    assert slot == (utc(due), date.fromisoformat(day))


def test_a_day_that_had_its_nudge_is_passed_over() -> None:
    """One nudge a day: with today skipped, it is the next of the chosen days."""
    slot = next_slot(
        utc("2026-11-20T06:00"),
        zone="Europe/London",
        at_time="10:00",
        days=(5, 1),
        skip=date(2026, 11, 20),
    )

    assert slot == (utc("2026-11-23T10:00"), date(2026, 11, 23))


def test_without_any_day_there_is_no_slot() -> None:
    """An empty choice of days is refused instead of searched for ever."""
    with pytest.raises(ValueError, match="no weekday"):
        next_slot(utc("2026-11-20T06:00"), zone="UTC", at_time="10:00", days=())


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(available_timezones() - {"localtime"})),
    st.datetimes(datetime(2019, 1, 1), datetime(2036, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.times().map(lambda t: t.strftime("%H:%M")),
)
def test_every_local_day_has_exactly_one_slot(zone: str, start: datetime, at_time: str) -> None:
    """Over all zones and many years, ten slots in a row are ten days in a row, each at its time."""
    slots, after = [], start
    for _ in range(10):
        after, day = next_slot(after, zone=zone, at_time=at_time, days=DAILY)
        slots.append((after, day))

    assert [day for _, day in slots] == [slots[0][1] + timedelta(days=n) for n in range(10)]
    for moment, day in slots:
        shown = local(moment, zone)
        assert shown.date() == day
        assert shown.strftime("%H:%M") >= at_time
        # a minute earlier the clock was before that time, unless it goes back over it
        before = local(moment - timedelta(minutes=1), zone)
        assert before.date() < day or before.strftime("%H:%M") < at_time


@pytest.mark.parametrize("zone", sorted(available_timezones() - {"localtime"}))
def test_in_each_zone_a_change_of_clocks_neither_drops_nor_doubles_a_day(zone: str) -> None:
    """Through four years at half past two in the night, each day comes once."""
    after, days = utc("2024-01-01T12:00"), []
    while after < utc("2028-01-01T12:00"):
        after, day = next_slot(after, zone=zone, at_time="02:30", days=DAILY)
        days.append(day)

    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]


@pytest.mark.parametrize(
    ("at", "zone", "quiet", "expected"),
    [
        ("2026-11-21T21:00", "UTC", NIGHT, True),
        ("2026-11-21T20:59", "UTC", NIGHT, False),
        ("2026-11-21T03:00", "UTC", NIGHT, True),
        ("2026-11-21T08:00", "UTC", NIGHT, False),
        ("2026-11-21T12:00", "Asia/Tokyo", NIGHT, True),
        ("2026-11-21T13:30", "UTC", ("13:00", "14:00"), True),
        ("2026-11-21T14:00", "UTC", ("13:00", "14:00"), False),
        ("2026-11-21T13:00", "UTC", ("13:00", "13:00"), False),
    ],
)
def test_quiet_hours_are_the_patients_own(
    at: str, zone: str, quiet: tuple[str, str], expected: bool
) -> None:
    """They begin at the first time, end before the second, and may go past midnight."""
    assert is_quiet(utc(at), zone, quiet) is expected


@pytest.mark.parametrize(
    ("hhmm", "shifted"),
    [("22:15", "08:00"), ("03:00", "08:00"), ("08:00", "08:00"), ("20:59", "20:59")],
)
def test_a_time_in_the_quiet_hours_moves_to_their_end(hhmm: str, shifted: str) -> None:
    """A nudge asked for at night comes in the morning."""
    assert shift_out_of_quiet(hhmm, NIGHT) == shifted


def test_the_local_date_is_the_patients_calendar() -> None:
    """Late evening in London is already tomorrow in Kathmandu."""
    assert local_date(utc("2026-11-21T20:00"), "Asia/Kathmandu") == date(2026, 11, 22)
