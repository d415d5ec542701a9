"""Statements in the driver's own words: the same answers, errors and transaction, and no values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.store import driver
from bot.store.errors import is_passing

SECRET = "what a patient wrote"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A connection in a transaction, and a table of names in it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'names.sqlite3'}")
    with engine.begin() as begun:
        begun.exec_driver_sql("CREATE TABLE names (name TEXT UNIQUE)")
        yield begun
    engine.dispose()


def test_rows_and_counts_come_back(connection: Connection) -> None:
    """Of many rows how many were written, of a question what was found."""
    kept = driver.run_many(connection, "INSERT INTO names VALUES (?)", [("Ann",), ("Ben",)])
    assert kept.rowcount == 2

    found = driver.run(connection, "SELECT name FROM names WHERE name > ?", ("Ann",))
    assert [tuple(row) for row in found] == [("Ben",)]


def test_it_is_part_of_the_transaction(connection: Connection) -> None:
    """What is undone is undone with it."""
    savepoint = connection.begin_nested()
    driver.run_many(connection, "INSERT INTO names VALUES (?)", [("Ann",)])
    savepoint.rollback()

    assert not list(driver.run(connection, "SELECT name FROM names", ()))


def test_errors_are_those_of_sqlalchemy_and_tell_no_values(connection: Connection) -> None:
    """So that whoever tells passing trouble from faults does, and nothing is logged of a patient's.

    The driver's own error is kept, for its code.
    """
    words = "INSERT INTO names VALUES (?)"
    driver.run_many(connection, words, [(SECRET,)])
    with pytest.raises(IntegrityError) as twice:
        driver.run_many(connection, words, [(SECRET,)])
    assert not is_passing(twice.value)
    assert SECRET not in f"{twice.value!s}{twice.value!r}"

    connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(OperationalError) as closed:
        driver.run(connection, words, (f"{SECRET}, too",))
    assert is_passing(closed.value)
    assert SECRET not in f"{closed.value!s}{closed.value!r}"


def test_whoever_listens_hears_of_each_statement(connection: Connection) -> None:
    """By SQLAlchemy's own events, at the connection or at its engine."""
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, words: str, *_: object) -> None:
        heard.append(words)

    asking = "SELECT name FROM names"
    for source in (connection, connection.engine):
        event.listen(source, "before_cursor_execute", hear)
        driver.run(connection, asking, ())
        event.remove(source, "before_cursor_execute", hear)
    driver.run(connection, asking, ())

    assert heard == [asking, asking]
