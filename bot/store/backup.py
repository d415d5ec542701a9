"""Every table read out of one snapshot, and read into a database that is empty."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    DateTime,
    MetaData,
    Table,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from bot.keys import Vault
from bot.store import engine, keyring, migrate
from bot.store.erasing import Stone
from bot.store.errors import BadDatabase
from bot.store.moment import Moment
from bot.store.tables import tombstones
from bot.store.unit import Unit

AT_ONCE = 50
"""How many rows are fetched at once: a few of each table, never all of one."""

LEAP_OF_NUMBERS = 10_000
"""How far numbers go on after a restore, for those given out since the backup stand on buttons."""

OWN_NOTES = frozenset({migrate.REVISIONS, "gaps", "marks", "releases", "replicas", "tombstones"})
"""Tables that hold nothing of anybody's: a database with no more than these counts as empty."""

T = TypeVar("T")
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as it is at one moment, whatever is written to it meanwhile."""

    connection: Connection
    revision: str
    patients: int
    numbers: Mapping[str, int]
    tables: Sequence[Table]

    @property
    def engine(self) -> str:
        """Which kind of database it is."""
        return self.connection.dialect.name

    def rows(self, table: Table) -> Iterator[list[Any]]:
        """Every row of a table, as values that JSON can hold; read as they are asked for."""
        streamed = self.connection.execution_options(yield_per=AT_ONCE)
        for row in streamed.execute(select(table)):
            yield [_plain(value) for value in row]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one table, with the names of their columns."""

    table: str
    columns: Sequence[str]
    rows: Sequence[Row]


@contextmanager
def snapshot(url: str, vault: Vault) -> Iterator[Snapshot]:
    """The database at this moment, or BadDatabase if it is not ours, or not of these keys."""
    _check_there(url)
    source = engine.reading(url, 1)
    if source.dialect.name == "postgresql":
        source = source.execution_options(isolation_level="REPEATABLE READ")
    try:
        with source.begin() as connection:
            yield _looked_at(connection, vault)
    except DBAPIError as error:
        raise migrate.unusable(error) from error
    finally:
        source.dispose()


def restore(
    url: str,
    vault: Vault,
    revision: str,
    numbers: Mapping[str, int],
    pieces: Iterable[Piece],
    then: Callable[[Unit, Sequence[Stone]], T],
) -> T:
    """What `then` gives back, once everything is in the empty database, and up to date.

    It is given the tombstones that stood there. All of it is one transaction: what fails or is
    killed leaves the database as empty as it was.
    """
    migrate.prepare(url)
    source = engine.writing(url)
    try:
        with source.begin() as connection:
            migrate.lock(connection)
            migrate.check_known(connection, revision)
            stones = _emptied(connection)
            migrate.upgrade(connection, revision)
            _read_in(connection, pieces)
            migrate.upgrade(connection, "head")
            _go_on_after(connection, numbers)
            unit = Unit(connection, vault)
            keyring.check(unit)
            done = then(unit, stones)
            unit.finish()
            return done
    except DBAPIError as error:
        raise migrate.unusable(error) from error
    finally:
        source.dispose()


def _check_there(url: str) -> None:
    file = engine.file_of(url)
    if file is not None and not file.exists():
        msg = "There is no database yet, so there is nothing to back up"
        raise BadDatabase(msg)


def _looked_at(connection: Connection, vault: Vault) -> Snapshot:
    revision = migrate.revision_of(connection)
    if revision is None:
        msg = "This is no database of Paceful's, so there is nothing to back up"
        raise BadDatabase(msg)
    # rows that other keys sealed would be of no use to whoever restores them
    keyring.check(Unit(connection, vault))
    tables = _tables(connection)
    patients = next(table for table in tables if table.name == "patients")
    count = connection.execute(select(func.count()).select_from(patients)).scalar_one()
    return Snapshot(connection, revision, count, _numbers(connection, tables), tables)


def _tables(connection: Connection) -> list[Table]:
    """The tables as they are there, which may be those of an older version; parents first."""
    found = MetaData()

    @event.listens_for(found, "column_reflect")
    def with_moments(_inspector: object, _table: Table, column: dict[str, Any]) -> None:
        if isinstance(column["type"], DateTime):
            column["type"] = Moment()

    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != migrate.REVISIONS]


