"""That each question can be answered, by tapping and by typing, and each branch can be taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flows.answers import LEAVE
from flows.steps import (
    Ask,
    Condition,
    Consent,
    Flow,
    Question,
    Rate,
    Step,
    Wait,
    Write,
)
from flows.walk.finding import Finding, unknown
from flows.walk.graph import Atlas, questions
from flows.walk.singles import bounds_of, subject, tests_of

LONGEST_LABEL = 24
"""How many characters of a button stay readable on a small phone."""

MOST_CHOICES = 8
"""How many buttons a tired person can take in."""

MOST_NUMBERS = 21
"""How many numbers a scale may show."""

MOST_BYTES = 64
"""How many bytes of data a button may bring: Telegram's limit."""

_LATEST_TURN = "999999."  # the longest prefix a button's data can have


def answers(atlas: Atlas) -> Iterator[Finding]:
    """What is wrong with the choices, scales and branches of the flows that were written."""
    for flow in atlas.release.flows.values():
        for question in questions(flow):
            yield from _choices(flow, question)
            yield from _scale(flow, question)
            yield from _branches(flow, question)
        yield from _own_conditions(flow)
        yield from _consents(flow)


def kept_values(question: Question) -> tuple[str, ...] | None:
    """The values that an answer is kept as, or None when they cannot be listed."""
    match question:
        case Ask() | Consent():
            return tuple(value for value in question.choices if value not in LEAVE)
        case Rate():
            low, high, *_ = question.scale
            return tuple(str(number) for number in range(low, high + 1))
        case _:
            return None


def _choices(flow: Flow, question: Question) -> Iterator[Finding]:
    if not isinstance(question, Ask | Write | Consent | Wait):
        return
    place = flow.id, str(question.id)
    choices = question.choices
    if len(choices) > MOST_CHOICES:
        yield Finding(*place, f"{len(choices)} choices: at most {MOST_CHOICES} can be taken in")
    for value, label in choices.items():
        yield from (Finding(*place, text) for text in _label(value, label))
    same = [label for label, n in Counter(map(str.casefold, choices.values())).items() if n > 1]
    for label in same:
        yield Finding(*place, f"two choices read {label}: typing it could mean either")
    if isinstance(question, Ask) and not kept_values(question):
        yield Finding(*place, "no choice answers the question: add one")


def _label(value: str, label: str) -> Iterator[str]:
    if len(label) > LONGEST_LABEL:
        yield (
            f"the choice “{label}” has {len(label)} characters: "
            f"a button shows {LONGEST_LABEL} at most"
        )
    if len((_LATEST_TURN + value).encode()) > MOST_BYTES:
        yield f"the choice {value[:20]}… is too long a name: use a short one, its label is shown"
    if not value.strip() or value != value.strip():
        yield f"the choice “{label}” needs a name in front of the colon"


def _scale(flow: Flow, question: Question) -> Iterator[Finding]:
    if not isinstance(question, Rate):
        return
    low, high, *_ = question.scale
    if low >= high:
        yield Finding(flow.id, str(question.id), "the scale should begin with its lower number")
    elif high - low >= MOST_NUMBERS:
        text = f"a scale of {high - low + 1} numbers: at most {MOST_NUMBERS} fit, or ask by `write`"
        yield Finding(flow.id, str(question.id), text)


def _branches(flow: Flow, question: Question) -> Iterator[Finding]:
    values = kept_values(question)
    if not isinstance(question.next, dict):
        return
    for value in question.next if values is not None else ():
        if value in LEAVE:
            text = f"`{value}` leaves the question as it is: it cannot lead to a step"
            yield Finding(flow.id, str(question.id), text)
        elif value not in (values or ()):
            yield Finding(flow.id, str(question.id), unknown("choice", value, values or ()))


def _own_conditions(flow: Flow) -> Iterator[Finding]:
    for step in flow.steps:
        for test in tests_of(step):
            if subject(test) is None:
                text = unfit(step, test)
                yield from [Finding(flow.id, str(step.id), text)] if text else []


def unfit(step: Step, condition: Condition) -> str:
    """Why a condition can never hold for this question's answer; empty when it can."""
    if not isinstance(step, Question):
        return "say which key, measure, flow or fact this is about"
    values = kept_values(step)
    if bounds_of(condition) and not isinstance(step, Rate):
        return "this answer is words, not a number of a scale: use `is` or `in`"
    named = [condition.equals] if condition.equals is not None else []
    for value in [*named, *(condition.among or ())]:
        if values is not None and str(value) not in values:
            return unknown("choice", str(value), values)
    return ""


def _consents(flow: Flow) -> Iterator[Finding]:
    for step in flow.steps:
        if isinstance(step, Consent) and set(step.choices) != {"agree", "decline"}:
            yield Finding(flow.id, str(step.id), "a consent's choices are `agree` and `decline`")
        if isinstance(step, Consent) and _target(step, "agree") == _target(step, "decline"):
            text = "declining must lead elsewhere than agreeing: add `next: {decline: …}`"
            yield Finding(flow.id, str(step.id), text)


def _target(step: Consent, value: str) -> str | None:
    return step.next.get(value) if isinstance(step.next, dict) else None
