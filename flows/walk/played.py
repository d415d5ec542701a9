"""One flow played through by itself from every beginning, and what that showed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from flows.journey import PHASES
from flows.steps import END
from flows.walk.classes import Classes, Value
from flows.walk.finding import Finding, warning
from flows.walk.graph import Atlas
from flows.walk.grounds import Ground, Grounds, LookedAt
from flows.walk.injections import Injections, Position, Top, positions, tops
from flows.walk.lengths import Lengths, lengths, part_minutes
from flows.walk.live import Live
from flows.walk.needs import Needs, all_of
from flows.walk.shown import Shown, Sign, places_of
from flows.walk.singles import subject
from flows.walk.space import Space, in_words
from flows.walk.watched import Taken, Tested, Watch
from flows.walk.worlds import nobody_yet, worlds

MOST_PART_MINUTES = 3
"""How long a part of a lesson may take before it is hard to do in one go."""

_OFF_BY = 0.5  # of the minutes that a flow says it takes
_TIMED = frozenset({"lesson", "exercise", "addon"})
_LEARNING = PHASES.index("learning")


@dataclass(frozen=True, slots=True)
class Root:
    """A flow that is opened by itself, and the phase in which it is."""

    flow: str
    phase: str

    @property
    def is_setting_up(self) -> bool:
        """Whether everyone goes through it who comes to the lessons."""
        return PHASES.index(self.phase) < _LEARNING


@dataclass(frozen=True, slots=True)
class Played:
    """What playing one flow showed, and on what of the release that rests.

    Plain values, so that another process may find them, and the next walk may take them up.
    """

    root: Root
    known: str
    grounds: Grounds
    shown: tuple[tuple[Sign, Finding], ...]
    findings: tuple[Finding, ...]
    helped: tuple[tuple[str, Finding], ...]
    lengths: Lengths
    states: int
    is_whole: bool
    stood: frozenset[Position]
    tops: tuple[tuple[Top, str], ...]
    taken: frozenset[Taken]
    outcomes: tuple[tuple[Tested, frozenset[bool]], ...]
    everyones: dict[str, Value]
    """The answers that everyone has given who came through to the end of setting up."""


class Stage:
    """A release of which any flow can be played."""

    def __init__(self, atlas: Atlas, flows: Collection[str]) -> None:
        self._atlas, self._watch = atlas, Watch()
        self._looked_at = LookedAt(atlas.release.flows)
        plain = atlas.release.model_copy(update={"flows": self._looked_at})
        self._release = self._watch.over(plain, flows)
        self._classes, self._places = Classes(atlas), places_of(atlas)
        self._ground = Ground(
            atlas, flows, self._classes, self._places, self._live.inside, self._matters
        )
        self._help = Injections(atlas, plain)

    @property
    def tests(self) -> tuple[Tested, ...]:
        """Every condition that somebody may meet."""
        return tuple(self._watch.outcomes)

    def weight(self, root: Root) -> int:
        """The more there is to test, the longer it may take."""
        return len(self._live.inside(root.flow).tests)

    def play(self, known: Mapping[str, Value], root: Root) -> Played:
        """What is seen of a flow when people open it of whom this is known."""
        self._forget()
        shown = Shown(self._atlas, self._places)
        live = self._live_setting_up if root.is_setting_up else self._live
        space = Space(self._release, self._classes, live, shown, root.flow)
        base = nobody_yet(self._release, root.phase, dict(known))
        space.explore(worlds(self._release, self._classes, self._live.inside(root.flow), base))
        stood = positions((*(node.state for node in space.nodes), *space.exits))
        helped = self._help.helped(stood.values())
        return Played(
            root=root,
            known=_in_words(known),
            grounds=self._grounds(root, space, shown),
            shown=tuple(shown.found.items()),
            helped=tuple(helped.items()),
            findings=(*_too_large(space), *_no_way_out(space), *self._times(space)),
            lengths=lengths(space),
            states=len(space.nodes),
            is_whole=space.is_whole,
            stood=frozenset(stood),
            tops=tops(stood.values()),
            taken=frozenset(self._watch.taken),
            outcomes=tuple(self._watch.met),
            everyones=_everyones(space, self._needed) if root.is_setting_up else {},
        )

    def rests(self, known: Mapping[str, Value], root: Root, earlier: Played) -> bool:
        """Whether a play of this flow would show what it showed before."""
        is_same = earlier.root == root and earlier.known == _in_words(known)
        return is_same and self._ground.bears(earlier.grounds)

    def _forget(self) -> None:
        self._looked_at.forget()
        self._watch.forget()
        self._classes.forget()

    def _grounds(self, root: Root, space: Space, shown: Shown) -> Grounds:
        """What was looked at since all was forgotten."""
        more = [*self._classes.asked, *(f"text {text}" for text in shown.elsewhere)]
        if root.is_setting_up:
            states = (*(node.state for node in space.nodes), *space.exits)
            more += {f"matters {key}" for state in states for key in state.answers}
        return self._ground.of(root.flow, self._looked_at.names, *more)

    def _matters(self, key: str) -> tuple[bool, bool]:
        """Whether some text shows an answer, and whether anything depends on it."""
        return key in self._everything.keys, key in self._needed

    @cached_property
    def _live(self) -> Live:
        return Live(self._atlas)

    @cached_property
    def _live_setting_up(self) -> Live:
        """While setting up, every answer matters that a later flow shows."""
        return Live(self._atlas, self._everything.keys)

    @cached_property
    def _needed(self) -> frozenset[str]:
        """The keys that some text shows or some condition is about."""
        abouts = (subject(test) for test in self._everything.tests)
        return self._everything.keys | {about[1] for about in abouts if about and about[0] == "key"}

    @cached_property
    def _everything(self) -> Needs:
        return all_of(self._live.inside(name) for name in self._atlas.graphs)

    def _times(self, space: Space) -> Iterator[Finding]:
        flow = self._release.flow(space.root)
        if flow.kind not in _TIMED or not space.is_whole:
            return
        found = lengths(space)
        if not _fits(flow.minutes, found):
            text = (
                f"`minutes: {flow.minutes}` is far off: "
                f"it takes about {max(1, round(found.typical.minutes))} "
                f"({found.typical.taps} taps), and {max(1, round(found.longest.minutes))} at most"
            )
            yield warning(flow.id, "minutes", text)
        for place, minutes in part_minutes(space).items():
            if round(minutes, 1) > MOST_PART_MINUTES:
                text = (
                    f"this part may take {minutes:.1f} minutes, "
                    f"and {MOST_PART_MINUTES} are enough: split it"
                )
                yield warning(*place, text)


def _in_words(known: Mapping[str, Value]) -> str:
    """What tells these answers of everyone from any others."""
    return repr(sorted(known.items()))


def _everyones(space: Space, needed: frozenset[str]) -> dict[str, Value]:
    """The answers that everyone has given who came through to the end."""
    through = [
        state.answers
        for state in space.exits
        if state.finished(space.root) is not None and state.phase != "withdrawn"
    ]
    if not through:
        return {}
    keys = frozenset(through[0]).intersection(*through)
    return {key: through[0][key] for key in sorted(keys & needed)}


def _fits(said: int, found: Lengths) -> bool:
    """Whether the minutes that are said lie near those of some usual way."""
    return found.typical.minutes * (1 - _OFF_BY) <= said <= found.longest.minutes * (
        1 + _OFF_BY
    ) or said == max(1, round(found.typical.minutes))


def _too_large(space: Space) -> Iterator[Finding]:
    if not space.is_whole:
        text = (
            f"more than {space.most} states: split this flow, or let fewer earlier answers matter"
        )
        yield Finding(space.root, "", text)


def _no_way_out(space: Space) -> Iterator[Finding]:
    """The first question from which no answer ever leads out again."""
    if not space.is_whole:
        return
    into: dict[int, list[int]] = {}
    leading = []
    for number, node in enumerate(space.nodes):
        for way in node.ways:
            if way.target is not None:
                into.setdefault(way.target, []).append(number)
            elif way.is_answer:
                leading.append(number)
    out = set[int]()
    while leading:
        number = leading.pop()
        if number not in out:
            out.add(number)
            leading += into.get(number, ())
    stuck = next((n for n in range(len(space.nodes)) if n not in out), None)
    if stuck is not None:
        top = space.nodes[stuck].state.stack[-1]
        text = f"{in_words(space.trail(stuck))} no answer leads to the end: let one of them do so"
        yield Finding(top.flow, top.step if top.step != END else "", text)
