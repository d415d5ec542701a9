"""All flows played through from every beginning, and what that proves of a release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar

from flows.journey import PHASES
from flows.walk.classes import Value
from flows.walk.finding import Finding, warning
from flows.walk.graph import Atlas
from flows.walk.injections import Injections, Position
from flows.walk.lengths import Lengths
from flows.walk.played import Played, Root, Stage
from flows.walk.watched import Taken, Tested

T = TypeVar("T")
U = TypeVar("U")

_AT_ONCE = 100
"""Help is asked for at so many places in one piece of work."""


class Each(Protocol):
    """How work is done of which no part needs another: one by one as by `map`, or side by side."""

    def __call__(self, work: Callable[[T], U], things: Sequence[T], /) -> Iterable[U]:
        """What the work makes of each thing, in their order."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a walk found, for the next one: each flow's play, and what the care team met."""

    plays: tuple[Played, ...] = ()
    cared: tuple[tuple[str, Finding], ...] = ()


@dataclass(frozen=True, slots=True)
class Explored:
    """What playing a release through showed: findings, how long flows take, how much was seen.

    `anew` names the flows that were played for it; what the others show was known.
    """

    findings: tuple[Finding, ...]
    lengths: Mapping[str, Lengths]
    states: int
    positions: int
    anew: tuple[str, ...]
    earlier: Earlier


def explore(
    atlas: Atlas,
    unsound: frozenset[str] = frozenset(),
    each: Each = map,
    only: Collection[str] | None = None,
    earlier: Earlier | None = None,
) -> Explored:
    """Everything that only playing shows; flows that are unsound on paper are left out.

    With `only`, beside setting up, just the flows are played in which one of these opens; with
    what was found earlier, just those that rest on something else by now.
    """
    chosen = [
        root
        for root in roots(atlas)
        if not atlas.within[root.flow] & unsound
        and (only is None or root.is_setting_up or not atlas.within[root.flow].isdisjoint(only))
    ]
    stage = Stage(atlas, atlas.graphs.keys() - unsound)
    return _Exploration(atlas, stage, chosen, each, earlier or Earlier()).explored()


def roots(atlas: Atlas) -> tuple[Root, ...]:
    """The flows that are opened by themselves, those of setting up first and in their order."""
    release = atlas.release
    phases = {
        flow: phase
        for phase in reversed(PHASES)
        for flow in release.program.phases.get(phase, ())
        if flow in atlas.graphs
    }
    planned = {check.flow: check.phase for check in release.program.checks}
    others = {
        name: planned.get(name, "learning")
        for name in sorted(atlas.written)
        if name not in phases and (name in _named(atlas) or name not in _done(atlas))
    }
    first = sorted(phases, key=lambda flow: _turn_of(release.program.phases, flow))
    return tuple(Root(flow, phases.get(flow) or others[flow]) for flow in [*first, *others])


def _turn_of(phases: Mapping[str, tuple[str, ...]], flow: str) -> tuple[int, int]:
    phase = next(name for name in PHASES if flow in phases.get(name, ()))
    return PHASES.index(phase), phases[phase].index(flow)


def _named(atlas: Atlas) -> frozenset[str]:
    """The flows that the program, a rule or the crisis screen opens."""
    release = atlas.release
    replies = [rule.reply for rule in release.escalation.rules if rule.reply]
    return frozenset([*_strings(release.program.model_dump()), *replies, release.crisis.soft_reply])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _done(atlas: Atlas) -> frozenset[str]:
    return frozenset(flow for graph in atlas.graphs.values() for flow in graph.does.values())


