"""Who a simulated person is: where they live, what they chose, and how their weeks go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from random import Random
from typing import Literal

CourseName = Literal[
    "steady gain", "no change", "worsening", "crisis", "drop-out", "chatty", "slow reader"
]


@dataclass(frozen=True, slots=True)
class Course:
    """What sets some people's weeks apart from others'.

    `drift` is the change of how bad things are in a week, as a part of the whole scale; `answers`
    the share of reminders that are taken up; `seconds` the time between two answers; `typing` the
    share of answers that are typed though a button is there.
    """

    name: CourseName
    drift: float
    answers: float = 0.9
    seconds: float = 25
    typing: float = 0.15
    aside: float = 0.02
    stays: tuple[int, int] | None = None


COURSES: tuple[Course, ...] = (
    Course("steady gain", drift=-0.035),
    Course("no change", drift=0.0, answers=0.85),
    Course("chatty", drift=-0.02, answers=0.95, seconds=40, typing=0.5, aside=0.08),
    Course("slow reader", drift=-0.015, answers=0.8, seconds=90),
    Course("steady gain", drift=-0.045, typing=0.05),
    Course("worsening", drift=0.035, answers=0.85),
    Course("drop-out", drift=0.005, answers=0.7, stays=(1, 5)),
    Course("no change", drift=-0.005),
    Course("steady gain", drift=-0.03, seconds=15, typing=0.3),
    Course("crisis", drift=0.02, answers=0.9),
)
"""One after another, so that ten people are a clinic in small."""

MORE_NEWCOMERS = 1.5
"""A clinic that grows has more people who began lately."""

GETTING_WORSE: frozenset[CourseName] = frozenset({"worsening", "crisis"})

TOWNS = (
    ("Canada", "Toronto"),
    ("United Kingdom", "Manchester"),
    ("Ireland", "Cork"),
    ("Canada", "Halifax"),
    ("Germany", "Leipzig"),
    ("United States", "Denver"),
    ("New Zealand", "Wellington"),
)
FIRST_NAMES = (
    "Alex", "Bea", "Carlos", "Dilys", "Emre", "Fay", "Gwen", "Hanna", "Ivo", "Jo",
    "Kofi", "Lena", "Milan", "Nuala", "Omar", "Priya", "Quinn", "Rhys", "Sana", "Tove",
)  # fmt: skip
TIMES = ("08:30", "09:00", "10:00", "12:30", "17:00", "18:30", "20:00")
DAYS = ("1,2,3,4,5,6,7", "1,2,3,4,5,6,7", "1,2,3,4,5", "2,4,6,7")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone: their number and name, their choices, their course.

    `pain`, `mood` and `worry` are how bad these are at first, from 0 to 1 of the whole scale.
    """

    number: int
    name: str
    course: Course
    seed: int
    begins_at: datetime
    country: str
    town: str
    track: str
    pace: str
    pack: str
    time: str
    days: str
    pain: float
    mood: float
    worry: float
    stays: float
    crisis_week: float | None

    def is_here(self, at: datetime) -> bool:
        """Whether they still write at that moment."""
        return at < self.begins_at + timedelta(weeks=self.stays)

    def weeks(self, at: datetime) -> float:
        """How many weeks with the program lie behind them then."""
        return (at - self.begins_at) / timedelta(weeks=1)


def newcomers(count: int, weeks: int, seed: int, until: datetime, first: int) -> list[Person]:
    """So many people who began one after another within so many weeks before that moment.

    The same seed and moment make the same people; they have the numbers from `first` on.
    """
    made = []
    for place, course in enumerate(islice(cycle(COURSES), count)):
        chance = Random(f"{seed}/{place}")
        ago = _began(chance, place, count, course, weeks)
        made.append(_person(chance, place, course, ago, until, first))
    return made


def group(count: int, weeks: int, seed: int, until: datetime, first: int) -> list[Person]:
    """So many people who all began so many weeks before that moment."""
    ago = timedelta(weeks=weeks)
    return [
        _person(Random(f"{seed}/{place}"), place, course, ago, until, first)
        for place, course in enumerate(islice(cycle(COURSES), count))
    ]


def _person(
    chance: Random, place: int, course: Course, ago: timedelta, until: datetime, first: int
) -> Person:
    country, town = TOWNS[place % len(TOWNS)]
    stays = chance.uniform(*course.stays) if course.stays else 10_000.0
    return Person(
        number=first + place,
        name=FIRST_NAMES[place % len(FIRST_NAMES)],
        course=course,
        seed=chance.randrange(2**32),
        begins_at=_at_day(until - ago, chance),
        country=country,
        town=town,
        track=chance.choice(("cbt", "act")),
        pace=chance.choice(("fast", "standard", "standard", "slow", "slow")),
        pack=chance.choice(("whole", "whole", "whole", "short")),
        time=chance.choice(TIMES),
        days=chance.choice(DAYS),
        pain=chance.uniform(0.45, 0.75),
        mood=chance.uniform(0.2, 0.55),
        worry=chance.uniform(0.15, 0.5),
        stays=stays,
        crisis_week=_crisis_week(chance, ago) if course.name == "crisis" else None,
    )


def _began(chance: Random, place: int, count: int, course: Course, weeks: int) -> timedelta:
    """How long ago: spread over all the weeks, in no order; whoever has a story has had time."""
    shuffled = (place * 7 + 3) % count if count % 7 else (place * 5 + 3) % count
    share = (shuffled + chance.random()) / count
    least = 3 if course.name in {"worsening", "crisis", "drop-out"} else 0
    return timedelta(weeks=min(max(share**MORE_NEWCOMERS * weeks, least), weeks))


def _crisis_week(chance: Random, ago: timedelta) -> float:
    """Within the last days for some, long ago for others."""
    whole = ago / timedelta(weeks=1)
    return max(0.5, whole - chance.choice((0.1, 0.4, whole / 2)))


def _at_day(moment: datetime, chance: Random) -> datetime:
    """That day at an hour at which people begin something."""
    begun = moment.replace(hour=chance.randint(12, 18), minute=chance.randrange(60), second=0)
    return (begun if begun <= moment else begun - timedelta(days=1)).replace(microsecond=0)
