"""When a simulated person takes up their phone: after a reminder, or by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from bot.simulation.people import Person

VISIT_DAYS = 5.0
"""How many days lie between two visits that nobody reminded of, on average."""

ANSWER_MINUTES = 45.0
LOOKS = (
    "/progress", "/progress", "/cards", "/exercises", "/exercises", "/flare", "/now", "/addons",
    "/lesson", "/check", "/resume", "/menu",
)  # fmt: skip
ASKS_FOR_PERSON = 0.12


class Calendar:
    """One person's moments with the phone."""

    def __init__(self, person: Person) -> None:
        self._person, self._chance = person, Random(person.seed + 2)

    def after_reminder(self, at: datetime) -> datetime | None:
        """When a reminder is taken up; None if it is left."""
        if not self._person.is_here(at) or self._chance.random() > self._person.course.answers:
            return None
        return at + timedelta(minutes=1 + self._chance.expovariate(1 / ANSWER_MINUTES))

    def next_visit(self, at: datetime) -> datetime | None:
        """When the phone is taken up without a reminder; None for whoever has gone."""
        if not self._person.is_here(at):
            return None
        days = self._chance.expovariate(1 / VISIT_DAYS)
        return self._by_day(at + timedelta(hours=2, days=days))

    def next_answer(self, at: datetime) -> datetime:
        """When the next answer comes, while the phone is in the hand."""
        seconds = self._person.course.seconds
        return at + timedelta(seconds=3 + min(self._chance.expovariate(1 / seconds), 10 * seconds))

    def wish(self) -> str:
        """What is looked for on a visit."""
        if self._chance.random() < ASKS_FOR_PERSON:
            return "/person"
        return self._chance.choice(LOOKS)

    def puts_away(self) -> bool:
        """Whether the phone is put away in the middle of something."""
        return self._chance.random() < 0.012 * (1.6 - self._person.course.answers)

    def lets_run(self) -> bool:
        """Whether the time of an exercise is waited for, rather than tapped away."""
        return self._chance.random() < 0.5

    def _by_day(self, moment: datetime) -> datetime:
        # people of these towns are awake then, give or take a few hours
        return moment.replace(hour=8 + moment.hour % 13)
