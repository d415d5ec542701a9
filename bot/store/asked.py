"""Questions of every turn: what SQLAlchemy finds out about one at each run is found out once.

Only for drivers that take values by their places, as SQLite's does.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select

from bot.store import driver

Values = Mapping[str, Any]
Shape = tuple[tuple[str, int | None], ...]
"""The names of the values, and how long each list among them may be."""
Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Words:
    """A question in the words of the driver: what it is given, and what each row becomes."""

    statement: str
    given: Callable[[Values], tuple[Any, ...]]
    read: Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Item:
    """Where a value comes from: its name, and its place if that is a list."""

    name: str
    place: int | None = None

    def of(self, values: Values) -> Any:
        """The value; a list that is shorter than its room repeats its last one."""
        value = values[self.name]
        return value if self.place is None else value[min(self.place, len(value) - 1)]


def rows(connection: Connection, query: Select[Any], values: Values) -> Sequence[Any]:
    """The rows, each with a field for every column; lists are for expanding parameters."""
    if not connection.dialect.positional:
        return connection.execute(query, values).all()
    words = _in_words(query, connection.dialect, _shape(values))
    found = driver.run(connection, words.statement, words.given(values))
    return [words.read(row) for row in found]


def _shape(values: Values) -> Shape:
    return tuple(
        (name, _room(len(value)) if isinstance(value, list) else None)
        for name, value in values.items()
    )


def _room(size: int) -> int:
    """The next power of two: to ask for the last one again costs less than a statement each."""
    return 1 << (size - 1).bit_length() if size else 0


@lru_cache(256)
def _in_words(query: Select[Any], dialect: Dialect, shape: Shape) -> Words:
    compiled = query.compile(dialect=dialect)
    state = compiled.construct_expanded_state({name: _items(name, room) for name, room in shape})
    taken = [state.parameters[name] for name in state.positiontup or ()]
    kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}

    def processor(name: str) -> Processor:
        return kinds[name].bind_processor(dialect)

    wanted = [
        (item, processor(item.name)) if isinstance(item, Item) else (item, processor(name))
        for name, item in zip(state.positiontup or (), taken, strict=True)
    ]
    return Words(state.statement, _giving(wanted), _reading(query, dialect))


def _items(name: str, room: int | None) -> Item | list[Item]:
    return Item(name) if room is None else [Item(name, place) for place in range(room)]


def _giving(wanted: Sequence[tuple[Any, Processor]]) -> Callable[[Values], tuple[Any, ...]]:
    """What puts values in their places; those that are part of the question are there."""
    whole = [None if isinstance(item, Item) else to(item) if to else item for item, to in wanted]
    open_ = [(n, item, to) for n, (item, to) in enumerate(wanted) if isinstance(item, Item)]

    def given(values: Values) -> tuple[Any, ...]:
        filled = list(whole)
        for place, item, to in open_:
            value = item.of(values)
            filled[place] = to(value) if to else value
        return tuple(filled)

    return given


def _reading(query: Select[Any], dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    columns = [(each.name, each.type.dialect_impl(dialect)) for each in query.selected_columns]
    row = namedtuple("row", [name for name, _ in columns])  # type: ignore[misc]
    processors = [kind.result_processor(dialect, None) for _, kind in columns]
    changed = [(place, to) for place, to in enumerate(processors) if to is not None]

    def read(found: Sequence[Any]) -> Any:
        values = list(found)
        for place, to in changed:
            values[place] = to(values[place])
        return row._make(values)

    return read
