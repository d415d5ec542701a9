"""Which states were met: the same in all that matters, or, of very many, the same two by two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations

from flows.program import Release
from flows.state import State
from flows.walk.live import Live, place_of, shown_keys

MANY_STATES = 500
"""After so many states of one flow, every two things that matter meet at each place, not all."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A state as it matters: its place, how each test ahead falls, which keys to show are known."""

    place: Hashable
    outcomes: tuple[bool, ...]
    known: frozenset[str]
    unknown: frozenset[str]

    @property
    def pairs(self) -> frozenset[Hashable]:
        """Every two things that are so here, and each by itself."""
        keys = [(key, key in self.known) for key in sorted(self.known | self.unknown)]
        aspects: list[Hashable] = [*enumerate(self.outcomes), *keys]
        return frozenset([*aspects, *combinations(aspects, 2)])


class Memory:
    """The states of one flow that were met, by number."""

    def __init__(self, release: Release, live: Live) -> None:
        self._release, self._live = release, live
        self._alike: defaultdict[Hashable, list[tuple[frozenset[str], int]]] = defaultdict(list)
        self._pairs: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
        self._first: dict[Hashable, int] = {}
        self._count = 0

    def sight(self, state: State, offered: tuple[str, ...]) -> Sight:
        """What matters of a state."""
        known = shown_keys(self._live, state)
        return Sight(
            place=place_of(self._live, state, offered),
            outcomes=self._live.outcomes(self._release, state),
            known=known,
            unknown=self._live.needs(state.stack).keys - known,
        )

    def find(self, sight: Sight) -> int | None:
        """The number of a state from which everything is met that this one could meet."""
        alike = self._alike[sight.place, sight.outcomes]
        # whoever knows less meets everything that whoever knows more would meet, and worse
        found = next((number for known, number in alike if known <= sight.known), None)
        if found is not None or self._count < MANY_STATES or sight.place not in self._first:
            return found
        return self._first[sight.place] if sight.pairs <= self._pairs[sight.place] else None

    def remember(self, sight: Sight, number: int) -> None:
        """Keep that this state was met."""
        self._count += 1
        self._alike[sight.place, sight.outcomes].append((sight.known, number))
        self._pairs[sight.place] |= sight.pairs
        self._first.setdefault(sight.place, number)
