"""A flow as a `transitions` machine: steps are states, replies triggers, branches conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transitions import Machine

from flows.conditions import Known, holds, in_words
from flows.machines import Definition, build
from flows.steps import (
    END,
    Ask,
    Case,
    Condition,
    Consent,
    Decide,
    Flow,
    Part,
    Question,
    Step,
    Wait,
    key_of,
)

ANSWERED = "answered"
SKIPPED = "skipped"
NEXT = "next"
GO = "go"
PASSED = "pass"
WAITED = "waited"


class Guard:
    """A condition of the content as a condition of the machine."""

    def __init__(self, condition: Condition, own_key: str | None) -> None:
        self._condition, self._own_key = condition, own_key
        self.__name__ = in_words(condition)

    def __call__(self, known: Known) -> bool:
        """Whether the condition holds for this patient."""
        return holds(self._condition, known, self._own_key)


def definition(flow: Flow) -> Definition:
    """The states and transitions that the flow's steps describe."""
    names = (*flow.names, END)
    transitions = [
        transition
        for step, following in zip(flow.steps, names[1:], strict=True)
        for transition in _transitions(step, step.goto or following, _next_part(flow, step))
    ]
    return Definition(states=names, transitions=tuple(transitions), initial=names[0])


def compile_flow(flow: Flow) -> Machine:
    """The machine that all patients in this flow share; no model is ever bound to it."""
    return build(definition(flow))


def triggers_of(step: Step) -> tuple[str, ...]:
    """What may happen at this step: a choice's value, `answered`, `skipped`, or `next`.

    A part is begun (`go`) or passed over (`pass`); a wait may also be over (`waited`).
    """
    match step:
        case Ask() | Consent():
            return (*step.choices, SKIPPED)
        case Part():
            return (GO, PASSED, SKIPPED)
        case Wait():
            return (*step.choices, WAITED, SKIPPED)
        case Question():
            return (ANSWERED, SKIPPED)
        case _:
            return (NEXT,)


def _next_part(flow: Flow, step: Step) -> str:
    """Where the part after this step begins, or the end."""
    below = flow.steps[flow.names.index(str(step.id)) + 1 :]
    return next((str(each.id) for each in below if isinstance(each, Part)), END)


def _transitions(step: Step, following: str, next_part: str) -> Iterator[dict[str, Any]]:
    for trigger in triggers_of(step):
        for case in _cases(step, trigger):
            guard = Guard(case.when, key_of(step))
            yield _edge(step, trigger, case.goto) | {"conditions": [guard]}
        passed = isinstance(step, Part) and trigger != GO
        yield _edge(step, trigger, _target(step, trigger) or (next_part if passed else following))


def _edge(step: Step, trigger: str, dest: str) -> dict[str, Any]:
    return {"trigger": trigger, "source": str(step.id), "dest": dest}


def _cases(step: Step, trigger: str) -> tuple[Case, ...]:
    if isinstance(step, Decide):
        return step.decide
    if not isinstance(step, Question) or trigger in {SKIPPED, *_passing(step)}:
        return ()
    if not isinstance(step.next, dict):
        return step.next
    if trigger == ANSWERED:
        return tuple(
            Case(when=Condition.model_validate({"is": value}), goto=goto)
            for value, goto in step.next.items()
        )
    return ()


def _target(step: Step, trigger: str) -> str | None:
    if isinstance(step, Ask | Consent | Part | Wait) and isinstance(step.next, dict):
        return step.next.get(PASSED if trigger in _passing(step) else trigger)
    return None


def _passing(step: Step) -> tuple[str, ...]:
    return (PASSED, SKIPPED) if isinstance(step, Part) else ()
