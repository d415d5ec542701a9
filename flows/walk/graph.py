"""A flow as ways from step to step, taken from the same transitions that its machine is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from flows.answers import LEAVE
from flows.machine import SKIPPED, definition
from flows.program import Release
from flows.steps import END, AnyStep, Consent, Do, Flow, Item, Open, Question, key_of

Ways = Mapping[str, frozenset[str]]
"""For each step, the steps that an answer or a branch may lead to."""


class Graph:
    """One flow's ways, by answers, by branches, and by skipping where that is allowed."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.first = flow.names[0]

    @cached_property
    def ways(self) -> Ways:
        """The ways between steps that exist; `open` leaves the flow and leads nowhere in it."""
        return self._ways({name for name in self.flow.names if self._may_be_skipped(name)})

    @cached_property
    def answered(self) -> Ways:
        """The ways without those that skip a question."""
        return self._ways(set())

    def _ways(self, skipped: set[str]) -> Ways:
        places = {*self.flow.names, END}
        found: dict[str, set[str]] = {name: set() for name in self.flow.names}
        for edge in definition(self.flow).transitions:
            source, trigger = edge["source"], edge["trigger"]
            taken = source in skipped if trigger == SKIPPED else trigger not in LEAVE
            if taken and edge["dest"] in places and not isinstance(self.step(source), Open):
                found[source].add(edge["dest"])
        return {name: frozenset(targets) for name, targets in found.items()}

    def _may_be_skipped(self, name: str) -> bool:
        step = self.step(name)
        required = isinstance(step, Consent) or (isinstance(step, Item) and step.required)
        return not required and self.flow.kind != "safety"

    def step(self, name: str) -> AnyStep:
        """The step of that name."""
        return self.flow.step(name)

    @cached_property
    def reached(self) -> frozenset[str]:
        """Every place that the first step may lead to, itself included."""
        return reach(self.ways, [self.first])

    def after(self, name: str) -> frozenset[str]:
        """Every place that comes after this step on some way."""
        return reach(self.ways, self.ways[name])

    @cached_property
    def does(self) -> dict[str, str]:
        """The flows that this flow opens, by the step that does."""
        return {str(step.id): step.do for step in self.flow.steps if isinstance(step, Do)}


class Atlas:
    """The graphs of every flow of a release that can be drawn, and which flow opens which."""

    def __init__(self, release: Release) -> None:
        self.release = release
        drawn = [flow for flow in release.all_flows.values() if not repeated(flow)]
        self.graphs = {flow.id: Graph(flow) for flow in drawn}
        self.written = {name: self.graphs[name] for name in release.flows if name in self.graphs}

    @cached_property
    def within(self) -> dict[str, frozenset[str]]:
        """For each flow, the flows that open inside it at any depth, itself included."""
        ways = {name: frozenset(graph.does.values()) for name, graph in self.graphs.items()}
        return {name: reach(ways, [name]) for name in self.graphs}

    @cached_property
    def askers(self) -> dict[str, frozenset[str]]:
        """For each answer's key, the flows that ask for it."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for name, graph in self.graphs.items():
            for key in filter(None, map(key_of, questions(graph.flow))):
                found[key].add(name)
        return {key: frozenset(flows) for key, flows in found.items()}


def questions(flow: Flow) -> list[Question]:
    """The steps of a flow that ask something."""
    return [step for step in flow.steps if isinstance(step, Question)]


def repeated(flow: Flow) -> list[str]:
    """The names that more than one step of the flow has."""
    names = [str(step.id) for step in flow.steps]
    return sorted({name for name in names if names.count(name) > 1})


def reach(ways: Mapping[str, Iterable[str]], starts: Iterable[str]) -> frozenset[str]:
    """Every place that the starts lead to, themselves included."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting.extend(ways.get(place, ()))
    return frozenset(found)
