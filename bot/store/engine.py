"""How the database is reached: which driver, and which promises every connection makes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.errors import BadDatabase

if TYPE_CHECKING:
    # who keeps everything in a file never loads the driver
    from psycopg import Connection as PostgresConnection

BUSY_SECONDS = 10
# a process that stands still must not hold up the others: its open transaction is refused
ABANDONED_SECONDS = 20
LOCK_SECONDS = 5
# what is erased, or put under another key, is overwritten in the file
WRITING = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
READING = ("query_only=ON",)
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgres": "postgresql+psycopg"}
_DRIVERS["postgresql"] = _DRIVERS["postgres"]
# a server that is gone without a word is found out within half a minute, not half an hour
_REACHING = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def writing(url: str) -> Engine:
    """An engine with one connection, whose every transaction may write from its beginning."""
    return _engine(url, connections=1, begin="BEGIN IMMEDIATE", pragmas=WRITING)


def reading(url: str, connections: int) -> Engine:
    """An engine with a few connections that cannot write."""
    engine = _engine(url, connections=connections, begin="BEGIN", pragmas=READING)
    is_postgres = engine.dialect.name == "postgresql"
    return engine.execution_options(postgresql_readonly=True) if is_postgres else engine


def keeping(url: str, silence_seconds: int) -> Engine:
    """An engine with one connection, which the server ends when it is silent for so long."""
    engine = _engine(url, connections=1, begin="BEGIN", pragmas=WRITING)
    _set_on_connect(engine, idle_session_timeout=silence_seconds, lock_timeout=2)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def empty_log(engine: Engine) -> None:
    """All of an SQLite database is in its file, unless somebody reads on; else nothing is done."""
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def address(url: str) -> URL:
    """The database's address with the driver that we use, or BadDatabase."""
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.drivername.split("+")[0]]
    except (ArgumentError, KeyError):
        msg = "DATABASE_URL must begin with sqlite:/// or postgresql://"
        raise BadDatabase(msg) from None
    if driver.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        msg = "DATABASE_URL names no file: a database in memory would be lost with the process"
        raise BadDatabase(msg)
    return parsed.set(drivername=driver)


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    parsed = address(url)
    return Path(parsed.database or "") if parsed.drivername.startswith("sqlite") else None


def _engine(url: str, *, connections: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    parsed = address(url)
    is_file = file_of(url) is not None
    engine = create_engine(
        parsed,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=not is_file,
        # an error must not carry scores and lookups into a log
        hide_parameters=True,
        connect_args=(
            {"timeout": BUSY_SECONDS, "check_same_thread": False} if is_file else _reaching(parsed)
        ),
    )
    if is_file:
        _promise(engine, begin, pragmas)
    else:
        _set_on_connect(
            engine,
            idle_in_transaction_session_timeout=ABANDONED_SECONDS,
            lock_timeout=LOCK_SECONDS,
        )
    return engine


def _reaching(parsed: URL) -> dict[str, int]:
    # what the operator says in the address counts
    return {name: value for name, value in _REACHING.items() if name not in parsed.query}


def _set_on_connect(engine: Engine, **seconds: int) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(raw: PostgresConnection, _entry: ConnectionPoolEntry) -> None:
        for name, value in seconds.items():
            raw.execute(f"SET {name} = '{value}s'".encode())
        raw.commit()


def _promise(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(raw: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        # the driver begins too late by itself: after the first read, and not at all for tables
        raw.isolation_level = None
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
