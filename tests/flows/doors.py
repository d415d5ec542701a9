"""The way through the menu of exercises to any one of them, as a patient would tap it."""

from __future__ import annotations

from collections.abc import Iterator

from flows.answers import LEAVE
from flows.machine import NEXT, definition
from flows.program import Release
from flows.steps import END, Ask, Do, Flow

MENU = "flow/exercises"


def taps_to(release: Release, exercise: str) -> tuple[str, ...]:
    """The choices that lead from the menu's first question to this exercise, the fewest there are.

    An exercise that the menu does not lead to fails the story that opens it.
    """
    menu = release.flow(MENU)
    waiting: list[tuple[str, tuple[str, ...]]] = [(menu.names[0], ())]
    seen: set[str] = set()
    while waiting:
        name, taps = waiting.pop(0)
        if name in seen or name == END:
            continue
        seen.add(name)
        step = menu.step(name)
        if isinstance(step, Do):
            if step.do == exercise:
                return taps
            continue
        waiting += [(target, (*taps, *tap)) for tap, target in _onward(menu, name)]
    raise AssertionError(f"the menu of exercises leads to no {exercise}")


def _onward(menu: Flow, name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each place after this step, with the tap that leads there, if any."""
    step = menu.step(name)
    choices = {*step.choices} - {*LEAVE} if isinstance(step, Ask) else set()
    for edge in definition(menu).transitions:
        if edge["source"] == name and edge["trigger"] in {*choices, NEXT}:
            tap = () if edge["trigger"] == NEXT else (str(edge["trigger"]),)
            yield tap, str(edge["dest"])
