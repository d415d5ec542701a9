"""How long a flow takes: taps and minutes, on the typical way and on the longest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median_low

from flows.walk.space import Space, Way


@dataclass(frozen=True, slots=True)
class Length:
    """Taps and minutes of one way through a flow."""

    taps: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Lengths:
    """A flow's typical way (the first or middle answer to everything) and its longest."""

    typical: Length
    longest: Length


def lengths(space: Space) -> Lengths:
    """The lengths of a flow that was explored; going round again is not counted."""
    ways = sorted(_typical(space, start) for start in space.starts)
    typical = median_low(ways) if ways else (0.0, 0)
    best = _longest(space, stops=frozenset())
    longest = max((_onward(best, start) for start in space.starts), default=(0.0, 0))
    return Lengths(_length(typical), _length(longest))


def part_minutes(space: Space) -> dict[tuple[str, str], float]:
    """The longest minutes from the door of each part to the next door or the end."""
    doors = frozenset(n for n, node in enumerate(space.nodes) if space.is_part(node))
    best = _longest(space, stops=doors)
    found: dict[tuple[str, str], float] = {}
    for door in sorted(doors):
        top = space.nodes[door].state.stack[-1]
        place = top.flow, top.step
        # the first way is the one that begins the part
        seconds = max((_onward(best, way)[0] for way in space.nodes[door].ways[:1]), default=0.0)
        found[place] = max(found.get(place, 0.0), seconds / 60)
    return found


_Cost = tuple[float, int]


def _length(cost: _Cost) -> Length:
    return Length(taps=cost[1], minutes=cost[0] / 60)


def _typical(space: Space, start: Way) -> _Cost:
    """The first move at every question; another one where the first leads round."""
    seconds, taps, met = start.seconds, start.taps, set[int]()
    target = start.target
    while target is not None:
        met.add(target)
        way = next((w for w in space.nodes[target].ways if w.target not in met), None)
        if way is None:
            break
        seconds, taps, target = seconds + way.seconds, taps + way.taps, way.target
    return seconds, taps


def _onward(best: dict[int, _Cost], way: Way) -> _Cost:
    seconds, taps = best.get(way.target, (0.0, 0)) if way.target is not None else (0.0, 0)
    return way.seconds + seconds, way.taps + taps


def _longest(space: Space, stops: frozenset[int]) -> dict[int, _Cost]:
    """The longest way on from each node to the end or a stop, never round."""
    best: dict[int, _Cost] = dict.fromkeys(stops, (0.0, 0))
    for node in _inmost_first(space):
        if node not in stops:
            # a way back was not weighed yet: it counts, and what would come round again does not
            onward = (_onward(best, way) for way in space.nodes[node].ways)
            best[node] = max(onward, default=(0.0, 0))
    return best


def _inmost_first(space: Space) -> Iterator[int]:
    """Every node after those that it leads to, but for ways back."""
    met = set[int]()
    for root in range(len(space.nodes)):
        if root in met:
            continue
        met.add(root)
        trail = [(root, _targets(space, root))]
        while trail:
            node, targets = trail[-1]
            target = next((t for t in targets if t not in met), None)
            if target is None:
                trail.pop()
                yield node
            else:
                met.add(target)
                trail.append((target, _targets(space, target)))


def _targets(space: Space, node: int) -> Iterator[int]:
    return (way.target for way in space.nodes[node].ways if way.target is not None)