def _plain(value: Any) -> Any:
    """The value as JSON can hold it, so that `_value` gives it back."""
    match value:
        case bytes() | memoryview():
            return {"b": base64.b64encode(value).decode()}
        case datetime():
            return {"t": value.isoformat()}
        case _:
            return value


def _value(plain: Any) -> Any:
    match plain:
        case {"b": sealed}:
            return base64.b64decode(sealed)
        case {"t": moment}:
            return datetime.fromisoformat(moment)
        case _:
            return plain


def _emptied(connection: Connection) -> list[Stone]:
    """The tombstones that stood there, after every table is gone; BadDatabase if one held more."""
    tables = _tables(connection)
    if _is_foreign(connection) or any(_holds_data(connection, table) for table in tables):
        msg = (
            "The database is not empty, and a backup is never put over data: move it away first"
            " (rename the SQLite file together with its -wal and -shm; on PostgreSQL, rename the"
            " database and create a new one)"
        )
        raise BadDatabase(msg)
    stones = [
        stone
        for table in tables
        if table.name == tombstones.name
        for stone in _tombstones(connection, table)
    ]
    for table in reversed(tables):
        table.drop(connection)
    if inspect(connection).has_table(migrate.REVISIONS):
        connection.execute(text(f"DROP TABLE {migrate.REVISIONS}"))
    return stones


def _is_foreign(connection: Connection) -> bool:
    names = inspect(connection).get_table_names()
    return bool(names) and migrate.REVISIONS not in names


def _holds_data(connection: Connection, table: Table) -> bool:
    return table.name not in OWN_NOTES and connection.execute(select(table)).first() is not None


def _tombstones(connection: Connection, table: Table) -> list[Stone]:
    columns = [table.c[name] for name in Stone.__dataclass_fields__]
    return [Stone(*row) for row in connection.execute(select(*columns))]


def _read_in(connection: Connection, pieces: Iterable[Piece]) -> None:
    tables = {table.name: table for table in _tables(connection)}
    for piece in pieces:
        values = [
            {name: _value(each) for name, each in zip(piece.columns, row, strict=True)}
            for row in piece.rows
        ]
        if values:
            connection.execute(tables[piece.table].insert(), values)


def _numbers(connection: Connection, tables: Sequence[Table]) -> dict[str, int]:
    """The last number that each table gave out, even if its row is gone."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        return {name: int(number) for name, number in rows}
    sequences = _sequences(connection, tables)
    last = "SELECT coalesce(last_value, 0) FROM pg_sequences WHERE schemaname || '.' ||"
    return {
        name: int(connection.execute(text(f"{last} sequencename = :it"), {"it": it}).scalar() or 0)
        for name, it in sequences.items()
    }


def _sequences(connection: Connection, tables: Iterable[Table]) -> dict[str, str]:
    query = text("SELECT pg_get_serial_sequence(:table, 'id')")
    named = {
        table.name: connection.execute(query, {"table": table.name}).scalar()
        for table in tables
        if "id" in table.columns
    }
    return {str(name): str(sequence) for name, sequence in named.items() if sequence is not None}


def _go_on_after(connection: Connection, numbers: Mapping[str, int]) -> None:
    """From now on every number is far above those that the backup knows of."""
    tables = [table for table in _tables(connection) if "id" in table.columns]
    last = {table.name: _last(connection, table, numbers) for table in tables}
    if connection.dialect.name == "sqlite":
        _set_in_file(connection, last)
        return
    for name, sequence in _sequences(connection, tables).items():
        values = {"sequence": sequence, "last": last[name] + LEAP_OF_NUMBERS}
        connection.execute(text("SELECT setval(:sequence, :last)"), values)


def _last(connection: Connection, table: Table, numbers: Mapping[str, int]) -> int:
    highest = connection.execute(select(func.max(table.c.id))).scalar_one() or 0
    return max(int(highest), numbers.get(table.name, 0))


def _set_in_file(connection: Connection, last: Mapping[str, int]) -> None:
    # only tables that remember their numbers may have a row there
    made = text(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    )
    for name in connection.execute(made).scalars().all():
        values = {"name": name, "seq": last[name] + LEAP_OF_NUMBERS}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :seq)"), values)
