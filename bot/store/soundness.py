"""Whether an SQLite file is whole, asked before anything is written to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.store.errors import BadDatabase

MAGIC = b"SQLite format 3\x00"
HEAD = 100
"""How many bytes SQLite keeps about the whole file at its beginning."""

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
    if head and (_is_short(file, head) or not _is_whole(file)):
        raise _bad("is torn or damaged")


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(HEAD)
    except OSError:
        # no file at all, such as a folder: the driver says what it is
        return b""


def _is_short(file: Path, head: bytes) -> bool:
    """Whether the file is shorter than it says itself, which reading its pages may not find."""
    wal = file.with_name(f"{file.name}-wal")
    if len(head) < HEAD or (wal.exists() and wal.stat().st_size):
        # what lacks may be in the -wal
        return len(head) < HEAD
    size, pages = int.from_bytes(head[16:18]), int.from_bytes(head[28:32])
    is_told = head[24:28] == head[92:96]
    return is_told and file.stat().st_size < (65_536 if size == 1 else size) * pages


def _is_whole(file: Path) -> bool:
    try:
        # not read-only: after a kill, what is in the -wal belongs to the database
        with closing(sqlite3.connect(file, timeout=10)) as connection:
            return [row[0] for row in connection.execute("PRAGMA quick_check(1)")] == ["ok"]
    except sqlite3.OperationalError:
        # locked, unreadable, a disk that fails: the driver's own words are told later on
        return True
    except sqlite3.DatabaseError:
        return False


def _bad(what: str) -> BadDatabase:
    return BadDatabase(f"The database file {what}. {WAY_OUT}")
