"""Random patients live with the real program for twelve weeks and longer, and nobody is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.effects import Raise, Send
from flows.events import words_of
from tests.flows.lives import CRISIS, DAY, FIRST, TOWNS, Course, Habits, Life
from tests.flows.weeks import (
    every_alert_is_raised,
    lessons_come_at_their_pace,
    measures_come_in_time,
    nothing_is_asked_twice_a_day,
    nudges_are_few,
    sets_are_whole,
)

TWELVE_WEEKS = FIRST + 84 * DAY
FOLLOWED = FIRST + 250 * DAY
"""Long enough for the first visit after the course, whatever the pace of the short pack."""

REMINDER_DAYS = ("1,2,3,4,5,6,7", "1,2,3,4,5", "1,3,5", "6,7", "7")
REMINDER_TIMES = ("09:00", "18:30", "23:00")
"""The last lies in the quiet hours."""

COURSES = [
    Course(track, pace, pack, days, time, town)
    for number, (track, pace, pack) in enumerate(
        (track, pace, pack)
        for track in ("cbt", "act")
        for pace in ("fast", "standard", "slow")
        for pack in ("whole", "short")
    )
    for days in [REMINDER_DAYS[number % len(REMINDER_DAYS)]]
    for time in [REMINDER_TIMES[number % len(REMINDER_TIMES)]]
    for town in [sorted(TOWNS)[number % len(TOWNS)]]
]
"""Every track, pace and pack, each with its own days and hour for reminders, and its own town."""

ANYWHERE = st.builds(
    Course,
    track=st.sampled_from(["cbt", "act"]),
    pace=st.sampled_from(["fast", "standard", "slow"]),
    pack=st.sampled_from(["whole", "short"]),
    days=st.sampled_from(REMINDER_DAYS),
    time=st.sampled_from(REMINDER_TIMES),
    town=st.sampled_from(sorted(TOWNS)),
)
RESTLESS = st.builds(
    Habits,
    steady=st.just(False),
    aside=st.sampled_from([30, 100, 200]),
    doors=st.sampled_from([5, 40, 100]),
    leaving=st.sampled_from([0, 30, 120]),
    strange=st.sampled_from([0, 20, 80]),
    crisis=st.sampled_from([0, 3, 15]),
    away=st.sampled_from([8, 40, 160]),
)


@pytest.fixture(params=COURSES, ids=str)
def steady(request: pytest.FixtureRequest) -> tuple[Course, Life]:
    """Twelve weeks of somebody who answers everything on the day that it is asked."""
    course: Course = request.param
    return course, _steady(course)


@cache
def _steady(course: Course) -> Life:
    return Life(course, Habits(), seed=COURSES.index(course)).live(TWELVE_WEEKS)
