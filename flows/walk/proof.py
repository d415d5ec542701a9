"""All flows played through from every beginning, and what that proves of a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flows.journey import PHASES
from flows.steps import END
from flows.walk.classes import Classes, Value
from flows.walk.finding import Finding, warning
from flows.walk.graph import Atlas
from flows.walk.injections import Injections
from flows.walk.lengths import Lengths, lengths, part_minutes
from flows.walk.live import Live
from flows.walk.needs import Needs, all_of
from flows.walk.shown import Shown
from flows.walk.singles import subject
from flows.walk.space import Space, in_words
from flows.walk.watched import Watch
from flows.walk.worlds import nobody_yet, worlds

MOST_PART_MINUTES = 3
"""How long a part of a lesson may take before it is hard to do in one go."""

_OFF_BY = 0.5  # of the minutes that a flow says it takes
_TIMED = frozenset({"lesson", "exercise", "addon"})


@dataclass(frozen=True, slots=True)
class Root:
    """A flow that is opened by itself, and the phase in which it is."""

    flow: str
    phase: str


@dataclass(frozen=True, slots=True)
class Explored:
    """What playing a release through showed: findings, how long flows take, how much was seen."""

    findings: tuple[Finding, ...]
    lengths: Mapping[str, Lengths]
    states: int
    positions: int


def explore(atlas: Atlas, unsound: frozenset[str] = frozenset()) -> Explored:
    """Everything that only playing shows; flows that are unsound on paper are left out."""
    return _Exploration(atlas, unsound).explored()


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
    def __init__(self, atlas: Atlas, unsound: frozenset[str]) -> None:
        self._atlas, self._unsound = atlas, unsound
        self._watch = Watch()
        self._release = self._watch.over(atlas.release, atlas.graphs.keys() - unsound)
        self._classes = Classes(atlas)
        self._shown, self._injections = Shown(atlas), Injections(atlas)
        self._spaces: dict[str, Space] = {}

    def explored(self) -> Explored:
        """Plays every root, then says what was seen."""
        known: dict[str, Value] = {}
        for root in roots(self._atlas):
            if not self._atlas.within[root.flow] & self._unsound:
                known = self._play(root, known)
        return Explored(
            findings=tuple(self._findings()),
            lengths={name: lengths(space) for name, space in self._spaces.items()},
            states=sum(len(space.nodes) for space in self._spaces.values()),
            positions=self._injections.positions,
        )

    def _play(self, root: Root, known: dict[str, Value]) -> dict[str, Value]:
        """Play one flow; what everyone has answered who comes after it."""
        is_setting_up = root.phase in PHASES[: PHASES.index("learning")]
        live = self._live_setting_up if is_setting_up else self._live
        space = Space(self._release, self._classes, live, self._shown, root.flow)
        base = nobody_yet(self._release, root.phase, known)
        needs = self._live.inside(root.flow)
        space.explore(worlds(self._release, self._classes, needs, base))
        self._spaces[root.flow] = space
        for state in (*(node.state for node in space.nodes), *space.exits):
            self._injections.at(state)
        return {**known, **_everyones(space, self._needed)} if is_setting_up else known

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

    def _findings(self) -> Iterator[Finding]:
        yield from self._shown.findings
        yield from self._injections.findings
        for space in self._spaces.values():
            yield from _too_large(space)
            yield from _no_way_out(space)
            yield from self._times(space)
        yield from self._unreached()
        yield from self._undecided()

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

    @cached_property
    def _judged(self) -> frozenset[str]:
        """The flows of which everything was seen that can be."""
        within = self._atlas.within
        unseen = [
            root.flow
            for root in roots(self._atlas)
            if root.flow not in self._spaces or not self._spaces[root.flow].is_whole
        ]
        unknown = frozenset[str]().union(*(within[name] for name in unseen))
        return frozenset[str]().union(*(within[name] for name in self._spaces)) - unknown

    def _unreached(self) -> Iterator[Finding]:
        reached = {(flow, target) for flow, _, target in self._watch.taken}
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
        for (flow, step, condition), outcomes in self._watch.outcomes.items():
            written = flow in self._atlas.written and flow in self._judged
            # an own answer is always known, and whoever skips goes another way
            is_own = condition.startswith("answer known")
            if written and len(outcomes) == 1 and not is_own:
                how = "always" if outcomes == {True} else "never"
                text = f"`{condition}` is {how} true here: take it away, or compare something else"
                yield warning(flow, step, text)


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
