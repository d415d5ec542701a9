"""How much may be asked for at once, and how fast again: buckets that fill up as time passes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

MOST_KEPT = 10_000
"""So many askers are remembered; whoever was not seen for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many times something may happen at once, and how often again in a second."""

    most: int
    each_second: float


class Buckets:
    """One bucket for each asker; one that nobody knows is full."""

    def __init__(self, rate: Rate, most_kept: int = MOST_KEPT) -> None:
        self._rate, self._most_kept = rate, most_kept
        self._known: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def wait(self, asker: str, at: datetime) -> float:
        """For how many seconds this asker has to wait; 0.0 for one who need not."""
        return max(0.0, (1.0 - self._level(asker, at)) / self._rate.each_second)

    def take(self, asker: str, at: datetime) -> float:
        """The same, and one less is in the bucket of whoever need not wait."""
        waits = self.wait(asker, at)
        if not waits:
            self.spend(asker, at)
        return waits

    def spend(self, asker: str, at: datetime) -> None:
        """One less is in the bucket, which may be empty already."""
        self._known[asker] = max(0.0, self._level(asker, at) - 1.0), at
        self._known.move_to_end(asker)
        while len(self._known) > self._most_kept:
            self._known.popitem(last=False)

    def _level(self, asker: str, at: datetime) -> float:
        level, since = self._known.get(asker, (float(self._rate.most), at))
        # a clock that was set back fills nothing
        seconds = max(0.0, (at - since).total_seconds())
        return min(float(self._rate.most), level + seconds * self._rate.each_second)
