"""How a simulated person feels, and what they answer to an item of a measure then."""

from __future__ import annotations

from datetime import datetime
from random import Random

from bot.simulation.people import Person
from flows.measure import Measure

NOISE = 0.09
DEATH = ("phq-9", 9)
"""The item about thoughts of death, which follows no course but its own."""

_KINDS = {
    "phq-9": "mood", "phq-8": "mood", "who-5": "mood", "gad-7": "worry", "uw-cap6": "worry",
    "pcs": "worry", "tsk-11": "worry",
}  # fmt: skip


class Health:
    """How bad things are for somebody, week by week, with good and bad days."""

    def __init__(self, person: Person) -> None:
        self._person, self._chance = person, Random(person.seed)

    def answer(self, measure: Measure, item: int, at: datetime) -> int:
        """The answer to an item at that moment."""
        if (measure.measure, item) == DEATH:
            return self._thoughts_of_death(at)
        low, high = measure.bounds_of(item)
        if measure.measure == "effects":
            return high if self._chance.random() < 0.03 else low
        bad = min(max(self._level(measure.measure, at) + self._chance.gauss(0, NOISE), 0.0), 1.0)
        is_turned = (measure.better == "higher") != measure.items[item - 1].reversed
        return low + round((1 - bad if is_turned else bad) * (high - low))

    def rate(self, low: int, high: int) -> int:
        """A number on a scale that is no measure: a hopeful one, for most."""
        return low + round(min(max(self._chance.gauss(0.65, 0.15), 0.0), 1.0) * (high - low))

    def _level(self, measure: str, at: datetime) -> float:
        first = getattr(self._person, _KINDS.get(measure, "pain"))
        # nobody changes from the first day on, or for ever
        weeks = min(max(self._person.weeks(at) - 1, 0.0), 12.0)
        return float(first + self._person.course.drift * weeks)

    def _thoughts_of_death(self, at: datetime) -> int:
        crisis = self._person.crisis_week
        if crisis is not None and self._person.weeks(at) >= crisis - 1.5:
            return self._chance.choice((1, 2, 3))
        is_low = self._level("phq-9", at) > 0.65
        return 1 if self._chance.random() < (0.15 if is_low else 0.01) else 0
