"""States that were just written, as values: whoever acts again soon need not be read from JSON."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from flows.state import Done, Kept, Score, State

MOST_LETTERS = 6_000_000
"""Of JSON; as values it is a few times as much."""
KEPT_FOR = timedelta(minutes=10)
"""Nobody's words stay in memory for longer than they are likely to act again."""
_SELDOM: Mapping[str, TypeAdapter[Any]] = {
    "scores": TypeAdapter(tuple[Score, ...]),
    "done": TypeAdapter(tuple[Done, ...]),
    "cards": TypeAdapter(tuple[Kept, ...]),
}
"""What few turns change, and what takes longest to write."""
_LEFT_OUT = set(_SELDOM)

Pieces = Mapping[str, tuple[object, str]]
"""What few turns change, each part with its JSON."""


@dataclass(frozen=True, slots=True)
class _Kept:
    state: State
    pieces: Pieces
    letters: int
    at: datetime


@dataclass(slots=True)
class States:
    """A few states by their JSON, so that nothing but what is in the database decides.

    Only the thread that writes uses it.
    """

    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict, repr=False)
    _letters: int = 0
    _pieces: Pieces = field(default_factory=dict, repr=False)
    """Those of the state that was asked for last, whose turn it is."""

    def of(self, state_json: str) -> State:
        """The state that was written so; it is kept no more, for the next one takes its place."""
        known = self._kept.pop(state_json, None)
        if known is None:
            state = State.model_validate_json(state_json)
            self._pieces = _pieces_in(state, state_json)
            return state
        self._letters -= known.letters
        self._pieces = known.pieces
        return known.state

    def write(self, state: State, at: datetime) -> str:
        """Its JSON, with what did not change as it was written before; it is ready for a while."""
        pieces = {name: self._piece(name, getattr(state, name)) for name in _SELDOM}
        rest = state.model_dump_json(exclude=_LEFT_OUT)
        parts = [f',\n"{name}":{piece}' for name, (_, piece) in pieces.items()]
        state_json = f"{rest[:-1]}{''.join(parts)}}}"
        letters = len(state_json) + sum(map(len, parts))
        self._keep(state_json, _Kept(state, pieces, letters, at))
        return state_json

    def _piece(self, name: str, value: object) -> tuple[object, str]:
        known = self._pieces.get(name)
        # the very same tuple of frozen values, and not only one that is equal to it
        if known is not None and known[0] is value:
            return known
        return value, _SELDOM[name].dump_json(value).decode()

    def _keep(self, state_json: str, kept: _Kept) -> None:
        known = self._kept.pop(state_json, None)
        self._letters += kept.letters - (known.letters if known is not None else 0)
        self._kept[state_json] = kept
        while self._letters > MOST_LETTERS:
            self._drop_oldest()

    def let_go(self, at: datetime) -> None:
        """Keep nothing that has not been used for a while, or by a clock that was set back."""
        self._pieces = {}
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if timedelta() <= at - oldest.at < KEPT_FOR:
                return
            self._drop_oldest()

    def clear(self) -> None:
        """Keep nothing of anybody."""
        self._kept.clear()
        self._letters, self._pieces = 0, {}

    def _drop_oldest(self) -> None:
        _, oldest = self._kept.popitem(last=False)
        self._letters -= oldest.letters


def _pieces_in(state: State, state_json: str) -> Pieces:
    """What few turns change, as it was written, each on a line of its own; else nothing.

    No line ends within a part: in JSON a string has none.
    """
    _, *lines = state_json.split("\n")
    heads = [f'"{name}":' for name in _SELDOM]
    is_ours = [line[: len(head)] for line, head in zip(lines, heads, strict=False)] == heads
    if not is_ours or len(lines) != len(heads):
        return {}
    return {
        name: (getattr(state, name), line[len(head) : -1])
        for name, head, line in zip(_SELDOM, heads, lines, strict=True)
    }
