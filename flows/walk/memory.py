"""Which states were met: the same in all that matters, or, of very many, the same two by two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

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
    def aspects(self) -> tuple[Hashable, ...]:
        """Everything that is so here."""
        keys = [(key, key in self.known) for key in sorted(self.known | self.unknown)]
        return (*enumerate(self.outcomes), *keys)


class _Pairs:
    """Which two things were met together: for each thing the bits of those it was met with."""

    def __init__(self) -> None:
        self._bits: dict[Hashable, int] = {}
        self._met: defaultdict[int, int] = defaultdict(int)

    def has(self, aspects: tuple[Hashable, ...]) -> bool:
        """Whether every two of these were met together, and each by itself."""
        bits = [self._bits.get(aspect) for aspect in aspects]
        found = [bit for bit in bits if bit is not None]
        all_of_them = sum(found)
        return len(found) == len(bits) and all(not all_of_them & ~self._met[b] for b in found)

    def add(self, aspects: tuple[Hashable, ...]) -> None:
        """Keep that these were met together."""
        bits = [self._bits.setdefault(aspect, 1 << len(self._bits)) for aspect in aspects]
        all_of_them = sum(bits)
        for bit in bits:
            self._met[bit] |= all_of_them


class Memory:
    """The states of one flow that were met, by number."""

    def __init__(self, release: Release, live: Live) -> None:
        self._release, self._live = release, live
        self._alike: defaultdict[Hashable, list[tuple[frozenset[str], int]]] = defaultdict(list)
        self._pairs: defaultdict[Hashable, _Pairs] = defaultdict(_Pairs)
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
        return self._first[sight.place] if self._pairs[sight.place].has(sight.aspects) else None

    def remember(self, sight: Sight, number: int) -> None:
        """Keep that this state was met."""
        self._count += 1
        self._alike[sight.place, sight.outcomes].append((sight.known, number))
        self._pairs[sight.place].add(sight.aspects)
        self._first.setdefault(sight.place, number)
