"""One flow as a space of states: every patient who may begin it, every answer, to the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from flows import talk
from flows.errors import EndlessFlow, IllegalMove
from flows.events import Cleared, Event, Joined, Tapped
from flows.frames import hold
from flows.nudging import schedule
from flows.program import Release
from flows.scene import Scene
from flows.state import State
from flows.steps import Item, Part, Question
from flows.turn import Turn, turn
from flows.walk.classes import Classes
from flows.walk.inert import Inert
from flows.walk.leaps import Leaps, is_first_item
from flows.walk.live import Live
from flows.walk.memory import MANY_STATES, Memory, Sight
from flows.walk.moment import NOW
from flows.walk.moves import Move, Tried, buttons_of, moves
from flows.walk.worlds import World

MOST_STATES = 10_000
"""How many states of one flow are looked at; what needs more is too much for a reader, too."""

FAULTS = (
    EndlessFlow,
    IllegalMove,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
)
"""What a turn may fail with when the content asks for something impossible."""

_LONGEST_WAY = 3


@dataclass(frozen=True, slots=True)
class Way:
    """From a state to another by one move; `target` None is out of the flow."""

    target: int | None
    seconds: float
    taps: int
    is_answer: bool = True


@dataclass(slots=True)
class Node:
    """A state at an open question, how it was come by first, and the ways on from it."""

    state: State
    offered: tuple[str, ...]
    before: int | None
    said: str
    ways: list[Way] = field(default_factory=list)


Trail = Callable[[], list[str]]
"""Tells what was known at the beginning, and every answer since."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One turn as it was played: where the patient stood, what came of it, on which way."""

    root: str
    before: State | None
    after: Turn
    trail: Trail

    def way(self, about: str = "") -> str:
        """The last answers on the way here, or the last of those to the question named."""
        said = self.trail()
        own = [words for words in said if words.partition(" ")[0] == about]
        return in_words(own[-1:] or said)


class Watcher(Protocol):
    """Whoever looks at the turns that are played."""

    def look(self, moment: Moment) -> float:
        """The seconds it takes to read what was sent."""

    def fault(self, root: str, at: State | None, trail: Trail, error: Exception) -> None:
        """A turn that the engine could not take."""


