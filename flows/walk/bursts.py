"""That a patient never gets more than a few bubbles in a row before being asked something."""

from __future__ import annotations

from collections.abc import Iterator

from flows.steps import END, Do, Question, Raise, Say, Show
from flows.walk.finding import Finding
from flows.walk.graph import Atlas, Graph

MOST_BUBBLES = 3
"""How many bubbles may follow one another without a question."""

_ENOUGH = 12  # counting further changes nothing, and a count must end somewhere


def bursts(atlas: Atlas) -> Iterator[Finding]:
    """The steps at which one bubble too many comes; needs flows that open no circle."""
    counter = _Counter(atlas)
    for name, graph in atlas.written.items():
        counts = counter.counts(name, 0)
        for step in graph.flow.names:
            if step in counts and counter.is_too_many(graph, step, counts[step]):
                yield Finding(name, step, _text(graph, step))


def _text(graph: Graph, step: str) -> str:
    inner = graph.does.get(step)
    through = f" with those of {inner}" if inner else ""
    return (
        f"more than {MOST_BUBBLES} bubbles come in a row here{through}: "
        "put a question in between, or join two"
    )


class _Counter:
    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._known: dict[tuple[str, int], dict[str, int]] = {}

    def counts(self, flow: str, entry: int) -> dict[str, int]:
        """The most bubbles that may have come in a row when each step of a flow begins."""
        if (flow, entry) not in self._known:
            self._known[flow, entry] = self._spread(self._atlas.graphs[flow], entry)
        return self._known[flow, entry]

    def is_too_many(self, graph: Graph, step: str, before: int) -> bool:
        """Whether this step, after so many bubbles, adds the one that is too many."""
        inner = graph.does.get(step)
        if inner in self._atlas.graphs:
            return self._peak(inner, before) > MOST_BUBBLES >= self._peak(inner, 0)
        return before == MOST_BUBBLES and _bubbles(graph, step) > 0

    def _peak(self, flow: str, entry: int) -> int:
        graph, counts = self._atlas.graphs[flow], self.counts(flow, entry)
        return max(self._top(graph, step, n) for step, n in counts.items() if step != END)

    def _top(self, graph: Graph, step: str, before: int) -> int:
        inner = graph.does.get(step)
        if inner in self._atlas.graphs:
            return self._peak(inner, before)
        return before + _bubbles(graph, step)

    def _spread(self, graph: Graph, entry: int) -> dict[str, int]:
        counts = {graph.first: entry}
        waiting = [graph.first]
        while waiting:
            name = waiting.pop()
            after = None if name == END else self._after(graph, name, counts[name])
            for target in graph.ways.get(name, ()) if after is not None else ():
                if after is not None and after > counts.get(target, -1):
                    counts[target] = after
                    waiting.append(target)
        return counts

    def _after(self, graph: Graph, name: str, before: int) -> int | None:
        match step := graph.step(name):
            case Question():
                return 0
            case Do() if step.do in self._atlas.graphs:
                return self.counts(step.do, before).get(END)
            case Raise() if self._is_answered(step):
                return 0
            case _:
                return min(before + _bubbles(graph, name), _ENOUGH)

    def _is_answered(self, step: Raise) -> bool:
        """Whether a safety flow takes over here, after which this flow rests."""
        rules = self._atlas.release.escalation.rules
        return any(rule.rule == step.raise_ and rule.reply for rule in rules)


def _bubbles(graph: Graph, name: str) -> int:
    return int(isinstance(graph.step(name), Say | Show))
