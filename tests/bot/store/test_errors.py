"""What passes by itself is told apart from what is wrong for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from bot.keys import Vault
from bot.store import engine, marks
from bot.store.errors import is_collision, is_passing
from bot.store.store import Store
from bot.store.unit import Unit


def driven(error: Exception) -> DBAPIError:
    """The driver's error as SQLAlchemy hands it on."""
    return OperationalError("SELECT 1", None, error)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (driven(errors.SerializationFailure()), True),
        (driven(errors.DeadlockDetected()), True),
        (driven(errors.LockNotAvailable()), True),
        (driven(errors.AdminShutdown()), True),
        (driven(errors.CannotConnectNow()), True),
        (driven(errors.DiskFull()), True),
        (driven(errors.TooManyConnections()), True),
        (driven(errors.IdleInTransactionSessionTimeout()), True),
        (driven(errors.ReadOnlySqlTransaction()), True),
        (driven(errors.OperationalError("connection refused")), True),
        (driven(errors.QueryCanceled()), False),
        (driven(errors.ProgramLimitExceeded()), False),
        (IntegrityError("INSERT", None, errors.UniqueViolation()), False),
        (ValueError("not the database at all"), False),
    ],
    ids=lambda value: type(getattr(value, "orig", value)).__name__,
)
def test_a_trouble_of_postgresql_passes_or_it_does_not(error: Exception, passes: bool) -> None:
    """Whoever wrote the message is to blame for none of those that pass."""
    assert is_passing(error) is passes


def test_two_that_lock_each_other_out_collide_and_one_of_them_goes_on(
    postgres_url: str, vault: Vault
) -> None:
    """PostgreSQL ends one of them, and that one is only to be tried again."""
    stores = [Store.open(postgres_url, vault) for _ in range(2)]
    for name in ("one", "other"):
        stores[0].write_now(marks.set, name, "0")

    def both(unit: Unit, *names: str) -> None:
        for name in names:
            marks.set(unit, name, "1")
            unit.connection.execute(text("SELECT pg_sleep(0.3)"))

    with ThreadPoolExecutor(2) as hands:
        ways = [("one", "other"), ("other", "one")]
        tries = [hands.submit(s.write_now, both, *way) for s, way in zip(stores, ways, strict=True)]
        failed = [error for each in tries if (error := each.exception()) is not None]

    assert len(failed) == 1
    assert is_collision(failed[0])
    assert is_passing(failed[0])
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("trouble", "passes"),
    [
        (lambda connection, file: lock(file), True),
        (lambda connection, file: connection.exec_driver_sql("PRAGMA query_only=ON"), True),
        (lambda connection, file: connection.exec_driver_sql("DROP TABLE marks"), False),
    ],
    ids=["locked", "read-only", "no table"],
)
def test_a_trouble_of_sqlite_passes_or_it_does_not(
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[object, Path], sqlite3.Connection | None],
    passes: bool,
) -> None:
    """As real ones are raised by a real file."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    source = engine.writing(sqlite_url)
    file = engine.file_of(sqlite_url)
    assert file is not None
    with source.connect() as connection:
        other = trouble(connection, file)
        connection.commit()
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text("UPDATE marks SET value = ''"))
        assert is_passing(refused.value) is passes
        connection.rollback()
        if isinstance(other, sqlite3.Connection):
            other.close()
    source.dispose()


def lock(file: Path) -> sqlite3.Connection:
    """Somebody else who is writing."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other