class Space:
    """The states of one flow; `explore` fills it."""

    def __init__(
        self, release: Release, classes: Classes, live: Live, watcher: Watcher, root: str
    ) -> None:
        self.root, self.nodes, self.starts = root, list[Node](), list[Way]()
        self.exits: list[State] = []
        self.is_whole, self.most = True, MOST_STATES
        self._release, self._live, self._watcher = release, live, watcher
        self._classes, self._tests = classes, live.inside(root).tests
        self._memory, self._inert = Memory(release, live), Inert(release, live)
        self._leaps = Leaps(live)
        self._walked: dict[str, Hashable] = {}
        self._home = live.within(root)
        self._waiting: deque[int] = deque()

    def explore(self, worlds: Iterable[World]) -> None:
        """Play every world from its beginning, every answer at every question that follows."""
        for world in worlds:
            self._begin(world)
            while self._waiting and self.is_whole:
                self._spread(self._waiting.popleft())

    def question(self, node: Node) -> Question | None:
        """The question that is open at a node."""
        top = node.state.stack[-1]
        step = self._release.flow(top.flow).step(top.step)
        return step if isinstance(step, Question) else None

    def is_part(self, node: Node) -> bool:
        """Whether a node is the door to a part of a lesson."""
        return isinstance(self.question(node), Part)

    def trail(self, at: int | None, *more: str) -> list[str]:
        """The answers that led to a node and beyond it, in words."""
        said = [*more]
        while at is not None:
            said.insert(0, self.nodes[at].said)
            at = self.nodes[at].before
        return [words for words in said if words]

    def _begin(self, world: World) -> None:
        trail = partial(self.trail, None, world.said)
        try:
            taken = opened(self._release, self.root, world.state)
            self.starts.append(self._arrive(None, taken, trail, Move(world.said, _START, 0)))
        except FAULTS as error:
            self._watcher.fault(self.root, None, trail, error)

    def _spread(self, at: int) -> None:
        node = self.nodes[at]
        question = self.question(node)
        if question is None or self._pass_inner(at):
            return
        tried = Tried(self._classes, self._tests, self._is_first(question, node.state))
        if is_first_item(question, node.state) and self._leap(at, tried):
            return
        for move in moves(tried, question, node.state, node.offered):
            trail = partial(self.trail, at, move.said)
            try:
                taken = turn(self._release, node.state, move.event)
                node.ways.append(self._arrive(at, taken, trail, move))
            except FAULTS as error:
                self._watcher.fault(self.root, node.state, trail, error)

    def _pass_inner(self, at: int) -> bool:
        """Whether the rest of an inner flow was seen, so that only what follows it is played."""
        node = self.nodes[at]
        depth = self._inert.seen(node.state, node.offered)
        # a small space is played in full: its lengths are told to authors
        if depth is None or len(self.nodes) < MANY_STATES:
            return False
        said = f"{node.state.stack[depth].flow} done"
        ended = self._inert.ended(node.state, depth)
        trail = partial(self.trail, at, said)
        node.ways.append(self._arrive(at, ended, trail, Move(said, _START, 0)))
        return True

    def _leap(self, at: int, tried: Tried) -> bool:
        """Whether the same questions were seen answered, so that only what ends them is played."""
        node, question = self.nodes[at], self.question(self.nodes[at])
        self._leaps.begun(node.state, node.offered)
        # a small space is played in full, as above
        if tried.thorough or len(self.nodes) < MANY_STATES or not isinstance(question, Item):
            return False
        ways = self._classes.items(question.measure, self._tests, thorough=False)
        leaps = self._leaps.over(node.state, ways)
        for leap in leaps:
            said = f"{question.measure} answered to item {len(leap.frame.items)}"
            state = leap.made(node.state)
            target = self._keep(at, state, leap.offered, said)
            node.ways.append(Way(target, leap.seconds, leap.taps))
        return bool(leaps)

    def _is_first(self, question: Question, state: State) -> bool:
        """Whether this patient, by what is known of them, is the first to answer this measure."""
        if not isinstance(question, Item):
            return False
        # a measure asks of itself what its next item is, so only those around it are looked at
        around = state.model_copy(update={"stack": state.stack[:-1]})
        outcomes = self._live.outcomes(self._release, around)
        return self._walked.setdefault(question.measure, outcomes) == outcomes

    def _arrive(self, at: int | None, taken: Turn, trail: Trail, move: Move) -> Way:
        before = None if at is None else self.nodes[at].state
        seconds = move.seconds + self._watcher.look(Moment(self.root, before, taken, trail))
        for again in self._past_danger(taken):
            taken = again
            seconds += self._watcher.look(Moment(self.root, None, taken, trail))
        target = self._node(at, taken, move.said)
        taps = int(isinstance(move.event, Tapped))
        if before is not None and target is not None:
            offered = self.nodes[target].offered
            self._leaps.note(before, taken.state, offered, seconds, taps)
        return Way(target, seconds, taps, is_answer=move.is_answer)

    def _past_danger(self, taken: Turn) -> Iterator[Turn]:
        """The turns after which the patient, safe again, is back in this flow."""
        while self._is_in_danger(taken.state):
            cleared = turn(self._release, taken.state, Cleared(at=NOW))
            taken = turn(self._release, cleared.state, _tap("resume"))
            yield taken

    def _is_in_danger(self, state: State) -> bool:
        top = state.stack[-1] if state.stack else None
        return top is not None and top.flow not in self._home and top.flow.startswith("safety/")

    def _node(self, before: int | None, taken: Turn, said: str) -> int | None:
        state = _rested(taken.state)
        if state.asked is None or not state.stack or state.stack[-1].flow not in self._home:
            self.exits.append(state)
            return None
        return self._keep(before, state, buttons_of(taken.effects, state.asked), said)

    def _keep(
        self, before: int | None, state: State, offered: tuple[str, ...], said: str
    ) -> int | None:
        sight = self._memory.sight(state, offered)
        seen = self._memory.find(sight)
        return self._new(sight, Node(state, offered, before, said)) if seen is None else seen

    def _new(self, sight: Sight, node: Node) -> int | None:
        if len(self.nodes) >= self.most:
            self.is_whole = False
            return None
        self.nodes.append(node)
        number = len(self.nodes) - 1
        self._memory.remember(sight, number)
        self._waiting.append(number)
        return number


def in_words(trail: list[str]) -> str:
    """The last few answers of a trail."""
    short = trail if len(trail) <= _LONGEST_WAY else ["…", *trail[-_LONGEST_WAY:]]
    return f"on the way {', '.join(short)}" if short else "at the beginning"


def opened(release: Release, root: str, state: State) -> Turn:
    """The turn in which a flow is opened for somebody."""
    scene = Scene(release, Joined(at=NOW), state)
    is_safety = release.flow(root).kind == "safety"
    opened = talk.run(hold(scene, root)) if is_safety else talk.begin(scene, root)
    scene = schedule(opened)
    return Turn(scene.state, scene.effects)


def _rested(state: State) -> State:
    """A patient who takes a breath after each answer: what they send is never a flood."""
    return state if state.crowd is None else state.model_copy(update={"crowd": None})


_START = Joined(at=NOW)


def _tap(command: str) -> Event:
    return Tapped(at=NOW, turn=None, choice=command)
