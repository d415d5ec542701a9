"""The whole course as a calendar: in which week each lesson, set of questions and nudge comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from itertools import groupby
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from flows.effects import Send
from tests.flows.courses import MONDAY, begun
from tests.flows.player import Player

CALENDAR = Path(__file__).with_name("calendar.yaml")
COURSES = [
    f"{track}, {pace}, {pack}"
    for track in ("cbt", "act")
    for pace in ("fast", "standard", "slow")
    for pack in ("whole", "short")
]
LONGEST = timedelta(days=700)
SHOWN = ("lesson", "addon", "flow")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HEAD = """\
# What a patient does who takes up every nudge at once, week by week, from the first lesson on.
# Written by `pytest tests/flows/test_course.py --update`; weeks without anything are left out.
"""

Done = tuple[int, str]
"""The day of the course, and what was finished on it."""


@pytest.fixture(scope="module")
def calendar(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The courses as they are written; `--update` writes what they are now."""
    if request.config.getoption("--update", default=False):
        lives = {course: list(_in_weeks(_lived(course))) for course in COURSES}
        CALENDAR.write_text(HEAD + _in_yaml(lives), encoding="utf-8", newline="\n")
    written: dict[str, list[str]] = YAML(typ="safe", pure=True).load(CALENDAR)
    return written


@pytest.mark.parametrize("course", COURSES)
def test_a_course_comes_as_the_calendar_says(course: str, calendar: dict[str, list[str]]) -> None:
    """Each track, pace and pack, from the first lesson to the visit after a year."""
    assert list(_in_weeks(_lived(course))) == calendar[course]


@pytest.mark.parametrize("course", COURSES)
def test_no_day_brings_more_than_one_thing(course: str) -> None:
    """The budget holds over the whole course: a lesson, or questions, or a word about the plan."""
    days = [day for day, _ in _lived(course)]

    assert len(days) == len(set(days))


def _lived(course: str) -> list[Done]:
    track, pace, pack = course.split(", ")
    player = begun(track=track, pace=pace, pack=pack)
    player.say("/progress")
    return list(_days(player))


def _days(player: Player) -> Iterator[Done]:
    """What was finished after each nudge, until no more comes."""
    while player.state.nudge is not None and player.now - MONDAY < LONGEST:
        before = set(player.state.done)
        turned = player.wait_for(player.state.nudge)
        assert any(isinstance(each, Send) for each in turned.effects), "a nudge about nothing"
        player.finish()
        new = [done.flow for done in player.state.done if done not in before]
        yield (player.now - MONDAY).days, _told(new)


def _told(flows: list[str]) -> str:
    """The lesson or the questions that were finished, or what the nudge was about."""
    shown = [flow for flow in flows if flow.partition("/")[0] in SHOWN]
    assert len(shown) <= 1, shown
    return shown[0].partition("/")[2] if shown else flows[0].partition("/")[2]


def _in_weeks(done: list[Done]) -> Iterator[str]:
    for week, days in groupby(done, key=lambda each: each[0] // 7):
        entries = list(days)
        named = [f"{DAYS[day % 7]} {name}" for day, name in entries if name != "plan"]
        plans = sum(name == "plan" for _, name in entries)
        yield f"week {week + 1}: " + ", ".join([*named, *([f"plan x{plans}"] if plans else [])])


def _in_yaml(lives: dict[str, list[str]]) -> str:
    yaml, page = YAML(), StringIO()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(lives, page)
    return page.getvalue()
