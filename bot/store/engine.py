"""How the database is reached: which driver, and which promises every connection makes."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.errors import BadDatabase

BUSY_SECONDS = 10
WRITING = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
READING = ("query_only=ON",)
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgres": "postgresql+psycopg"}
_DRIVERS["postgresql"] = _DRIVERS["postgres"]


def writing(url: str) -> Engine:
    """An engine with one connection, whose every transaction may write from its beginning."""
    return _engine(url, connections=1, begin="BEGIN IMMEDIATE", pragmas=WRITING)


def reading(url: str, connections: int) -> Engine:
    """An engine with a few connections that cannot write."""
    engine = _engine(url, connections=connections, begin="BEGIN", pragmas=READING)
    is_postgres = engine.dialect.name == "postgresql"
    return engine.execution_options(postgresql_readonly=True) if is_postgres else engine


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
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False} if is_file else {},
    )
    if is_file:
        _promise(engine, begin, pragmas)
    return engine


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
