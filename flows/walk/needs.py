"""What the rest of a way asks of a patient's state: tests, keys to show, measures to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from flows.placeholders import needed_in
from flows.program import Release
from flows.steps import Condition, Do, Step, key_of
from flows.walk.graph import Atlas
from flows.walk.names import ENGINE_VALUES, texts_of
from flows.walk.singles import Subject, cases_of, leaves, subject, tests_of


@dataclass(frozen=True, slots=True)
class Needs:
    """What still matters somewhere: tests of the state, keys that a text shows, measures asked."""

    tests: frozenset[Condition] = frozenset()
    keys: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.tests | other.tests, self.keys | other.keys, self.measures | other.measures
        )


def needs_of(step: Step) -> Needs:
    """What a step asks of the state; a flow that it opens is not looked into."""
    shown = frozenset[str]().union(*map(needed_in, texts_of(step)))
    return Needs(
        tests=frozenset(
            test
            for test in (*tests_of(step), *(case.when for case in cases_of(step)))
            # one about the answer just given falls at once, and matters nowhere else
            if all(subject(leaf) is not None for leaf in leaves(test))
        ),
        keys=shown - ENGINE_VALUES,
        measures=_measures(step),
    )


def all_of(needs: Iterable[Needs]) -> Needs:
    """Everything that any of these needs."""
    found = Needs()
    for each in needs:
        found |= each
    return found


class Tests:
    """Every single test of a release, by what it is about; `asked` collects what was looked for."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self.asked: set[Subject] = set()

    def about(self, about: Subject) -> tuple[Condition, ...]:
        """The tests about a subject, those about an answer just given among them."""
        self.asked.add(about)
        return self._found.get(about, ())

    @cached_property
    def together(self) -> frozenset[frozenset[Subject]]:
        """The things that one step asks about together, in one condition or case after case."""
        asked = (tests_of(step) for steps in self._flows for step in steps)
        named = (frozenset(filter(None, map(subject, tests))) for tests in asked)
        return frozenset(subjects for subjects in named if len(subjects) > 1)

    @property
    def _flows(self) -> list[tuple[Step, ...]]:
        return [graph.flow.steps for graph in self._atlas.graphs.values()]

    @cached_property
    def _found(self) -> dict[Subject, tuple[Condition, ...]]:
        found: defaultdict[Subject, dict[Condition, None]] = defaultdict(dict)
        for about, test in self._each():
            found[about][test] = None
        return {about: tuple(tests) for about, tests in found.items()}

    def _each(self) -> Iterator[tuple[Subject, Condition]]:
        for steps in self._flows:
            for step in steps:
                for test in tests_of(step):
                    about = subject(test) or ("key", str(key_of(step)))
                    yield about, test
        for test in _suggested(self._atlas.release):
            about_that = subject(test)
            if about_that is not None:
                yield about_that, test


def _suggested(release: Release) -> Iterator[Condition]:
    for suggestion in release.program.suggestions:
        if suggestion.when is not None:
            yield from leaves(suggestion.when)


def _measures(step: Step) -> frozenset[str]:
    if isinstance(step, Do) and step.do.startswith("measure/"):
        return frozenset([step.do.partition("/")[2]])
    return frozenset()
