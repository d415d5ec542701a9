"""What a patient may do at an open question: every button, every kind of answer, and waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flows.effects import Button, Effect, Send
from flows.events import Due, Event, Said, Tapped
from flows.state import State
from flows.steps import Ask, Condition, Consent, Item, Question, Rate, Wait, Write, key_of
from flows.walk.classes import WORDS, Classes, Items
from flows.walk.moment import NOW

LEAVING = frozenset({"later"})
"""Buttons that put the question aside."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Which answers are tried: classes of them, the tests that measures are answered for.

    A measure is answered thoroughly by one patient, and by the others for those tests alone.
    """

    classes: Classes
    tests: frozenset[Condition]
    thorough: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """One thing a patient does, in words for an author, and the seconds it takes."""

    said: str
    event: Event
    seconds: float
    is_answer: bool = True


def moves(
    tried: Tried, question: Question, state: State, offered: tuple[str, ...]
) -> Iterator[Move]:
    """What is tried at the open question, what people do most often first."""
    name = key_of(question) or str(question.id)
    match question:
        case Item():
            yield from _items(tried, state, question)
            return
        case Rate():
            low, high, *_ = question.scale
            for number in tried.classes.numbers(question.rate, low, high):
                yield _tap(state, name, str(number))
        case Wait():
            yield from _waited(state, name, question.wait)
        case Write():
            said = _SAID[question.read]
            yield Move(f"{name} in own words", Said(at=NOW, text=said), _TYPING)
        case Ask():
            for choice, label in question.spelled.items():
                yield Move(f"{name} = {choice}", Said(at=NOW, text=label), _TYPING)
        case _:
            pass
    yield from (_tap(state, name, choice) for choice in _choices(question, offered))
    if not isinstance(question, Consent) and not state.stack[-1].flow.startswith("safety/"):
        skip = Tapped(at=NOW, turn=None, choice="skip")
        yield Move(f"{name} skipped", skip, _TAPPING, is_answer=False)


def buttons_of(effects: tuple[Effect, ...], asked: int | None) -> tuple[str, ...]:
    """What the buttons of the open question bring, as they were sent."""
    prefix = f"{asked}."
    sent = [b for effect in effects if isinstance(effect, Send) for b in every_button(effect)]
    return tuple(b.data.removeprefix(prefix) for b in sent if b.data.startswith(prefix))


def every_button(sent: Send) -> tuple[Button, ...]:
    """The buttons under a bubble, row by row."""
    return tuple(button for row in sent.buttons for button in row)


_TAPPING = 5.0
_TYPING = 15.0
_SAID = {"text": WORDS, "time": "10:00", "days": "Mon", "zone": "UTC+2", "country": "other"}


def _tap(state: State, name: str, choice: str) -> Move:
    event = Tapped(at=NOW, turn=state.asked, choice=choice)
    is_answer = choice not in {"later", "simpler"}
    return Move(f"{name} = {choice}", event, _TAPPING, is_answer=is_answer)


def _choices(question: Question, offered: tuple[str, ...]) -> Iterator[str]:
    if isinstance(question, Rate):
        offered = tuple(choice for choice in offered if not choice.isdecimal())
    # "back" only shows again what was shown, and "skip" is tried by itself
    staying = sorted(offered, key=lambda choice: choice in {"later", "simpler"})
    return (choice for choice in staying if choice not in {"back", "skip"})


def _waited(state: State, name: str, seconds: int) -> Iterator[Move]:
    if state.cue is not None:
        over = Due(at=state.cue.due_at, key=state.cue.key, due_at=state.cue.due_at)
        yield Move(f"{name} over", over, seconds)


def _items(tried: Tried, state: State, item: Item) -> Iterator[Move]:
    """The next answers of the ways through a measure that began as this one did."""
    given = state.stack[-1].items
    earlier = tuple(given.get(number) for number in range(1, item.item))
    # after the score was made, somebody may count as another than the one who began
    values = _next(tried, item, earlier) or _next(replace(tried, thorough=True), item, earlier)
    for value in values:
        name = f"{item.measure} item {item.item}"
        if value is None:
            skip = Tapped(at=NOW, turn=None, choice="skip")
            yield Move(f"{name} skipped", skip, _TAPPING, is_answer=False)
        else:
            yield Move(f"{name} = {value}", _tap(state, name, str(value)).event, _TAPPING)


def _next(tried: Tried, item: Item, earlier: Items) -> tuple[int | None, ...]:
    ways = tried.classes.items(item.measure, tried.tests, thorough=tried.thorough)
    begun = [way for way in ways if way[: item.item - 1] == earlier]
    return tuple(dict.fromkeys(way[item.item - 1] for way in begun))
