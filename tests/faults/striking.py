"""Strikes a bot at its n-th boundary: a statement, a commit, a Bot API call, a file put in place.

It stands in the driver and around the wire, so that the bot itself knows nothing of it. What is
done before a transaction has changed a row is no boundary: nothing could be told apart there, and
the clocks of an idle bot would drown the story.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg
from sqlalchemy.engine.default import DefaultDialect
from telegram.error import TimedOut

from bot.telegram import wire
from bot.telegram.errors import NeverLeft

Kind = Literal["count", "kill", "error", "hang", "full"]
FULL_SECONDS = 0.4
"""How long a full disk stays full."""
FOR_EVER = 3_600.0
WRITES = ("INSERT", "UPDATE", "DELETE")
OF_NO_STORY = ("UPDATE REPLICAS", "INSERT INTO REPLICAS", "UPDATE MARKS", "INSERT INTO MARKS")
"""Signs of life, written whether or not anything happens."""
POLL = "getUpdates"
NOTHING_NEW = b'{"ok":true,"result":[]}'
FILE_ACTS = ("replace", "rename", "fsync")
Act = Callable[..., Any]


@dataclass(frozen=True)
class Order:
    """Strike in this way at the n-th boundary, once the file `armed` is there.

    What was struck is written to the file `struck`; counting, each boundary's name is.
    """

    kind: Kind
    n: int
    struck: str
    armed: str = ""


class Striker:
    """Counts the boundaries that a process comes to, and strikes at one of them."""

    def __init__(self, order: Order) -> None:
        self._order, self._count = order, 0
        self._lock, self._armed = threading.Lock(), not order.armed
        self._full_until = 0.0

    def comes_to(self, name: str) -> bool:
        """Whether this boundary is the one to strike; killing, it never comes back."""
        order = self._order
        with self._lock:
            if not self._is_armed():
                return False
            self._count += 1
            is_it = self._count == order.n
            if is_it or order.kind == "count":
                self._tell(name)
        if is_it and order.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if is_it and order.kind == "full":
            self._full_until = time.monotonic() + FULL_SECONDS
        return is_it

    @property
    def is_full(self) -> bool:
        """Whether the disk is full just now."""
        return time.monotonic() < self._full_until

    def at_disk(self, name: str, error: Callable[[str], Exception]) -> None:
        """Nothing, or this disk's or database's own error, at a boundary of its kind."""
        is_it, kind = self.comes_to(name), self._order.kind
        if self.is_full:
            raise error("database or disk is full")
        if is_it and kind == "hang":
            time.sleep(FOR_EVER)
        if is_it and kind == "error":
            raise error("disk I/O error")

    async def at_call(self, name: str, error: Callable[[], Exception]) -> None:
        """Nothing, or this error of the network's, at a boundary of its kind."""
        if self._order.kind == "full":
            return
        is_it = self.comes_to(name)
        if is_it and self._order.kind == "hang":
            await asyncio.sleep(FOR_EVER)
        if is_it and self._order.kind == "error":
            raise error()

    def may_be_struck_after(self, database: str) -> bool:
        """Whether a commit that was done may still be struck.

        An SQLite that has committed says so; only a server may be lost before it does.
        """
        return self._order.kind != "full" and (self._order.kind != "error" or database != "sqlite")

    def _is_armed(self) -> bool:
        self._armed = self._armed or os.path.exists(self._order.armed)
        return self._armed

    def _tell(self, name: str) -> None:
        # plain calls: the file acts of this module itself are no boundaries
        file = os.open(self._order.struck, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{self._count} {name}\n".encode())
        os.close(file)


def install(order: Order) -> None:
    """Nothing; from now on this process is struck as ordered."""
    striker = Striker(order)
    _in_driver(striker)
    _in_transport(striker)
    for name in FILE_ACTS:
        _in_files(striker, name)


class _Transaction(threading.local):
    """Whether the transaction of this thread has changed a row yet."""

    changed = False


def _in_driver(striker: Striker) -> None:
    own = _Transaction()
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        setattr(DefaultDialect, name, _statement(striker, own, getattr(DefaultDialect, name)))
    commit: Act = getattr(DefaultDialect, "do_commit")  # noqa: B009 - it has no types
    rollback: Act = getattr(DefaultDialect, "do_rollback")  # noqa: B009

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        changed, own.changed = own.changed, False
        if changed:
            striker.at_disk("commit", _error_of(self))
        commit(self, connection)
        if changed and striker.may_be_struck_after(self.name):
            striker.at_disk("committed", _error_of(self))

    def do_rollback(self: DefaultDialect, connection: Any) -> None:
        own.changed = False
        rollback(self, connection)

    setattr(DefaultDialect, "do_commit", do_commit)  # noqa: B010 - it is no method to mypy
    setattr(DefaultDialect, "do_rollback", do_rollback)  # noqa: B010


def _statement(striker: Striker, own: _Transaction, was: Act) -> Act:
    @wraps(was)
    def execute(self: DefaultDialect, cursor: Any, statement: str, *rest: Any, **more: Any) -> Any:
        words = " ".join(statement.split())
        if words.upper().startswith("BEGIN"):
            own.changed = False
        elif own.changed or (striker.is_full and words.upper().startswith(WRITES)):
            striker.at_disk(_short(words), _error_of(self))
        result = was(self, cursor, statement, *rest, **more)
        own.changed = own.changed or _changes(words, cursor)
        return result

    return execute


def _changes(words: str, cursor: Any) -> bool:
    written = words.upper()
    if not written.startswith(WRITES) or written.startswith(OF_NO_STORY):
        return False
    # SQLite counts the rows that are given back only when they are fetched
    return cursor.rowcount != 0 or " RETURNING " in written


def _short(words: str) -> str:
    """The statement by its verb and table."""
    parts = words.split()
    table = next((parts[at + 1] for at, w in enumerate(parts) if w in {"INTO", "FROM"}), parts[1])
    return f"{parts[0]} {table}" if len(parts) > 1 else words


def _error_of(dialect: DefaultDialect) -> Callable[[str], Exception]:
    """What this database's driver would raise."""
    is_file = dialect.name == "sqlite"
    return sqlite3.OperationalError if is_file else psycopg.OperationalError


def _in_transport(striker: Striker) -> None:
    was: Act = wire._through

    async def through(pool: wire.Pool, verb: str, url: str, *rest: Any) -> tuple[int, bytes]:
        method = urlsplit(url).path.rpartition("/")[2]
        if method != POLL:
            await striker.at_call(f"{method} leaves", lambda: NeverLeft("struck"))
        answer: tuple[int, bytes] = await was(pool, verb, url, *rest)
        # a poll that brought nothing is no boundary
        if method != POLL or answer[1] != NOTHING_NEW:
            await striker.at_call(f"{method} answered", TimedOut)
        return answer

    setattr(wire, "_through", through)  # noqa: B010


def _in_files(striker: Striker, name: str) -> None:
    was = getattr(os, name)

    @wraps(was)
    def act(*given: Any, **more: Any) -> Any:
        striker.at_disk(name, _no_space)
        return was(*given, **more)

    setattr(os, name, act)


def _no_space(words: str) -> OSError:
    return OSError(errno.ENOSPC if "full" in words else errno.EIO, words)
