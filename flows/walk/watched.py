"""The machines of a release, followed under watch: which ways were taken, how conditions fell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from transitions import Machine

from flows.machine import definition
from flows.machines import build
from flows.program import Release
from flows.steps import Flow

Guard = Callable[..., bool]
Taken = tuple[str, str, str]
"""A way: its flow, its step, and where it leads."""
Tested = tuple[str, str, str]
"""A condition: its flow, its step, and its words."""


class Watch:
    """What was seen of every flow that was followed on a watched release."""

    def __init__(self) -> None:
        self.taken: set[Taken] = set()
        self.outcomes: defaultdict[Tested, set[bool]] = defaultdict(set)

    def forget(self) -> None:
        """Nothing was seen yet."""
        self.taken.clear()
        for outcomes in self.outcomes.values():
            outcomes.clear()

    @property
    def met(self) -> Iterator[tuple[Tested, frozenset[bool]]]:
        """The conditions that somebody met, and how they fell."""
        return ((place, frozenset(fell)) for place, fell in self.outcomes.items() if fell)

    def over(self, release: Release, flows: Iterable[str]) -> Release:
        """The release, with every step that the engine takes in these flows seen here."""
        machines = {name: self._machine(release.flow(name)) for name in flows}
        return release.with_machines(machines)

    def _machine(self, flow: Flow) -> Machine:
        drawn = definition(flow)
        ways = tuple(self._watched(flow.id, dict(way)) for way in drawn.transitions)
        return build(replace(drawn, transitions=ways))

    def _watched(self, flow: str, way: dict[str, Any]) -> dict[str, Any]:
        source, target = str(way["source"]), str(way["dest"])
        guards = [
            self._noting((flow, source, guard.__name__), guard)
            for guard in way.get("conditions", ())
        ]
        # the last condition is asked only where those before it hold: then the way is taken
        return {**way, "conditions": [*guards, self._taking((flow, source, target))]}

    def _noting(self, place: Tested, guard: Guard) -> Guard:
        outcomes = self.outcomes[place]

        def noted(*facts: object) -> bool:
            held = guard(*facts)
            outcomes.add(held)
            return held

        return noted

    def _taking(self, way: Taken) -> Guard:
        def taken(*_: object) -> bool:
            self.taken.add(way)
            return True

        return taken
