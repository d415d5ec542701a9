"""Writes that nobody reads back at once wait, and go out many at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, LargeBinary, Table, Update

from bot.store import driver

Write = Insert | Update | Delete


@dataclass(slots=True)
class Group:
    """One statement, and the rows with which it is run."""

    statement: Write
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Later:
    """What is still to be written; what is about the same thing is written in its order."""

    _groups: list[Group] = field(default_factory=list)
    _places: dict[tuple[Table, Hashable], int] = field(default_factory=dict)

    def add(self, table: Table, about: Hashable, statement: Write, row: dict[str, Any]) -> None:
        """Have the statement run with this row, after what waits about the same thing."""
        what = table, about
        place = self._place(statement, self._places.get(what, 0))
        self._groups[place].rows.append(row)
        self._places[what] = place

    def write(self, connection: Connection) -> None:
        """Write what waits, each statement once for all of its rows."""
        if not self._groups:
            return
        groups = list(self._groups)
        self.drop()
        for group in groups:
            run(connection, group.statement, group.rows)

    def drop(self) -> None:
        """Write nothing of what waits: what it belongs to is undone."""
        self._groups.clear()
        self._places.clear()

    def _place(self, statement: Write, first: int) -> int:
        for place in range(first, len(self._groups)):
            if self._groups[place].statement is statement:
                return place
        self._groups.append(Group(statement))
        return len(self._groups) - 1


Written = Callable[[Mapping[str, Any]], tuple[Any, ...]]
"""Writes a row as the driver takes it."""


def run(connection: Connection, statement: Write, rows: Sequence[dict[str, Any]]) -> driver.Answer:
    """What the driver says after the statement was run with each of these rows, all alike."""
    if not connection.dialect.positional:
        return connection.execute(statement, rows)
    # what SQLAlchemy finds out about a statement at each run is found out once
    words, written = _in_words(statement, connection.dialect, tuple(rows[0]))
    return driver.run_many(connection, words, [written(row) for row in rows])


@lru_cache(256)
def _in_words(statement: Write, dialect: Dialect, names: Sequence[str]) -> tuple[str, Written]:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    order: Sequence[str] = compiled.positiontup or ()
    kinds = [compiled.binds[name].type.dialect_impl(dialect) for name in order]
    # bytes need no processor: the driver takes them as they are
    processors = [
        None if isinstance(kind, LargeBinary) else kind.bind_processor(dialect) for kind in kinds
    ]
    changed = [(at, to) for at, to in enumerate(processors) if to is not None]
    fixed = {name: value for name, value in compiled.params.items() if name not in names}

    taken = _taking(order)

    def written(row: Mapping[str, Any]) -> tuple[Any, ...]:
        found = taken({**fixed, **row} if fixed else row)
        if not changed:
            return found
        values = list(found)
        for at, to in changed:
            values[at] = to(values[at])
        return tuple(values)

    return str(compiled), written


def _taking(order: Sequence[str]) -> Written:
    """What takes these from a row, in this order; of one alone it would make no tuple."""
    return itemgetter(*order) if len(order) > 1 else lambda row: tuple(row[name] for name in order)
