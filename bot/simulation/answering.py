"""What a simulated person does next on their phone: read from what is open, in their own style."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from bot.simulation.health import Health
from bot.simulation.people import Person
from bot.simulation.words import WORDS, own_words
from flows.answers import LEAVE, choices_of
from flows.events import Said
from flows.machine import GO, PASSED
from flows.program import Release
from flows.scene import Scene
from flows.state import State
from flows.steps import Item, Part, Question, Rate, Wait, Write, key_of


@dataclass(frozen=True, slots=True)
class Act:
    """A message that is written, or a tap on a button that brings this."""

    text: str = ""
    data: str = ""


SETTLED = {
    "consent": "agree", "adult": "yes", "red-flags": "none", "seen": "yes", "pain-months": "yes",
    "go-anyway": "go", "zone-ok": "yes", "path-fit": "fits", "flare-signs": "no",
    "meds-now": "none", "too-much-meant": "no", "phone-help": "no", "hospital-tell": "no",
    "close-tell": "no", "anger-tell": "no", "pause-days": "none", "longer-now": "yes",
    "crisis-safe": "safe", "person-how": "message",
}  # fmt: skip
"""What nearly everybody answers; whatever else is asked is answered by chance."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RARE = 0.04
"""How often somebody answers otherwise where the answer calls for the team."""

MAY_DIFFER = {"phone-help": "yes", "ready-call": "yes", "seen": "no", "pause-days": "7"}
FIRST_LIKELY = 0.75


class Style:
    """How one person answers: their numbers, their taps, their words."""

    def __init__(self, release: Release, person: Person) -> None:
        self._release, self._person = release, person
        self.chance, self._health = Random(person.seed + 1), Health(person)

    def answer(self, state: State, question: Question, at: datetime) -> Act:
        """What they do about the open question."""
        if self.chance.random() < self._person.course.aside and not _is_danger(state):
            return Act(text=self.chance.choice(WORDS["aside"]))
        match question:
            case Write():
                return self._written(state, question)
            case Item():
                measure = self._release.measures[question.measure]
                value = self._health.answer(measure, question.item, at)
                return self._given(state, str(value), question.choices.get(str(value), str(value)))
            case Rate():
                value = self._health.rate(question.scale[0], question.scale[1])
                return self._given(state, str(value), str(value))
            case _:
                return self._chosen(state, question, at)

    def reply(self, state: State) -> Act | None:
        """What they answer to an offer of the team that is open; None if there is none."""
        shown = [offer for offer in state.offers if offer.choices and offer.turn is not None]
        if not shown or state.held is not None:
            return None
        offer = shown[-1]
        values = [value for value, _ in offer.choices if value != "other"]
        return Act(data=f".offer.{offer.id}.{self._likely_first(values)}")

    def _chosen(self, state: State, question: Question, at: datetime) -> Act:
        shown = choices_of(Scene(self._release, Said(at=at, text=""), state), question)
        values = [value for value in shown if value not in LEAVE]
        value = self._value(state, question, values, at)
        return self._given(state, value, shown[value], plain=isinstance(question, Part | Wait))

    def _value(self, state: State, question: Question, values: list[str], at: datetime) -> str:
        if isinstance(question, Part):
            return GO if self.chance.random() < 0.9 else PASSED
        key = key_of(question) or ""
        settled = self._settled(key, at)
        if settled in values:
            return settled
        if _is_danger(state) or state.stack[-1].flow.startswith("nudge/"):
            return self._likely_first(values)
        return self.chance.choice(values)

    def _settled(self, key: str, at: datetime) -> str:
        person = self._person
        own = {"track": person.track, "pace": person.pace, "pack": person.pack}
        if key in MAY_DIFFER and self.chance.random() < RARE:
            return MAY_DIFFER[key]
        if key == "crisis-now":
            return "no" if person.crisis_week is None else self.chance.choice(("no", "unsure"))
        if key == "leave":
            return "stay" if person.is_here(at) else "leave"
        return own.get(key) or SETTLED.get(key, "")

    def _likely_first(self, values: list[str]) -> str:
        return values[0] if self.chance.random() < FIRST_LIKELY else self.chance.choice(values)

    def _written(self, state: State, question: Write) -> Act:
        match question.read:
            case "country":
                return Act(text=self._person.country)
            case "zone":
                return Act(text=self._person.town)
            case "time":
                return Act(text=self._person.time)
            case "days":
                return self._of_days(state, question)
            case "text":
                return self._in_own_words(state, question)

    def _in_own_words(self, state: State, question: Write) -> Act:
        examples = [value for value in question.choices if value not in LEAVE]
        if examples and self.chance.random() < 0.35:
            return Act(data=f"{state.asked}.{self.chance.choice(examples)}")
        return Act(text=own_words(question.write, self.chance))

    def _of_days(self, state: State, question: Write) -> Act:
        days = self._person.days
        if days in question.choices:
            return Act(data=f"{state.asked}.{days}")
        return Act(text=", ".join(WEEKDAYS[int(day) - 1] for day in days.split(",")))

    def _given(self, state: State, value: str, label: str, *, plain: bool = False) -> Act:
        if not plain and self.chance.random() < self._person.course.typing:
            return Act(text=label)
        return Act(data=f"{state.asked}.{value}")


def open_question(release: Release, state: State) -> Question | None:
    """The question that is open, or None."""
    if state.asked is None or not state.stack:
        return None
    step = release.flow(state.stack[-1].flow).step(state.stack[-1].step)
    return step if isinstance(step, Question) else None


def _is_danger(state: State) -> bool:
    return any(frame.flow.startswith("safety/") for frame in state.stack)
