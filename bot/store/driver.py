"""Statements in the driver's own words go straight to it.

What SQLAlchemy makes of an answer, with names, types and buffers, takes longer than SQLite does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, cast

from sqlalchemy import Connection, exc


class Answer(Protocol):
    """What the driver says: the rows it found, or how many it changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def __iter__(self) -> Iterator[Any]:
        """The rows that were found."""


def run(connection: Connection, words: str, values: tuple[Any, ...]) -> Answer:
    """What is answered to the statement; what is raised is SQLAlchemy's and hides the values.

    It is part of the transaction that has begun on the connection.
    """
    if _is_heard(connection):
        return connection.exec_driver_sql(words, values)
    return _run(connection, connection.dialect.do_execute, words, values)


def run_many(connection: Connection, words: str, rows: Sequence[tuple[Any, ...]]) -> Answer:
    """The same for a statement that is run with each of these rows."""
    if _is_heard(connection):
        return connection.exec_driver_sql(words, list(rows))
    return _run(connection, connection.dialect.do_executemany, words, rows)


def _is_heard(connection: Connection) -> bool:
    """Whether somebody listens to each statement: they hear of it from SQLAlchemy."""
    return bool(connection.dispatch.before_cursor_execute)


def _run(connection: Connection, act: Callable[..., None], words: str, values: Any) -> Answer:
    cursor = connection.connection.cursor()
    try:
        act(cursor, words, values)
    except connection.dialect.loaded_dbapi.Error as error:
        # drivers and SQLAlchemy name their errors alike (PEP 249)
        kind = getattr(exc, type(error).__name__, exc.DBAPIError)
        raise kind(words, values, error, hide_parameters=True) from error
    return cast("Answer", cursor)
