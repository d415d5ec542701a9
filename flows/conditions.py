"""Whether a condition of the content holds for what is known of a patient."""

from __future__ import annotations

import operator
from collections.abc import Callable

from flows.state import State
from flows.steps import Condition, Number

Known = str | Number | None

_BOUNDS: dict[str, Callable[[Number, Number], bool]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
}


def holds(condition: Condition, state: State, own_key: str | None = None) -> bool:
    """Whether the condition holds; one that names nothing is about `own_key`'s answer."""
    value = _value(condition, state, own_key)
    if condition.known is not None:
        return (value is not None) == condition.known
    return value is not None and _within(condition, value) and _among(condition, value)


def in_words(condition: Condition) -> str:
    """The condition as a diagram shows it, such as `phq-4 gte 6`."""
    subject = condition.measure or condition.key or "answer"
    if condition.item:
        subject = f"{subject}.{condition.item}"
    rest = condition.model_dump(exclude_none=True, exclude={"measure", "key", "item"})
    return " ".join([subject, *(f"{name} {value}" for name, value in rest.items())])


def _value(condition: Condition, state: State, own_key: str | None) -> Known:
    if condition.measure is None:
        return state.answers.get(condition.key or own_key or "")
    scores = state.scores_of(condition.measure)
    if not scores:
        return None
    return scores[-1].items.get(condition.item) if condition.item else scores[-1].total


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
