"""Who is on call: the pattern, the nights, the holidays, the clocks that change, the swaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flows.rota import HOLIDAY, Shift, Swap, on_call
from flows.timing import zone_of

LONDON = "Europe/London"
ANN, BOB, CEM, DEE = 1, 2, 3, 4
MONDAY = "2027-01-11"
BANK_HOLIDAY = date(2027, 5, 3)

OFFICE = tuple(Shift(10 + day, day, "09:00", "17:00", ANN, 0) for day in range(5))
NIGHTS = tuple(Shift(20 + day, day, "20:00", "08:00", BOB, 0) for day in range(7))
SECOND = tuple(Shift(30 + day, day, "09:00", "17:00", CEM, 1) for day in range(5))
ON_HOLIDAYS = (Shift(40, HOLIDAY, "00:00", "24:00", DEE, 0),)
ROTA = (*OFFICE, *NIGHTS, *SECOND, *ON_HOLIDAYS)


def at(words: str, zone: str = LONDON) -> datetime:
    """That moment by the clinic's clocks."""
    return datetime.fromisoformat(words).replace(tzinfo=zone_of(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        pytest.param("2027-01-11 08:59", {}, id="a gap before the office opens: nobody"),
        pytest.param("2027-01-11 09:00", {0: ANN, 1: CEM}, id="the minute at which it opens"),
        pytest.param("2027-01-11 16:59", {0: ANN, 1: CEM}, id="the last minute"),
        pytest.param("2027-01-11 17:00", {}, id="a gap until the night"),
        pytest.param("2027-01-11 23:30", {0: BOB}, id="the night, before midnight"),
        pytest.param("2027-01-12 03:00", {0: BOB}, id="the night, after midnight"),
        pytest.param("2027-01-12 07:59", {0: BOB}, id="the night's last minute"),
        pytest.param("2027-01-12 08:00", {}, id="the night is over"),
        pytest.param("2027-01-11 02:00", {0: BOB}, id="from Sunday into Monday"),
        pytest.param("2027-01-16 12:00", {}, id="Saturday: nobody in the pattern"),
        pytest.param("2027-05-03 12:00", {0: DEE}, id="a holiday has its own pattern"),
        pytest.param("2027-05-03 21:00", {0: DEE}, id="whose nights are its own"),
        pytest.param("2027-05-04 00:00", {}, id="and which ends at midnight"),
    ],
)
def test_the_pattern_names_who_is_on_call(moment: str, who: dict[int, int]) -> None:
    """Week after week, by the clinic's clocks."""
    assert on_call(ROTA, (), at(moment), LONDON, [BANK_HOLIDAY]) == who


def test_a_night_that_began_before_a_holiday_lasts_into_it() -> None:
    """Whoever began it ends it; where two overlap, the one that began last has it."""
    late = at("2027-05-03 02:00")

    assert on_call(NIGHTS, (), late, LONDON, [BANK_HOLIDAY]) == {0: BOB}
    assert on_call((*NIGHTS, *ON_HOLIDAYS), (), late, LONDON, [BANK_HOLIDAY]) == {0: DEE}


def test_a_team_that_planned_no_holidays_works_them_like_any_day() -> None:
    """An empty plan would leave the day to nobody."""
    noon = at("2027-05-03 12:00")

    assert on_call(OFFICE, (), noon, LONDON, [BANK_HOLIDAY]) == {0: ANN}


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        # clocks go from 01:00 to 02:00 on 28 March and from 02:00 to 01:00 on 31 October
        pytest.param(datetime(2027, 3, 28, 0, 59, tzinfo=UTC), ANN, id="before the gap"),
        pytest.param(datetime(2027, 3, 28, 1, 0, tzinfo=UTC), BOB, id="a start inside the gap"),
        pytest.param(datetime(2027, 10, 31, 0, 15, tzinfo=UTC), ANN, id="01:15 for the first time"),
        pytest.param(datetime(2027, 10, 31, 0, 45, tzinfo=UTC), BOB, id="01:45 for the first time"),
        pytest.param(datetime(2027, 10, 31, 1, 15, tzinfo=UTC), ANN, id="01:15 once more"),
        pytest.param(datetime(2027, 10, 31, 1, 45, tzinfo=UTC), BOB, id="01:45 once more"),
    ],
)
def test_when_the_clocks_change_somebody_is_always_on_call(moment: datetime, who: int) -> None:
    """Shifts go by what the clock on the wall shows: nobody falls into the gap."""
    handover = (Shift(1, 6, "00:00", "01:30", ANN, 0), Shift(2, 6, "01:30", "24:00", BOB, 0))

    assert on_call(handover, (), moment, LONDON) == {0: who}


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        pytest.param("2027-01-11 11:59", ANN, id="before the swap"),
        pytest.param("2027-01-11 12:00", DEE, id="inside the shift"),
        pytest.param("2027-01-11 13:59", DEE, id="its last minute"),
        pytest.param("2027-01-11 14:00", ANN, id="the shift goes on"),
    ],
)
def test_a_swap_stands_in_for_part_of_a_shift(moment: str, who: int) -> None:
    """For its place only."""
    swap = Swap(1, at(f"{MONDAY} 12:00"), at(f"{MONDAY} 14:00"), DEE, 0)

    assert on_call(ROTA, [swap], at(moment), LONDON) == {0: who, 1: CEM}


def test_a_swap_fills_a_gap_and_the_newest_of_two_holds() -> None:
    """A hole in the pattern can be mended for one day."""
    saturday = at("2027-01-16 10:00"), at("2027-01-16 18:00")
    first, second = Swap(1, *saturday, ANN, 0), Swap(2, *saturday, BOB, 0)

    assert on_call(ROTA, [second, first], at("2027-01-16 12:00"), LONDON) == {0: BOB}


def test_without_a_rota_nobody_is_on_call() -> None:
    """So that an alert falls through to the team."""
    assert on_call((), (), at(f"{MONDAY} 12:00"), LONDON) == {}


@given(
    minutes=some.integers(min_value=0, max_value=60 * 24 * 800),
    cut=some.integers(min_value=1, max_value=23 * 60 + 59),
    zone=some.sampled_from([LONDON, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_pattern_without_holes_leaves_no_moment_to_nobody(
    minutes: int, cut: int, zone: str
) -> None:
    """Wherever the clinic is, whatever its clocks do, wherever the day is cut in two."""
    handover = f"{cut // 60:02}:{cut % 60:02}"
    week = [
        shift
        for day in range(7)
        for shift in (
            Shift(2 * day, day, "00:00", handover, ANN, 0),
            Shift(2 * day + 1, day, handover, "24:00", BOB, 0),
        )
    ]
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    shown = moment.astimezone(zone_of(zone)).strftime("%H:%M")
    assert on_call(week, (), moment, zone) == {0: ANN if shown < handover else BOB}
