"""All flows played through from every beginning, and what that proves of a release."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar

from flows.journey import PHASES
from flows.walk.classes import Value
from flows.walk.finding import Finding, warning
from flows.walk.graph import Atlas
from flows.walk.injections import Injections, Position, stands
from flows.walk.lengths import Lengths
from flows.walk.played import Played, Root, Stage
from flows.walk.watched import Taken

T = TypeVar("T")
U = TypeVar("U")

_AT_ONCE = 100
"""Help is asked for at so many places in one piece of work."""


class Each(Protocol):
    """How work is done of which no part needs another: one by one as by `map`, or side by side."""

    def __call__(self, work: Callable[[T], U], things: Sequence[T], /) -> Iterable[U]:
        """What the work makes of each thing, in their order."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What playing a release through showed: findings, how long flows take, how much was seen."""

    findings: tuple[Finding, ...]
    lengths: Mapping[str, Lengths]
    states: int
    positions: int


def explore(
    atlas: Atlas,
    unsound: frozenset[str] = frozenset(),
    each: Each = map,
    only: Collection[str] | None = None,
) -> Explored:
    """Everything that only playing shows; flows that are unsound on paper are left out.

    With `only`, beside setting up, just the flows are played in which one of these opens.
    """
    chosen = [
        root
        for root in roots(atlas)
        if not atlas.within[root.flow] & unsound
        and (only is None or root.is_setting_up or not atlas.within[root.flow].isdisjoint(only))
    ]
    return _Exploration(atlas, Stage(atlas, atlas.graphs.keys() - unsound), chosen, each).explored()


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
    def __init__(self, atlas: Atlas, stage: Stage, chosen: list[Root], each: Each) -> None:
        self._atlas, self._stage, self._roots, self._each = atlas, stage, chosen, each
        self._played: dict[Root, Played] = {}

    def explored(self) -> Explored:
        """Plays every root, then says what was seen."""
        known: dict[str, Value] = {}
        for root in (root for root in self._roots if root.is_setting_up):
            self._played[root] = played = self._stage.play(known, root)
            known |= played.everyones
        self._play_all([root for root in self._roots if not root.is_setting_up], known)
        return Explored(
            findings=tuple(self._findings()),
            lengths={played.root.flow: played.lengths for played in self._all},
            states=sum(played.states for played in self._all),
            positions=len(frozenset[Position]().union(*(each.stood for each in self._all))),
        )

    def _play_all(self, others: Sequence[Root], known: Mapping[str, Value]) -> None:
        """Play those of which none needs another; the longest begins first."""
        ordered = sorted(others, key=self._stage.weight, reverse=True)
        for played in self._each(partial(self._stage.play, known), ordered):
            self._played[played.root] = played

    @cached_property
    def _all(self) -> list[Played]:
        return [self._played[root] for root in self._roots]

    def _findings(self) -> Iterator[Finding]:
        yield from _first([played.shown for played in self._all])
        yield from _first(self._helped())
        for played in self._all:
            yield from played.findings
        yield from self._unreached()
        yield from self._undecided()

    def _helped(self) -> list[dict[str, Finding]]:
        found = stands(played.stood for played in self._all)
        places = [found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE)]
        return list(self._each(Injections(self._atlas).found, places))

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

    def _undecided(self) -> Iterator[Finding]:
        for place in self._stage.tests:
            flow, step, condition = place
            outcomes = frozenset[bool]().union(*(each.outcomes[place] for each in self._all))
            written = flow in self._atlas.written and flow in self._judged
            # an own answer is always known, and whoever skips goes another way
            is_own = condition.startswith("answer known")
            if written and len(outcomes) == 1 and not is_own:
                how = "always" if outcomes == {True} else "never"
                text = f"`{condition}` is {how} true here: take it away, or compare something else"
                yield warning(flow, step, text)


def _first(found: Sequence[Mapping[T, Finding]]) -> Iterator[Finding]:
    """What was found first of each sign, in the order of the flows."""
    signs: dict[T, Finding] = {}
    for each in found:
        for sign, finding in each.items():
            signs.setdefault(sign, finding)
    return iter(signs.values())
