"""Flows inside flows that change nothing for what comes after them: seen once, they are passed."""

from __future__ import annotations

from dataclasses import dataclass

from flows import talk
from flows.events import Joined
from flows.nudging import schedule
from flows.program import Release
from flows.scene import Scene
from flows.state import Frame, State
from flows.steps import END, Move, key_of
from flows.turn import Turn
from flows.walk.live import Live, Position
from flows.walk.memory import Memory, Sight
from flows.walk.moment import NOW
from flows.walk.singles import Subject, subject


class Inert:
    """Tells of a state inside another flow whether its like was seen, whatever lies around it."""

    def __init__(self, release: Release, live: Live) -> None:
        self._release, self._live = release, live
        self._memory = Memory(release, live)
        self._seen: set[Sight] = set()
        self._changes: dict[str, _Changes] = {}
        self._known: dict[tuple[Position, str], bool] = {}

    def seen(self, state: State, offered: tuple[str, ...]) -> int | None:
        """The place in the stack of an inner flow whose rest was seen from here; else remember."""
        depth = self._depth(state.stack)
        if depth is None:
            return None
        inner = state.model_copy(update={"stack": state.stack[depth:]})
        sight = self._memory.sight(inner, offered)
        if sight not in self._seen:
            self._seen.add(sight)
            return None
        return depth

    def _depth(self, stack: tuple[Frame, ...]) -> int | None:
        """The outermost frame above which nothing changes what those below it need."""
        inner = range(1, len(stack))
        return next((at for at in inner if self._is_inert(stack[:at], stack[at].flow)), None)

    def _is_inert(self, below: tuple[Frame, ...], flow: str) -> bool:
        position = tuple((frame.flow, frame.step) for frame in below)
        if (position, flow) not in self._known:
            self._known[position, flow] = self._changes_nothing(below, flow)
        return self._known[position, flow]

    def _changes_nothing(self, below: tuple[Frame, ...], flow: str) -> bool:
        needs, changes = self._live.needs_after(below, flow), self._changed(flow)
        named = {about for test in needs.tests if (about := subject(test)) is not None}
        named |= {("key", key) for key in needs.keys}
        named |= {("measure", measure) for measure in needs.measures}
        return not changes.moves and not named & changes.subjects

    def _changed(self, flow: str) -> _Changes:
        if flow not in self._changes:
            within = self._live.within(flow)
            steps = [step for name in within for step in self._release.flow(name).steps]
            measures = {name.partition("/")[2] for name in within if name.startswith("measure/")}
            self._changes[flow] = _Changes(
                moves=any(isinstance(step, Move) for step in steps),
                subjects=frozenset(
                    {
                        *(("done", name) for name in within),
                        *(("measure", name) for name in measures),
                        *(("key", key) for step in steps if (key := key_of(step))),
                    }
                ),
            )
        return self._changes[flow]

    def ended(self, state: State, depth: int) -> Turn:
        """The turn in which the flow at that place in the stack comes to its end."""
        # bubbles with which it ends were counted where it was seen
        ended = Frame(flow=state.stack[depth].flow, step=END)
        stack = (*state.stack[:depth], ended)
        scene = Scene(
            self._release,
            Joined(at=NOW),
            state.model_copy(update={"stack": stack, "asked": None, "turn": state.turn + 1}),
        )
        scene = schedule(talk.run(scene))
        return Turn(scene.state, scene.effects)


@dataclass(frozen=True, slots=True)
class _Changes:
    """What a flow may change: moves of the journey, and answers, scores and what is finished."""

    moves: bool
    subjects: frozenset[Subject]
