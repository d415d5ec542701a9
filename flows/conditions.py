"""Whether a condition of the content holds for what is known of a patient."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flows import measures, timing
from flows.fields import Number
from flows.measure import Measure
from flows.state import Score, State
from flows.steps import Condition

Found = str | Number | None

_BOUNDS: dict[str, Callable[[Number, Number], bool]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
}
_SUBJECTS = ("key", "measure", "item", "subscale", "improved", "done", "fact", "every", "some")


@dataclass(frozen=True, slots=True)
class Known:
    """What conditions may be about: the state at a moment, facts of the course, the measures."""

    state: State
    at: datetime
    facts: Mapping[str, str | int] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)


def holds(condition: Condition, known: Known, own_key: str | None = None) -> bool:
    """Whether the condition holds; one that names nothing is about `own_key`'s answer."""
    if condition.every or condition.some:
        return all(holds(each, known, own_key) for each in condition.every) and (
            not condition.some or any(holds(each, known, own_key) for each in condition.some)
        )
    value = _value(condition, known, own_key)
    if condition.known is not None:
        return (value is not None) == condition.known
    return value is not None and _within(condition, value) and _among(condition, value)


def in_words(condition: Condition) -> str:
    """The condition as a diagram shows it, such as `phq-4 gte 6`."""
    if condition.every or condition.some:
        return " and ".join([*map(_inside, condition.every), *_either(condition.some)])
    tests = condition.model_dump(exclude_none=True, exclude=set(_SUBJECTS))
    return " ".join([_subject(condition), *(f"{name} {value}" for name, value in tests.items())])


def _either(conditions: Sequence[Condition]) -> list[str]:
    return [f"({' or '.join(map(_inside, conditions))})"] if conditions else []


def _inside(condition: Condition) -> str:
    is_joined = len(condition.every) + len(condition.some) > 1
    return f"({in_words(condition)})" if is_joined else in_words(condition)


def _subject(condition: Condition) -> str:
    if condition.done:
        return f"days since {condition.done}"
    parts = (condition.measure, condition.item, condition.subscale)
    subject = ".".join(str(part) for part in parts if part is not None)
    if condition.improved:
        return f"{subject} improved since {condition.improved}"
    return subject or condition.key or condition.fact or "answer"


def _value(condition: Condition, known: Known, own_key: str | None) -> Found:
    if condition.measure is not None:
        return _of_measure(condition, condition.measure, known)
    if condition.done is not None:
        return _days_since(condition.done, known)
    if condition.fact is not None:
        return known.facts.get(condition.fact)
    return known.state.answers.get(condition.key or own_key or "")


def _of_measure(condition: Condition, name: str, known: Known) -> Found:
    last = next((s for s in reversed(known.state.scores) if s.measure == name), None)
    if last is None or last.total is None:
        # what was left out today is not known from an older score
        return None
    if condition.improved is not None:
        return _improved(known.measures.get(name), known.state.scores_of(name), condition.improved)
    if condition.subscale is not None:
        return last.subscales.get(condition.subscale)
    return last.items.get(condition.item) if condition.item else last.total


def _improved(measure: Measure | None, scores: Sequence[Score], since: str) -> Number | None:
    """How much better the last score is than an earlier one; below zero is worse."""
    *earlier, last = scores
    if not earlier or measure is None:
        return None
    chosen = {
        "baseline": measures.baseline(earlier),
        "best": measures.best(measure, earlier),
        "previous": earlier[-1],
    }[since]
    if chosen is None or chosen.total is None or last.total is None:
        return None
    return -measures.worsening(measure, chosen.total, last.total)


def _days_since(flow: str, known: Known) -> int | None:
    """The whole days on the patient's calendar since that flow was last finished."""
    finished, zone = known.state.finished(flow), known.state.zone
    if finished is None:
        return None
    return (timing.local_date(known.at, zone) - timing.local_date(finished, zone)).days


def _within(condition: Condition, value: str | Number) -> bool:
    bounds = {name: getattr(condition, name) for name in _BOUNDS}
    wanted = {name: bound for name, bound in bounds.items() if bound is not None}
    if not wanted:
        return True
    if isinstance(value, str):
        return False
    return all(_BOUNDS[name](value, bound) for name, bound in wanted.items())


def _among(condition: Condition, value: str | Number) -> bool:
    if condition.equals is not None and str(value) != str(condition.equals):
        return False
    return condition.among is None or str(value) in {str(wanted) for wanted in condition.among}
