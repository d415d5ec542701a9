"""A cohort for a backtest made in a moment: scores of simulated people, and how they really went.

Nobody lives through the program here: only its calendar of measures is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.simulation.health import Health
from bot.simulation.people import GETTING_WORSE, Person, group
from flows import measures
from flows.backtest import Filled
from flows.program import Release

UNTIL = datetime(2026, 6, 1, 12, tzinfo=UTC)
FIRST_NUMBER = 1
CALENDAR = {
    "peg": {"every": 1, "from": 0},
    "phq-9": {"every": 2, "from": 0},
    "gad-7": {"every": 2, "from": 0},
    "uw-cap6": {"every": 6, "from": 0},
    "effects": {"every": 6, "from": 6},
}
"""In which weeks each measure comes, as the program's own checks go at most people's pace."""

MIDDLE_WEEK = 6


def cohort(
    release: Release, patients: int, weeks: int, seed: int
) -> tuple[list[Filled], dict[str, bool]]:
    """The scores of so many people over so many weeks, and who of them truly got worse."""
    found = group(patients, weeks, seed, UNTIL, FIRST_NUMBER)
    filled = [each for person in found for each in _scores(release, person, weeks)]
    truth = {_name(person): person.course.name in GETTING_WORSE for person in found}
    return filled, truth


def _scores(release: Release, person: Person, weeks: int) -> Iterator[Filled]:
    health = Health(person)
    for week in range(weeks + 1):
        at = person.begins_at + timedelta(weeks=week)
        if not person.is_here(at):
            return
        for name, due in CALENDAR.items():
            measure = release.measures.get(name)
            comes = week >= due["from"] and (week - due["from"]) % due["every"] == 0
            if measure is None or not measure.is_on or not comes:
                continue
            numbers = range(1, len(measure.items) + 1)
            items = {number: health.answer(measure, number, at) for number in numbers}
            score = measures.score(measure, items, at=at, turn=0)
            yield Filled(_name(person), score, "flow/middle" if week == MIDDLE_WEEK else "")


def _name(person: Person) -> str:
    return f"p{person.number:04}"
