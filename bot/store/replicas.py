"""Processes on one database: who is alive, who leads, and whose term it is.

On PostgreSQL each process holds an advisory lock on its own number in a session of its own, and
tries for the leader's lock; the server ends a session that falls silent. On SQLite there is one
process, which holds a lock on a file beside the database.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.keys import Vault
from bot.store import engine, keyring
from bot.store.errors import BadDatabase, is_collision
from bot.store.migrate import migrate
from bot.store.tables import marks, replicas
from bot.store.unit import Unit, add

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

TERM = "leader.term"
BEAT_SECONDS = 3.0
SILENCE_SECONDS = 10
"""How long the server waits for a beat before it takes a process for dead or stopped."""
GRACE_SECONDS = 5.0
"""How long a new leader waits for the others, who may have lost the server with it."""
SEEN_SECONDS = 60.0
# any numbers will do, as long as every process uses the same
_OURS, _LEADER = 4_121_908, 4_121_909


class Deposed(Exception):
    """Another process leads by now; what this one was about to do is the other's."""


class Replica:
    """One process among those on the database; this one is alone, and so it always leads."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.term = 0

    @property
    def leads(self) -> bool:
        """Whether this process leads, as far as it knows."""
        return True

    @property
    def knows_the_others(self) -> bool:
        """Whether whoever lives has had the time to say so."""
        return True

    @property
    def is_cut_off(self) -> bool:
        """Whether the database did not answer the last sign of life."""
        return False

    async def beat(self) -> None:
        """Give a sign of life, and try to lead."""

    async def live(self) -> None:
        """Beat until cancelled."""
        while True:
            await self.beat()
            await asyncio.sleep(BEAT_SECONDS)

    def leave(self) -> None:
        """Let the others know that this process is gone."""


ALONE = Replica()
"""For whoever works on a database without any other process."""


class _OnFile(Replica):
    """The one process on an SQLite file, which nobody else may serve at the same time."""

    def __init__(self, url: str, clock: Clock, number: int, lock: int) -> None:
        super().__init__(number)
        self._url, self._clock, self._lock = url, clock, lock

    def leave(self) -> None:
        source = engine.writing(self._url)
        try:
            with source.begin() as connection:
                _end(connection, self.number, self._clock)
        except DBAPIError as error:
            log.warning("the end of this process could not be kept: %s", type(error).__name__)
        finally:
            source.dispose()
            os.close(self._lock)


class _Among(Replica):
    """One of several processes on a PostgreSQL, known alive by its session."""

    def __init__(self, source: Engine, clock: Clock, number: int) -> None:
        super().__init__(number)
        self._source, self._clock = source, clock
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="replica")
        self._lapses_at = self._led_since = self._seen_at = 0.0

    @property
    def leads(self) -> bool:
        return self.term > 0 and time.monotonic() < self._lapses_at

    @property
    def knows_the_others(self) -> bool:
        return self.leads and time.monotonic() - self._led_since > GRACE_SECONDS

    @property
    def is_cut_off(self) -> bool:
        # a database that stands still breaks no connection: the last sign of life is only too old
        lapsed = self.term > 0 and time.monotonic() >= self._lapses_at
        return lapsed or self._connection is None

    async def beat(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self.beat_now)

    def beat_now(self) -> None:
        """The same, for those without an event loop."""
        began = time.monotonic()
        try:
            connection = self._connected()
            self._lead(connection)
            self._sign(connection, began)
        except DBAPIError as error:
            log.warning("the database does not hear this process: %s", type(error).__name__)
            self._let_go()
        else:
            self._lapses_at = began + SILENCE_SECONDS

    def leave(self) -> None:
        self._thread.submit(self._say_goodbye).result()
        self._thread.shutdown()
        self._source.dispose()

    def _connected(self) -> Connection:
        """The session that holds this process' lock, made anew where it was lost."""
        if self._connection is None:
            self._connection = self._source.connect()
            ours = func.pg_advisory_lock(_OURS, self.number)
            self._connection.execute(select(ours))
        self._connection.execute(select(1))
        return self._connection

    def _lead(self, connection: Connection) -> None:
        if self.term > 0:
            return
        if not connection.execute(select(func.pg_try_advisory_lock(_LEADER, 0))).scalar_one():
            return
        try:
            self.term = _next_term(connection)
        except DBAPIError as error:
            if not is_collision(error):
                raise
            # what the leader before has in hand is not over yet: tried again at the next beat
            connection.execute(select(func.pg_advisory_unlock(_LEADER, 0)))
            return
        self._led_since = time.monotonic()
        log.info("this process leads from now on: term %s", self.term)

    def _sign(self, connection: Connection, now: float) -> None:
        if now - self._seen_at >= SEEN_SECONDS:
            this = update(replicas).where(replicas.c.id == self.number)
            connection.execute(this.values(seen_at=self._clock.now(), ended_at=None))
            self._seen_at = now

    def _let_go(self) -> None:
        self.term = 0
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _say_goodbye(self) -> None:
        try:
            if self._connection is not None:
                _end(self._connection, self.number, self._clock)
        except DBAPIError as error:
            log.warning("the end of this process could not be kept: %s", type(error).__name__)
        self._let_go()


