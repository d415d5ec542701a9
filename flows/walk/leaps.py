"""The questions of a measure where nothing hangs on who answers them: asked once, then leapt over.

Until its score is made, an answer to a measure is kept and changes nothing else but where a patient
stands in it. What one patient showed there is what all others would show at the same place.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from flows.state import Frame, State
from flows.steps import Item
from flows.walk.classes import Items
from flows.walk.live import Live

# who takes a breath after each answer sends no flood
_OF_A_TURN = frozenset({"stack", "asked", "turn", "answers", "words", "crowd"})


@dataclass(frozen=True, slots=True)
class Leap:
    """A place inside a measure: how somebody stood there, what was kept, what it took till then."""

    frame: Frame
    offered: tuple[str, ...]
    answers: Mapping[str, str | int] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0
    taps: int = 0

    def made(self, state: State) -> State:
        """Another patient, who began the same measure at the same place, standing there."""
        turn = state.turn + len(self.frame.items)
        changes = {
            "stack": (*state.stack[:-1], self.frame),
            "asked": turn,
            "turn": turn,
            "answers": {**state.answers, **self.answers},
            "words": {**state.words, **self.words},
        }
        return state.model_copy(update=changes)


class Leaps:
    """The places inside measures to which somebody came by answers that changed nothing else."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._met: dict[Hashable, dict[Items, Leap]] = {}

    def begun(self, state: State, offered: tuple[str, ...]) -> None:
        """Note that somebody stands at the first question of a measure."""
        if self._is_plain(state.stack[-1].flow):
            self._places(state).setdefault((), Leap(state.stack[-1], offered))

    def note(
        self, before: State, after: State, offered: tuple[str, ...], seconds: float, taps: int
    ) -> None:
        """Note where an answer inside a measure led, unless it changed more than that."""
        met = self._places(before)
        start = met.get(_given(before.stack[-1]))
        if start is None or not _is_onward(before, after):
            return
        frame = after.stack[-1]
        leap = Leap(
            frame=frame,
            offered=offered,
            answers={key: after.answers[key] for key in frame.given},
            words={key: after.words[key] for key in frame.given},
            seconds=start.seconds + seconds,
            taps=start.taps + taps,
        )
        met.setdefault(_given(frame), leap)

    def over(self, state: State, ways: Iterable[Items]) -> tuple[Leap, ...]:
        """How far each of these ways can be leapt from the first question; none if one cannot."""
        met = self._places(state)
        farthest = {items: leap for way in ways for items, leap in _along(met, way)}
        return () if () in farthest or not farthest else tuple(farthest.values())

    def _places(self, state: State) -> dict[Items, Leap]:
        below = tuple((frame.flow, frame.step) for frame in state.stack[:-1])
        place = below, state.stack[-1].flow, state.phase, state.held
        return self._met.setdefault(place, {})

    def _is_plain(self, flow: str) -> bool:
        """Whether a measure's questions show nothing, and test nothing, that may differ."""
        needs = self._live.inside(flow)
        return not needs.keys and not needs.tests


def _along(met: dict[Items, Leap], way: Items) -> Iterator[tuple[Items, Leap]]:
    """The last place on this way that can be leapt to without a gap before it."""
    count = 0
    while count + 1 < len(way) and way[: count + 1] in met:
        count += 1
    if way[:count] in met:
        yield way[:count], met[way[:count]]


def _given(frame: Frame) -> Items:
    return tuple(frame.items.get(number) for number in range(1, len(frame.items) + 1))


def _is_onward(before: State, after: State) -> bool:
    """Whether the next question of the same measure is open, and nothing else changed."""
    one, other = before.stack, after.stack
    if after.asked is None or len(one) != len(other) or one[:-1] != other[:-1]:
        return False
    is_next = one[-1].flow == other[-1].flow and len(other[-1].items) == len(one[-1].items) + 1
    names = State.model_fields.keys() - _OF_A_TURN
    return is_next and all(getattr(before, name) == getattr(after, name) for name in names)


def is_first_item(question: object, state: State) -> bool:
    """Whether a measure has just begun."""
    return isinstance(question, Item) and not state.stack[-1].items
