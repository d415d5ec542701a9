"""States that were just written, as values: whoever acts again soon need not be read from JSON."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flows.state import State

MOST_LETTERS = 4_000_000
"""Of JSON; as values it is a few times as much."""
KEPT_FOR = timedelta(minutes=10)
"""Nobody's words stay in memory for longer than they are likely to act again."""


@dataclass(slots=True)
class States:
    """A few states by their JSON, so that nothing but what is in the database decides.

    Only the thread that writes uses it.
    """

    _kept: OrderedDict[str, tuple[State, datetime]] = field(default_factory=OrderedDict, repr=False)
    _letters: int = 0

    def of(self, state_json: str) -> State:
        """The state that was written so; it is kept no more, for the next one takes its place."""
        known = self._kept.pop(state_json, None)
        if known is None:
            return State.model_validate_json(state_json)
        self._letters -= len(state_json)
        return known[0]

    def keep(self, state: State, state_json: str, at: datetime) -> None:
        """Have it ready for a while, if there is room."""
        if state_json not in self._kept:
            self._letters += len(state_json)
        self._kept[state_json] = state, at
        self._kept.move_to_end(state_json)
        while self._letters > MOST_LETTERS:
            self._drop_oldest()

    def let_go(self, at: datetime) -> None:
        """Keep nothing that has not been used for a while, or by a clock that was set back."""
        while self._kept:
            _, kept_at = next(iter(self._kept.values()))
            if timedelta() <= at - kept_at < KEPT_FOR:
                return
            self._drop_oldest()

    def clear(self) -> None:
        """Keep nothing of anybody."""
        self._kept.clear()
        self._letters = 0

    def _drop_oldest(self) -> None:
        state_json, _ = self._kept.popitem(last=False)
        self._letters -= len(state_json)
