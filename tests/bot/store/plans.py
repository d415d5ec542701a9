"""How the database answers what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from bot.store.unit import Unit


def plans(unit: Unit, work: Callable[[Unit], object]) -> list[str]:
    """How SQLite answers every question that the work asks, line by line."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _u: object, statement: str, values: Any, *_rest: object) -> None:
        asked.append((statement, values))

    source = unit.connection.engine
    event.listen(source, "before_cursor_execute", note)
    work(unit)
    event.remove(source, "before_cursor_execute", note)
    explain = unit.connection.exec_driver_sql
    return [
        row[-1]
        for statement, values in asked
        for row in explain(f"EXPLAIN QUERY PLAN {statement}", values)
    ]
