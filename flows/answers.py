"""What a typed or tapped answer means at the open question."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from flows import reading, timing
from flows.machine import GO, PASSED
from flows.scene import Scene
from flows.steps import Ask, Consent, Item, Part, Question, Rate, Wait, Write
from flows.wording import plain, values_for, worded, zone_of

Choice = Ask | Consent | Part | Wait
"""The questions that are answered by one of their choices alone."""

LEAVE = ("later", "back", "skip")
"""Choices that are no answer: they move around the question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value to keep, the words that show it, and the trigger it pulls."""

    value: str | int
    words: str


@dataclass(frozen=True, slots=True)
class Slip:
    """An answer that could not be read, and the kind hint that follows."""

    hint: str


def choices_of(scene: Scene, question: Question) -> dict[str, str]:
    """The values of a question's choices and their labels; none if it has no choices."""
    match question:
        case Part():
            label = scene.release.label
            return {GO: label("part-go"), PASSED: label("part-skip"), "later": label("part-later")}
        case Ask():
            return question.buttons
        case Consent() | Wait() | Write() | Item():
            return question.choices
        case _:
            return {}


def tapped(scene: Scene, question: Question, choice: str) -> Answer | None:
    """The answer behind a button of this question, or None if it has no such button."""
    match question:
        case Ask() | Consent() | Part() | Wait() | Write():
            label = choices_of(scene, question).get(choice)
            value = label if isinstance(question, Write) and question.read == "text" else choice
            return Answer(str(value), label) if label is not None else None
        case Rate():
            low, high, *_ = question.scale
            fits = choice.isdecimal() and low <= int(choice) <= high
            return Answer(int(choice), choice) if fits else None
        case Item():
            label = question.choices.get(choice)
            return Answer(int(choice), label) if label is not None else None
        case _:
            return None


def typed(scene: Scene, question: Question, text: str) -> Answer | Slip:
    """The answer that the patient's words give, or a hint."""
    match question:
        case Rate():
            return _number(scene, question, text)
        case Item() if _is_scale(question):
            return _number(scene, question, text)
        case Ask() if (spelled := _spelled(question, text)) is not None:
            return spelled
        case Ask() | Consent() | Part() | Wait() | Item():
            choice = reading.read_choice(text, choices_of(scene, question))
            answer = tapped(scene, question, choice) if choice is not None else None
            return answer or _slip(scene, question, "again-choice")
        case Write():
            return _written(scene, question, text)
        case _:
            return _slip(scene, question, "again-choice")


def _spelled(question: Ask, text: str) -> Answer | None:
    """The choice without a button whose word was written out, letter by letter."""
    choice = reading.exact_choice(text, question.spelled)
    return Answer(choice, question.spelled[choice]) if choice is not None else None


def number_in(scene: Scene, question: Question, text: str) -> Answer | None:
    """The number that a text holds for a scale, or None for any other question."""
    if isinstance(question, Rate) or (isinstance(question, Item) and _is_scale(question)):
        answer = _number(scene, question, text)
        return answer if isinstance(answer, Answer) else None
    return None


def bounds(question: Rate | Item) -> tuple[int, int]:
    """The lowest and highest number of a scale."""
    if isinstance(question, Rate):
        return question.scale[0], question.scale[1]
    numbers = [int(value) for value in question.choices]
    return min(numbers), max(numbers)


def _is_scale(item: Item) -> bool:
    return all(label.isdecimal() for label in item.choices.values())


def _number(scene: Scene, question: Rate | Item, text: str) -> Answer | Slip:
    low, high = bounds(question)
    read = reading.read_number(text, low, high, scene.release.messages.numbers)
    if read.value is not None:
        return Answer(read.value, str(read.value))
    name = {"several": "again-several", "whole": "again-whole"}.get(read.slip, "again-number")
    return _slip(scene, question, name, low=str(low), high=str(high))


def _written(scene: Scene, question: Write, text: str) -> Answer | Slip:
    match_choice = reading.exact_choice if question.read == "text" else reading.read_choice
    choice = match_choice(text, question.choices) if question.choices else None
    if choice is not None and (answer := tapped(scene, question, choice)):
        return answer
    match question.read:
        case "text":
            words = text.strip()
            return Answer(words, words) if _shows(words) else _slip(scene, question, "again-text")
        case "time":
            value = reading.read_time(text)
        case "days":
            value = reading.read_days(text, scene.release.messages.days)
        case "country":
            value = reading.read_country(text, scene.release.countries)
        case "zone":
            country = str(scene.state.answers.get("country", "")) or None
            value = reading.read_zone(
                text,
                scene.release.places,
                country=country,
                at=scene.event.at,
                countries=scene.release.countries,
            )
    if value is None:
        return _slip(scene, question, f"again-{question.read}")
    return Answer(value, _words_of(scene, question, value, text))


def _shows(words: str) -> bool:
    """Whether there is a letter or a sign to be seen: unseen characters alone say nothing."""
    return any(unicodedata.category(each)[0] not in "CZ" for each in words)


def _words_of(scene: Scene, question: Write, value: str, text: str) -> str:
    if question.read == "country":
        return scene.release.countries[value].name
    return value if question.read == "time" else text.strip()


def settled_value(scene: Scene, key: str, answer: Answer) -> Answer:
    """The answer as it is kept: a nudge time inside the quiet hours moves to their edge."""
    if key != "nudge-time":
        return answer
    time = timing.shift_out_of_quiet(str(answer.value), scene.release.program.nudges.quiet)
    return Answer(time, time)


def _slip(scene: Scene, question: Question, name: str, **given: str) -> Slip:
    if question.again:
        return Slip(plain(question.again, values_for(scene, question.again, **given)))
    return Slip(worded(scene, name, zone=zone_of(scene), **given))