class _Exploration:
    def __init__(
        self, atlas: Atlas, stage: Stage, chosen: list[Root], each: Each, earlier: Earlier
    ) -> None:
        self._atlas, self._stage, self._roots, self._each = atlas, stage, chosen, each
        self._earlier, self._anew = earlier, list[Root]()
        self._played: dict[Root, Played] = {}

    def explored(self) -> Explored:
        """Plays every root of which the play is not known, then says what was seen."""
        known: dict[str, Value] = {}
        for root in (root for root in self._roots if root.is_setting_up):
            self._play_all([root], known)
            known |= self._played[root].everyones
        self._play_all([root for root in self._roots if not root.is_setting_up], known)
        return Explored(
            findings=tuple(self._findings()),
            lengths={played.root.flow: played.lengths for played in self._all},
            states=sum(played.states for played in self._all),
            positions=len(frozenset[Position]().union(*(each.stood for each in self._all))),
            anew=tuple(root.flow for root in self._anew),
            earlier=Earlier(tuple(self._all), self._cared),
        )

    def _play_all(self, roots: Sequence[Root], known: Mapping[str, Value]) -> None:
        """Play those that are not known and of which none needs another; the longest first."""
        for played in self._earlier.plays:
            if played.root in roots and self._stage.rests(known, played.root, played):
                self._played[played.root] = played
        anew = [root for root in roots if root not in self._played]
        self._anew += anew
        each = self._each if len(anew) > 1 else map
        ordered = sorted(anew, key=self._stage.weight, reverse=True)
        for played in each(partial(self._stage.play, known), ordered):
            self._played[played.root] = played

    @cached_property
    def _all(self) -> list[Played]:
        return [self._played[root] for root in self._roots]

    def _findings(self) -> Iterator[Finding]:
        yield from _first([played.shown for played in self._all])
        yield from _first([*(played.helped for played in self._all), self._cared])
        for played in self._all:
            yield from played.findings
        yield from self._unreached()
        yield from self._undecided()

    @cached_property
    def _cared(self) -> tuple[tuple[str, Finding], ...]:
        """What is wrong with what the care team does, wherever somebody stands."""
        if not self._anew and self._earlier.plays == tuple(self._all):
            return self._earlier.cared
        first = {top: state for played in reversed(self._all) for top, state in played.tops}
        found = [first[top] for top in dict.fromkeys(t for p in self._all for t, _ in p.tops)]
        places = [found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE)]
        seen = list(self._each(Injections(self._atlas).cared, places))
        return tuple((sign, finding) for each in seen for sign, finding in each.items())

    @cached_property
    def _judged(self) -> frozenset[str]:
        """The flows of which everything was seen that can be."""
        within = self._atlas.within
        whole = {played.root for played in self._all if played.is_whole}
        unseen = [root.flow for root in roots(self._atlas) if root not in whole]
        unknown = frozenset[str]().union(*(within[name] for name in unseen))
        return frozenset[str]().union(*(within[root.flow] for root in self._played)) - unknown

    def _unreached(self) -> Iterator[Finding]:
        taken = frozenset[Taken]().union(*(played.taken for played in self._all))
        reached = {(flow, target) for flow, _, target in taken}
        for name in sorted(self._judged & self._atlas.written.keys()):
            graph = self._atlas.graphs[name]
            met = {graph.first} | {target for flow, target in reached if flow == name}
            for step in graph.flow.names:
                doors = {source for source, targets in graph.ways.items() if step in targets}
                if step in graph.reached and step not in met and doors & met:
                    text = (
                        "no answer leads here: mend the conditions before it, or take the step away"
                    )
                    yield Finding(name, step, text)

    @cached_property
    def _outcomes(self) -> dict[Tested, set[bool]]:
        found: defaultdict[Tested, set[bool]] = defaultdict(set)
        for place, fell in (outcome for played in self._all for outcome in played.outcomes):
            found[place] |= fell
        return found

    def _undecided(self) -> Iterator[Finding]:
        for place in self._stage.tests:
            flow, step, condition = place
            outcomes = self._outcomes.get(place, set[bool]())
            written = flow in self._atlas.written and flow in self._judged
            # an own answer is always known, and whoever skips goes another way
            is_own = condition.startswith("answer known")
            if written and len(outcomes) == 1 and not is_own:
                how = "always" if outcomes == {True} else "never"
                text = f"`{condition}` is {how} true here: take it away, or compare something else"
                yield warning(flow, step, text)


def _first(found: Sequence[Iterable[tuple[Hashable, Finding]]]) -> Iterator[Finding]:
    """What was found first of each sign, in the order of the flows."""
    signs: dict[Hashable, Finding] = {}
    for sign, finding in (one for each in found for one in each):
        signs.setdefault(sign, finding)
    return iter(signs.values())
