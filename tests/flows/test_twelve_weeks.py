"""Random patients live with the real program for twelve weeks and longer, and nobody is lost."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.effects import File, Raise, Skip
from flows.events import Due, words_of
from flows.journey import PHASES
from tests.flows.lives import Life
from tests.flows.people import CRISIS, DAY, FIRST, TOWNS, Course, Habits
from tests.flows.weeks import (
    every_alert_is_raised,
    lessons_come_at_their_pace,
    measures_come_in_time,
    nothing_is_asked_twice_a_day,
    nudges_are_few,
    sets_are_whole,
)

TWELVE_WEEKS = FIRST + 84 * DAY
FOLLOWED = FIRST + 140 * DAY
"""Long enough for a fast short course and the first visit after it."""

REMINDER_DAYS = ("1,2,3,4,5,6,7", "1,2,3,4,5", "1,3,5", "6,7", "7")
REMINDER_TIMES = ("09:00", "18:30", "23:00")
"""The last lies in the quiet hours."""

COURSES = [
    Course(track, pace, pack, REMINDER_DAYS[at % 5], REMINDER_TIMES[at % 3], sorted(TOWNS)[at % 4])
    for at, (track, pace, pack) in enumerate(
        product(("cbt", "act"), ("fast", "standard", "slow"), ("whole", "short"))
    )
]
"""Every track, pace and pack, each with its own days and hour for reminders, and its own town."""

NAMES = [f"{course.track}, {course.pace}, {course.pack}" for course in COURSES]

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


UNTIRING = Habits(steady=False, aside=100, doors=40, leaving=20, strange=40, crisis=6, away=160)


@cache
def steady(course: Course) -> Life:
    """Twelve weeks of somebody who answers everything on the day that it is asked."""
    return Life(course, Habits(), seed=COURSES.index(course)).live(TWELVE_WEEKS)


@cache
def restless(seed: int) -> Life:
    """Twelve weeks of somebody who does whatever people do."""
    return Life(COURSES[seed], UNTIRING, seed).live(TWELVE_WEEKS)


def keeps_every_promise(life: Life) -> None:
    """Fail if these weeks broke what is promised to everyone, whatever they do."""
    nudges_are_few(life)
    nothing_is_asked_twice_a_day(life)
    every_alert_is_raised(life)


def comes_in_time(life: Life) -> None:
    """Fail if something came late, early or not at all to somebody who answers everything."""
    lessons_come_at_their_pace(life, TWELVE_WEEKS)
    measures_come_in_time(life)
    sets_are_whole(life)


@pytest.mark.parametrize("course", COURSES, ids=NAMES)
def test_no_promise_is_broken_in_a_steady_life(course: Course) -> None:
    """One nudge a day and none at night, nothing asked twice, each alert and no other."""
    keeps_every_promise(steady(course))


@pytest.mark.parametrize("course", COURSES, ids=NAMES)
def test_all_comes_in_time_to_who_answers_everything(course: Course) -> None:
    """Each lesson at its pace, each measure in its week, each set of questions whole."""
    comes_in_time(steady(course))


@pytest.mark.parametrize("track", ["cbt", "act"])
@pytest.mark.parametrize("days", REMINDER_DAYS[:4])
def test_the_fast_pace_leads_through_in_twelve_weeks(track: str, days: str) -> None:
    """All nine lessons and the closing, even with reminders at weekends only."""
    life = Life(Course(track, "fast", "whole", days), Habits(), seed=7).live(TWELVE_WEEKS)

    assert sum(done.flow.startswith("lesson/") for done in life.state.done) == 9
    assert life.state.phase == "following_up"


@pytest.mark.parametrize("track", ["cbt", "act"])
def test_the_first_visit_after_the_course_comes_in_time(track: str) -> None:
    """Ninety days after the closing, with its measures; between them not a word."""
    life = Life(Course(track, "fast", "short"), Habits(doors=0), seed=1).live(FOLLOWED)
    closed, visited = life.state.finished("flow/ending"), life.state.finished("flow/booster-3")

    assert closed is not None
    assert visited is not None
    assert 89 * DAY <= visited - closed <= 92 * DAY
    assert [note.day for note in life.notes if note.is_nudge and closed < note.at < visited][
        1:
    ] == []
    sets_are_whole(life)


@settings(settings.get_profile("engine"), max_examples=4)
@given(course=ANYWHERE, seed=st.integers(0, 2**32))
def test_whoever_answers_everything_gets_everything(course: Course, seed: int) -> None:
    """Wherever they live, whatever they chose, whatever they answer."""
    life = Life(course, Habits(), seed).live(TWELVE_WEEKS)

    keeps_every_promise(life)
    comes_in_time(life)


@settings(settings.get_profile("engine"), max_examples=10)
@given(course=ANYWHERE, habits=RESTLESS, seed=st.integers(0, 2**32))
def test_whatever_people_do_no_promise_is_broken(course: Course, habits: Habits, seed: int) -> None:
    """They leave and come back, stay away, rest, tap old buttons, and say that they want to die.

    At every turn a way on is open, and now and then it is tried whether help would come first.
    """
    keeps_every_promise(Life(course, habits, seed).live(TWELVE_WEEKS))


@pytest.mark.parametrize("seed", range(len(COURSES)))
def test_no_promise_is_broken_in_a_restless_life(seed: int) -> None:
    """The same for a dozen lives that stay as they are."""
    keeps_every_promise(restless(seed))


def test_these_lives_meet_the_whole_program() -> None:
    """Or else the promises would be kept in vain: nudges, alerts, waits, cards, pauses, crises."""
    lives = [steady(course) for course in COURSES] + [restless(at) for at in range(len(COURSES))]
    notes = [note for life in lives for note in life.notes]
    effects = [each for note in notes for each in note.effects]
    opened = {flow for note in notes for flow in note.after}
    raised = {each.rule for each in effects if isinstance(each, Raise)}
    due = {note.event.key.partition(":")[0] for note in notes if isinstance(note.event, Due)}
    skipped = {each.reason for each in effects if isinstance(each, Skip)}

    about = {f"nudge/{kind}" for kind in ("check", "lesson", "addon", "plan", "unfinished")}
    assert opened >= {*about, "nudge/paused", "nudge/behind", "safety/crisis", "flow/middle"}
    assert len([flow for flow in opened if flow.startswith("addon/")]) >= 5
    assert len([flow for flow in opened if flow.startswith("exercise/")]) > 20
    assert raised >= {"crisis-words", "item9-high", "item9-some", "uwcap-hopeless", "left"}
    assert raised >= {"peg-worse", "phq9-worse", "gad7-worse", "no-gain-midcourse"}
    assert due >= {"day", "cue", "silence", "behind", "overdue"}
    assert skipped >= {"late", "here now", "unanswered", "replaced"}
    assert {note.phase for note in notes} >= set(PHASES) - {"finished"}
    assert any(isinstance(each, File) and each.replaces for each in effects)
    assert any(words_of(note.event) in CRISIS for note in notes)
