"""That every way through a flow leads somewhere: no loose ends, no loops without a question."""

from __future__ import annotations

from collections.abc import Iterator

from flows.machine import definition
from flows.steps import END, AnyStep, Do, Flow, Open, Question
from flows.walk.finding import Finding, unknown
from flows.walk.graph import Atlas, Graph, reach, repeated


def ways_of(atlas: Atlas) -> Iterator[Finding]:
    """What is wrong with the ways through each flow that was written."""
    for flow in atlas.release.flows.values():
        yield from _repeated(flow)
    for graph in atlas.written.values():
        yield from _targets(graph)
        yield from _no_way_out(graph)
        yield from _hidden_steps(graph)


def unreached(atlas: Atlas) -> Iterator[Finding]:
    """The steps that nothing leads to."""
    for graph in atlas.written.values():
        yield from _unreached(graph)


def circles(atlas: Atlas) -> Iterator[Finding]:
    """The steps that open a flow which opens theirs again."""
    for name, graph in atlas.graphs.items():
        for step, inner in graph.does.items():
            if name in atlas.within.get(inner, ()):
                text = f"{inner} opens this flow again, without an end: take one of the two away"
                yield Finding(name, step, text)


def silent_loops(atlas: Atlas) -> Iterator[Finding]:
    """The loops that ask nothing; needs flows that open no circle."""
    for graph in atlas.written.values():
        ways = _silent_ways(atlas, graph)
        name = next((name for name in graph.flow.names if name in reach(ways, ways[name])), None)
        if name is not None:
            text = "these steps go round without a question: put one in between"
            yield Finding(graph.flow.id, name, text)


def _repeated(flow: Flow) -> Iterator[Finding]:
    for name in repeated(flow):
        text = f"more than one step is called {name}: give the later one another id"
        yield Finding(flow.id, name, text)


def _targets(graph: Graph) -> Iterator[Finding]:
    places = {*graph.flow.names, END}
    missing = {
        (str(edge["source"]), str(edge["dest"]))
        for edge in definition(graph.flow).transitions
        if edge["dest"] not in places
    }
    for source, target in sorted(missing | _unused_targets(graph, places)):
        yield Finding(graph.flow.id, source, unknown("step", target, places))


def _unused_targets(graph: Graph, places: set[str]) -> set[tuple[str, str]]:
    """Targets that no transition uses, because their answer is no choice."""
    return {
        (str(step.id), target)
        for step in graph.flow.steps
        if isinstance(step, Question) and isinstance(step.next, dict)
        for target in step.next.values()
        if target not in places
    }


def _unreached(graph: Graph) -> Iterator[Finding]:
    for name in graph.flow.names:
        if name not in graph.reached:
            text = "nothing leads to this step: lead an answer there, or take it away"
            yield Finding(graph.flow.id, name, text)


def _no_way_out(graph: Graph) -> Iterator[Finding]:
    for name in graph.flow.names:
        onward = reach(graph.answered, [name])
        if name in graph.reached and END not in onward and not _opens(graph, onward):
            text = "from here nothing leads to the end: let one answer go to `end`"
            yield Finding(graph.flow.id, name, text)
            return


def _hidden_steps(graph: Graph) -> Iterator[Finding]:
    """A step named `end` could never be gone to."""
    if END in graph.flow.names:
        yield Finding(graph.flow.id, END, "`end` means the end of the flow: choose another id")


def _opens(graph: Graph, places: frozenset[str]) -> bool:
    return any(name != END and isinstance(graph.step(name), Open) for name in places)


def _silent_ways(atlas: Atlas, graph: Graph) -> dict[str, frozenset[str]]:
    return {
        name: frozenset() if _asks(atlas, graph.step(name)) else onward
        for name, onward in graph.ways.items()
    }


def _asks(atlas: Atlas, step: AnyStep) -> bool:
    if isinstance(step, Do):
        return not _passes_silently(atlas, step.do)
    return isinstance(step, Question)


def _passes_silently(atlas: Atlas, flow: str) -> bool:
    graph = atlas.graphs.get(flow)
    return graph is None or END in reach(_silent_ways(atlas, graph), [graph.first])
