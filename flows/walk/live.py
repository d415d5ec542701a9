"""Which of a patient's answers still matter where: two states that differ in no such are one."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

from flows.conditions import holds
from flows.events import Joined
from flows.known import known_of
from flows.program import Release
from flows.scene import Scene
from flows.state import Frame, State
from flows.steps import END, Condition, Do
from flows.walk.graph import Atlas, Graph
from flows.walk.moment import NOW
from flows.walk.needs import Needs, all_of, needs_of

Position = tuple[tuple[str, str], ...]


class Live:
    """What matters at each position of a release; `kept` are keys that matter everywhere."""

    def __init__(self, atlas: Atlas, kept: frozenset[str] = frozenset()) -> None:
        self._atlas, self._kept = atlas, kept
        self._at: dict[Position, Needs] = {}
        self._tests: dict[Position, tuple[Condition, ...]] = {}
        self._past: dict[tuple[Position, str], Needs] = {}
        self._after: dict[tuple[str, str, bool], Needs] = {}

    def needs(self, stack: tuple[Frame, ...]) -> Needs:
        """What the rest of the way needs, from these places on."""
        position = tuple((frame.flow, frame.step) for frame in stack)
        if position not in self._at:
            rest = all_of(self._frame(*place, depth) for depth, place in enumerate(position[::-1]))
            self._at[position] = rest | Needs(keys=self._kept)
        return self._at[position]

    def outcomes(self, release: Release, state: State) -> tuple[bool, ...]:
        """How every test that lies ahead would fall now."""
        position = tuple((frame.flow, frame.step) for frame in state.stack)
        if position not in self._tests:
            self._tests[position] = tuple(sorted(self.needs(state.stack).tests, key=repr))
        if not self._tests[position]:
            return ()
        known = known_of(Scene(release, Joined(at=NOW), state))
        return tuple(holds(test, known) for test in self._tests[position])

    def inside(self, flow: str) -> Needs:
        """What a flow needs anywhere, with every flow that opens in it."""
        return self._inside[flow]

    def needs_after(self, below: tuple[Frame, ...], flow: str) -> Needs:
        """What these frames need once a flow above them is over; opened again, it needs its own."""
        position = tuple((frame.flow, frame.step) for frame in below)
        if (position, flow) not in self._past:
            ahead = (self._ahead_of(*place, flow) for place in position)
            self._past[position, flow] = all_of(ahead) | Needs(keys=self._kept)
        return self._past[position, flow]

    def _ahead_of(self, outer: str, step: str, flow: str) -> Needs:
        graph = self._atlas.graphs[outer]
        ahead = (name for name in graph.after(step) - {END} if graph.does.get(name) != flow)
        return all_of(self._steps[outer, name] for name in ahead)

    def within(self, flow: str) -> frozenset[str]:
        """The flows that open in a flow at any depth, itself included."""
        return self._atlas.within[flow]

    def _frame(self, flow: str, step: str, depth: int) -> Needs:
        # below the top, the step is a `do` that was entered already
        place = flow, step, depth == 0
        if place not in self._after:
            self._after[place] = self._find(self._atlas.graphs[flow], step, is_top=depth == 0)
        return self._after[place]

    def _find(self, graph: Graph, step: str, *, is_top: bool) -> Needs:
        if step == END:
            return Needs()
        ahead = graph.after(step) | ({step} if is_top else set())
        return all_of(self._steps[graph.flow.id, name] for name in sorted(ahead - {END}))

    @cached_property
    def _inside(self) -> dict[str, Needs]:
        own = {
            name: all_of(map(needs_of, graph.flow.steps))
            for name, graph in self._atlas.graphs.items()
        }
        within = self._atlas.within
        return {name: all_of(own[each] for each in within[name] & own.keys()) for name in own}

    @cached_property
    def _steps(self) -> dict[tuple[str, str], Needs]:
        """The needs of each step, with those of the flow that it opens."""
        return {
            (name, str(step.id)): needs_of(step)
            | (self._inside.get(step.do, Needs()) if isinstance(step, Do) else Needs())
            for name, graph in self._atlas.graphs.items()
            for step in graph.flow.steps
        }


def place_of(live: Live, state: State, offered: tuple[str, ...]) -> Hashable:
    """Where a state stands, whatever was answered before."""
    asked = live.needs(state.stack).measures
    return (
        tuple(_frame(frame) for frame in state.stack),
        (state.phase, state.held, state.asked is None, "simpler" in offered),
        frozenset(s.measure for s in state.scores if s.at == NOW and s.measure in asked),
    )


def shown_keys(live: Live, state: State) -> frozenset[str]:
    """The keys that a text ahead shows and that are known by now."""
    return live.needs(state.stack).keys.intersection(state.answers)


def _frame(frame: Frame) -> Hashable:
    items = tuple(sorted(frame.items.items()))
    return frame.flow, frame.step, frame.waiting, frame.resting, items
