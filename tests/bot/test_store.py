"""One transaction for each call, one writer, and keys that fit the database."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import DBAPIError, StatementError

from bot.keys import Vault, new_key
from bot.store import marks, people
from bot.store.errors import BadDatabase
from bot.store.store import Store
from bot.store.unit import Unit

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


async def test_what_was_written_is_read(store: Store) -> None:
    """A write is committed when it comes back."""
    assert await store.read(marks.get, "offset") is None

    await store.write(marks.set, "offset", "41")
    await store.write(marks.set, "offset", value="42")

    assert await store.read(marks.get, "offset") == "42"
    assert store.read_now(marks.get, "offset") == "42"


async def test_work_that_raises_keeps_nothing(store: Store) -> None:
    """All of a transaction, or none of it; the caller learns why, and the store goes on."""

    def half(unit: Unit) -> None:
        marks.set(unit, "first", "kept?")
        raise LookupError("second")

    with pytest.raises(LookupError, match="second"):
        await store.write(half)
    with pytest.raises(LookupError, match="second"):
        store.write_now(half)

    assert await store.read(marks.get, "first") is None
    await store.write(marks.set, "first", "now")
    assert await store.read(marks.get, "first") == "now"


async def test_reading_cannot_write(store: Store) -> None:
    """Who reads cannot get into the way of the writer."""
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        await store.read(marks.set, "name", "value")


async def test_a_cancelled_write_that_began_is_finished(store: Store) -> None:
    """Nobody waits any more, and the transaction is still committed whole."""
    began, may_end = threading.Event(), threading.Event()

    def slow(unit: Unit) -> None:
        marks.set(unit, "first", "1")
        began.set()
        may_end.wait(30)
        marks.set(unit, "second", "2")

    task = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(began.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()

    await store.write(marks.set, "third", "3")
    names = ("first", "second", "third")
    assert [await store.read(marks.get, name) for name in names] == ["1", "2", "3"]


async def test_writes_come_one_after_the_other(store: Store) -> None:
    """Reading a value and writing one more is safe without any lock."""

    def one_more(unit: Unit) -> None:
        marks.set(unit, "count", str(int(marks.get(unit, "count") or "0") + 1))

    await asyncio.gather(*(store.write(one_more) for _ in range(50)))

    assert await store.read(marks.get, "count") == "50"


async def test_readers_do_not_wait_for_the_writer(store: Store) -> None:
    """A page is shown while a turn is being written, and shows the state before it."""
    await store.write(marks.set, "name", "before")
    began, may_end = threading.Event(), threading.Event()

    def slow(unit: Unit) -> None:
        marks.set(unit, "name", "after")
        began.set()
        may_end.wait(30)

    task = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(began.wait, 30)
    seen = await store.read(marks.get, "name")
    may_end.set()
    await task

    assert (seen, await store.read(marks.get, "name")) == ("before", "after")


async def test_closing_finishes_what_has_begun(url: str, vault: Vault) -> None:
    """A service that stops loses no write that it accepted."""
    first = Store.open(url, vault)
    writes = [asyncio.create_task(first.write(marks.set, f"mark-{n}", "kept")) for n in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(first.close)
    await asyncio.gather(*writes)

    second = Store.open(url, vault)
    kept = [second.read_now(marks.get, f"mark-{n}") for n in range(20)]
    second.close()
    assert kept == ["kept"] * 20


def test_another_key_than_the_databases_is_refused(url: str) -> None:
    """With a wrong key every patient would look like a stranger, so nothing starts.

    Each key that rows may be under must be there, whichever comes first.
    """
    first, second = new_key(), new_key()
    Store.open(url, Vault([first])).close()

    with pytest.raises(BadDatabase, match="SECRET_KEYS"):
        Store.open(url, Vault([second]))
    Store.open(url, Vault([second, first])).close()
    for one, missing in ((first, second), (second, first)):
        with pytest.raises(BadDatabase, match=f"{Vault([missing]).names[0]} is missing"):
            Store.open(url, Vault([one]))


def test_moments_come_back_in_utc_to_the_microsecond(store: Store) -> None:
    """Where a moment was written makes no difference."""
    eastern = NOON.astimezone(timezone(timedelta(hours=-5)))
    store.write_now(_keep_contact, "a", eastern)

    clinician = store.read_now(people.clinicians)[0]

    assert clinician.joined_at == NOON
    assert clinician.joined_at.utcoffset() == timedelta()


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    """Nobody could tell when it was."""
    with pytest.raises(StatementError, match="time zone"):
        store.write_now(_keep_contact, "a", NOON.replace(tzinfo=None))


def test_sqlite_promises_that_a_commit_is_on_disk(sqlite_url: str, vault: Vault) -> None:
    """Write-ahead log, full synchronisation, foreign keys: asked of the connection itself."""
    store = Store.open(sqlite_url, vault)

    def pragmas(unit: Unit) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        run = unit.connection.exec_driver_sql
        return [run(f"PRAGMA {name}").scalar_one() for name in names]

    assert store.write_now(pragmas) == ["wal", 2, 1]
    store.close()


def _keep_contact(unit: Unit, name: str, at: datetime) -> None:
    people.join_clinician(unit, lookup=name, chat="1", name=name, role="clinician", at=at)
