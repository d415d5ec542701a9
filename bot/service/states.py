"""States that were just written, as values: whoever acts again soon need not be read from JSON."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from flows.state import Done, Kept, Score, State

MOST_LETTERS = 4_000_000
"""Of JSON; as values it is a few times as much."""
KEPT_FOR = timedelta(minutes=10)
"""Nobody's words stay in memory for longer than they are likely to act again."""
_SELDOM: Mapping[str, TypeAdapter[Any]] = {
    "answers": TypeAdapter(dict[str, str | int]),
    "words": TypeAdapter(dict[str, str]),
    "scores": TypeAdapter(tuple[Score, ...]),
    "done": TypeAdapter(tuple[Done, ...]),
    "cards": TypeAdapter(tuple[Kept, ...]),
}
"""What many turns leave as it is, and what takes longest to write."""
_LEFT_OUT = set(_SELDOM)
_HEADS = [f'"{name}":' for name in _SELDOM]
_UNKNOWN = [""] * len(_SELDOM)


@dataclass(frozen=True, slots=True)
class _Kept:
    state: State
    at: datetime


@dataclass(slots=True)
class States:
    """A few states by their JSON, so that nothing but what is in the database decides.

    Only the thread that writes uses it.
    """

    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict, repr=False)
    _letters: int = 0
    _asked: tuple[State, str] | None = field(default=None, repr=False)
    """The state that was asked for last, whose turn it is, and its JSON."""

    def of(self, state_json: str) -> State:
        """The state that was written so; it is kept no more, for the next one takes its place."""
        known = self._kept.pop(state_json, None)
        if known is not None:
            self._letters -= len(state_json)
        state = State.model_validate_json(state_json) if known is None else known.state
        self._asked = state, state_json
        return state

    def write(self, state: State, at: datetime) -> str:
        """Its JSON, with what did not change as it was written before; it is ready for a while."""
        rest = state.model_dump_json(exclude=_LEFT_OUT)
        state_json = ",\n".join([rest[:-1], *self._lines(state)]) + "}"
        self._keep(state_json, _Kept(state, at))
        return state_json

    def _lines(self, state: State) -> list[str]:
        """What many turns leave as it is, each part on a line of its own."""
        before, before_json = self._asked or (state, "")
        written = _lines_in(before_json)
        # the very same value, which nobody changes, and not only one that is equal to it
        return [
            line if line and getattr(state, name) is getattr(before, name) else _line(state, name)
            for name, line in zip(_SELDOM, written, strict=True)
        ]

    def _keep(self, state_json: str, kept: _Kept) -> None:
        is_new = self._kept.pop(state_json, None) is None
        self._letters += len(state_json) if is_new else 0
        self._kept[state_json] = kept
        while self._letters > MOST_LETTERS:
            self._drop_oldest()

    def let_go(self, at: datetime) -> None:
        """Keep nothing that has not been used for a while, or by a clock that was set back."""
        self._asked = None
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if timedelta() <= at - oldest.at < KEPT_FOR:
                return
            self._drop_oldest()

    def clear(self) -> None:
        """Keep nothing of anybody."""
        self._kept.clear()
        self._letters, self._asked = 0, None

    def _drop_oldest(self) -> None:
        state_json, _ = self._kept.popitem(last=False)
        self._letters -= len(state_json)


def _line(state: State, name: str) -> str:
    return f'"{name}":{_SELDOM[name].dump_json(getattr(state, name)).decode()}'


def _lines_in(state_json: str) -> list[str]:
    """The lines of what many turns leave as it is, as they were written; empty by another hand.

    No line ends within a part: in JSON a string has none.
    """
    _, *lines = state_json.split("\n")
    is_ours = [line[: len(head)] for line, head in zip(lines, _HEADS, strict=False)] == _HEADS
    return [line[:-1] for line in lines] if is_ours and len(lines) == len(_HEADS) else _UNKNOWN
