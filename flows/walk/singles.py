"""The single tests that conditions are made of, and what each is about."""

from __future__ import annotations

from collections.abc import Iterator

from flows.steps import Case, Condition, Decide, Question, Step

Subject = tuple[str, str]
"""What a single test is about: its kind (key, measure, done, fact) and its name."""

BOUNDS = ("gte", "gt", "lte", "lt")
_TESTS = ("equals", "among", "known", *BOUNDS)


def cases_of(step: Step) -> tuple[Case, ...]:
    """The branches with conditions that a step has."""
    if isinstance(step, Decide):
        return step.decide
    if isinstance(step, Question) and not isinstance(step.next, dict):
        return step.next
    return ()


def leaves(condition: Condition) -> Iterator[Condition]:
    """The single tests that a condition is made of; itself if it is one."""
    inner = (*condition.every, *condition.some)
    for each in inner:
        yield from leaves(each)
    if not inner:
        yield condition


def tests_of(step: Step) -> tuple[Condition, ...]:
    """Every single test at a step."""
    return tuple(test for case in cases_of(step) for test in leaves(case.when))


def subjects(test: Condition) -> tuple[Subject, ...]:
    """Everything that a test names; there should be one, or none for the answer just given."""
    named = {"measure": test.measure, "done": test.done, "fact": test.fact, "key": test.key}
    return tuple((kind, name) for kind, name in named.items() if name is not None)


def subject(test: Condition) -> Subject | None:
    """What a single test is about; None for the answer just given."""
    return next(iter(subjects(test)), None)


def bounds_of(test: Condition) -> tuple[float, ...]:
    """The numbers that a test compares with."""
    found = (getattr(test, name) for name in BOUNDS)
    return tuple(bound for bound in found if bound is not None)


def compares(test: Condition) -> bool:
    """Whether a test tests anything."""
    return any(getattr(test, name) is not None for name in _TESTS)
