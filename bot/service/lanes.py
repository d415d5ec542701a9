"""Of which lane a batch is: what people did comes first, and what the clock brought does come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

BATCH = 64
"""So many arrivals of one lane are handled by one commit at most."""
CLOCKS = 8
"""So many events of the clock are, where somebody wrote just now: who writes next waits for it."""
IN_A_ROW = 4
"""After so many batches of what people did comes one of the clock's."""
QUIET = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Lanes:
    """What the last batches held, and so what the next one holds."""

    clocks: int = CLOCKS
    in_a_row: int = 0
    wrote_at: datetime | None = None

    @property
    def clocks_first(self) -> bool:
        """Whether it is the clock's turn, whoever writes."""
        return self.in_a_row >= IN_A_ROW

    def after(self, peoples: int, at: datetime) -> Lanes:
        """What follows a batch with so many arrivals of people.

        While nobody writes the clock's are twice as many each time: many at once cost less each.
        """
        if peoples:
            return Lanes(CLOCKS, self.in_a_row + 1, at)
        is_quiet = self.wrote_at is None or abs(at - self.wrote_at) >= QUIET
        clocks = min(2 * self.clocks, BATCH) if is_quiet else CLOCKS
        return Lanes(clocks, 0, self.wrote_at)
