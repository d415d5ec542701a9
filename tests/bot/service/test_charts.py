"""The course of a measure as a figure: where things stand, and what is marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.service.charts import BOTTOM, LEFT, RIGHT, TOP, figure, spark
from flows.measure import Change, Measure, MeasureItem
from flows.state import Score

FIRST = datetime(2027, 1, 4, 23, 30, tzinfo=UTC)
PAIN = Measure(
    measure="peg",
    title="Pain (PEG)",
    short="Pain",
    recall="the past week",
    items=(MeasureItem(text="How bad?", short="Pain"),),
    score="mean",
    range=(0, 10),
    change=Change(reliable=3, important=1, important_percent=30, method="SEM", source="Reed 2024"),
    licence="free",
    source="ours",
)
ENERGY = PAIN.model_copy(update={"better": "higher", "change": None})


def scored(*totals: float | None) -> list[Score]:
    """A score a week."""
    return [
        Score(measure="peg", at=FIRST + timedelta(weeks=week), turn=week, total=total, items={})
        for week, total in enumerate(totals)
    ]


@pytest.mark.parametrize(
    ("totals", "trends", "important"),
    [
        ((6, 3), ["same", "better"], [False, True]),
        ((6, 3.1), ["same", "same"], [False, True]),
        ((6, 4.3), ["same", "same"], [False, False]),
        ((3, 6), ["same", "worse"], [False, True]),
        ((5, None, 9), ["same", "worse"], [False, True]),
        ((0, 0), ["same", "same"], [False, False]),
    ],
)
def test_each_score_is_marked_by_how_it_differs_from_the_first(
    totals: tuple[float | None, ...], trends: list[str], important: list[bool]
) -> None:
    """Reliable from 3 points on; important from 1 point that is 30 percent of the first."""
    drawn = figure(PAIN, scored(*totals), "UTC")

    assert drawn is not None
    assert [dot.trend for dot in drawn.dots] == trends
    assert [dot.important for dot in drawn.dots] == important


def test_higher_scores_stand_higher_and_time_goes_to_the_right() -> None:
    """The scale fills the panel from bottom to top, the weeks from left to right."""
    drawn = figure(PAIN, scored(0, 10, 5), "UTC")

    assert drawn is not None
    assert [dot.y for dot in drawn.dots] == [BOTTOM, TOP, (TOP + BOTTOM) / 2]
    assert [dot.x for dot in drawn.dots] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    assert drawn.line == "30,178 180,26 330,102"
    assert [mark.label for mark in drawn.scores] == ["0", "2", "4", "6", "8", "10"]


def test_the_band_of_chance_lies_around_the_first_score_and_inside_the_panel() -> None:
    """Three points up and down; what lies beyond the scale is cut off."""
    middle, low = figure(PAIN, scored(5), "UTC"), figure(PAIN, scored(1), "UTC")
    unknown = figure(ENERGY, scored(5, 9), "UTC")

    assert middle is not None
    assert middle.strip is not None
    assert middle.baseline == middle.strip.top + middle.strip.height / 2
    assert middle.strip.height == pytest.approx(0.6 * (BOTTOM - TOP))
    assert low is not None
    assert low.strip is not None
    assert low.strip.top + low.strip.height == BOTTOM
    assert unknown is not None
    assert unknown.strip is None
    assert [dot.trend for dot in unknown.dots] == ["same", "same"]


def test_days_are_those_where_the_patient_is() -> None:
    """Half past eleven at night in London is the next day in Tokyo."""
    here, there = figure(PAIN, scored(5), "Europe/London"), figure(PAIN, scored(5), "Asia/Tokyo")

    assert here is not None
    assert there is not None
    assert (here.dots[0].day, there.dots[0].day) == ("4 Jan 2027", "5 Jan 2027")


def test_dates_are_only_written_where_there_is_room() -> None:
    """A year of weekly scores still has dates that do not run into each other."""
    drawn = figure(PAIN, scored(*[5.0] * 52), "UTC")

    assert drawn is not None
    places = [mark.place for mark in drawn.days]
    assert places[-1] == RIGHT
    assert 3 <= len(places) <= 6
    assert all(later - earlier >= 60 for earlier, later in pairwise(places))


def test_without_a_total_there_is_no_figure() -> None:
    """A measure that was begun and never finished has no course."""
    assert figure(PAIN, scored(None, None), "UTC") is None
    assert figure(PAIN, [], "UTC") is None
    assert spark(PAIN, []) is None


def test_the_small_course_ends_at_its_right_side_however_short() -> None:
    """A single score stands where the newest of many stands; its number is the newest."""
    one, many = spark(PAIN, [5.0]), spark(PAIN, [6.0, 5.5, 2.666])

    assert one is not None
    assert many is not None
    assert one.x == many.x
    assert (many.first, many.now, many.trend, many.count) == ("6", "2.7", "better", 3)
