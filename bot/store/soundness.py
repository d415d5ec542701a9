"""Whether an SQLite file is whole, asked before anything is written to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.store.errors import BadDatabase

MAGIC = b"SQLite format 3\x00"
WAY_OUT = (
    "Move it away, with its -wal and -shm, keep it for whoever can look at it, and put the last"
    " backup back: `paceful restore FILE`"
)


def check_sound(file: Path) -> None:
    """Nothing, or BadDatabase with the way out if the file is no database, torn or damaged.

    A new, empty file is sound. Every page is read, so this takes as long as reading the file.
    """
    head = _head(file)
    # SQLite would take a file shorter than its own head for an empty database
    if head and not head.startswith(MAGIC):
        raise _bad("is not a database")
    if head:
        _check_pages(file)


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(len(MAGIC))
    except OSError:
        # no file at all, such as a folder: the driver says what it is
        return b""


def _check_pages(file: Path) -> None:
    try:
        # not read-only: after a kill, what is in the -wal belongs to the database
        with closing(sqlite3.connect(file, timeout=10)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.OperationalError:
        # locked, unreadable, a disk that fails: the driver's own words are told later on
        return
    except sqlite3.DatabaseError:
        raise _bad("is torn or damaged") from None
    if found != ["ok"]:
        raise _bad("is torn or damaged")


def _bad(what: str) -> BadDatabase:
    return BadDatabase(f"The database file {what}. {WAY_OUT}")