def join(url: str, vault: Vault, clock: Clock, version: str) -> Replica:
    """This process among those on the database, which is at its newest tables then.

    BadDatabase if it cannot be used, or if it is an SQLite file that is in use.
    """
    file = engine.file_of(url)
    lock = _lock(file) if file is not None else None
    keyring.check_database(url, vault)
    migrate(url)
    number = _number(engine.writing(url), vault, clock, version)
    log.info("this is process %s on the database", number)
    if lock is not None:
        return _OnFile(url, clock, number, lock)
    joined = _Among(engine.keeping(url, SILENCE_SECONDS), clock, number)
    joined.beat_now()
    return joined


def hold(unit: Unit, replica: Replica) -> None:
    """Nothing, if this process leads until the transaction ends; Deposed if another one does."""
    if not unit.locks or replica is ALONE:
        return
    query = select(marks.c.value).where(marks.c.name == TERM).with_for_update(read=True)
    if unit.connection.execute(query).scalar_one_or_none() != str(replica.term):
        raise Deposed


def holding(
    unit: Unit,
    replica: Replica,
    work: Callable[Concatenate[Unit, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """What the work gives back, done as the leader; Deposed if another one leads."""
    hold(unit, replica)
    return work(unit, *args, **kwargs)


def lost(unit: Unit, numbers: Collection[int]) -> set[int]:
    """Those of these processes that are gone: dead, or stopped for too long."""
    if not numbers:
        return set()
    if unit.connection.dialect.name != "postgresql":
        # whoever joined last has the file to itself
        newest = unit.connection.execute(select(func.max(replicas.c.id))).scalar_one()
        return {number for number in numbers if number != newest}
    return set(numbers) - alive(unit.connection)


def living(unit: Unit) -> int:
    """How many processes work on the database now."""
    return len(alive(unit.connection)) if unit.connection.dialect.name == "postgresql" else 1


@contextmanager
def unserved(url: str) -> Iterator[None]:
    """No process serves the database meanwhile; BadDatabase if one does."""
    file = engine.file_of(url)
    if file is not None:
        lock = _lock(file)
        try:
            yield
        finally:
            os.close(lock)
        return
    _check_unserved(engine.reading(url, 1))
    yield


def _check_unserved(source: Engine) -> None:
    try:
        with source.begin() as connection:
            is_served = bool(alive(connection))
    except DBAPIError as error:
        msg = f"The database cannot be used: {str(error.orig).splitlines()[0]}"
        raise BadDatabase(msg) from error
    finally:
        source.dispose()
    if is_served:
        msg = "Paceful is running on this database: stop it first"
        raise BadDatabase(msg)


def alive(connection: Connection) -> set[int]:
    """The numbers of the processes that live, on a PostgreSQL."""
    query = text(
        "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND classid = :ours AND objsubid = 2"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return set(connection.execute(query, {"ours": _OURS}).scalars())


def _number(source: Engine, vault: Vault, clock: Clock, version: str) -> int:
    """The number of a process that joins now."""
    now = clock.now()
    keys = keyring.written(vault)
    row = {"version": version, "key_names": keys, "began_at": now, "seen_at": now}
    try:
        with source.begin() as connection:
            # on a file this process is alone: its lock is held
            if connection.dialect.name == "postgresql":
                keyring.check_processes(connection, alive(connection), vault)
            return add(Unit(connection, vault), replicas, row)
    except DBAPIError as error:
        msg = "The database cannot be used; `paceful migrate` says why"
        raise BadDatabase(msg) from error
    finally:
        source.dispose()


def _end(connection: Connection, number: int, clock: Clock) -> None:
    this = update(replicas).where(replicas.c.id == number)
    connection.execute(this.values(ended_at=clock.now()))


def _next_term(connection: Connection) -> int:
    """The next term; it begins when the last transaction of the one before is over."""
    counted = text(
        "INSERT INTO marks (name, value) VALUES (:name, '1') ON CONFLICT (name)"
        " DO UPDATE SET value = (marks.value::bigint + 1)::text RETURNING value::bigint"
    )
    return int(connection.execute(counted, {"name": TERM}).scalar_one())


def _lock(file: Path) -> int:
    """The open file whose lock says that this process serves the database, until it ends."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        msg = f"The database file cannot be locked: {os.strerror(error.errno or 0)}"
        raise BadDatabase(msg) from error
    try:
        fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(beside)
        msg = (
            "Another Paceful is running on this database file: stop that one first."
            " Several at once need PostgreSQL"
        )
        raise BadDatabase(msg) from None
    return beside
