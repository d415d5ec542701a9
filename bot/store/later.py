"""Writes that nobody reads back at once wait, and go out many at a time."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Table, Update

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
        first = self._places.get((table, about), 0)
        place = self._place(statement, first)
        self._groups[place].rows.append(row)
        self._places[table, about] = place

    def write(self, connection: Connection) -> None:
        """Write what waits, each statement once for all of its rows."""
        if not self._groups:
            return
        groups = list(self._groups)
        self.drop()
        for group in groups:
            connection.execute(group.statement, group.rows)

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
