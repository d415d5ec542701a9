"""A database that is broken is refused in a sentence with the way out, and never written to."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.errors import BadDatabase
from bot.store.migrate import migrate

Damage = Callable[[bytearray], bytes]
PAGE = 4096


def filled(migrated: Path, file: Path) -> bytearray:
    """A database of some pages, closed in order."""
    shutil.copy(migrated, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        rows = [(f"{number}" * 40, "x" * 2000) for number in range(300)]
        connection.executemany("INSERT INTO releases VALUES (?, ?, '2027-01-01')", rows)
    return bytearray(file.read_bytes())


def rubbish(content: bytearray) -> bytes:
    """Something else under the same name."""
    return b"\x00\x17" * (len(content) // 2)


def a_line_of_text(_content: bytearray) -> bytes:
    """What a proxy or an editor leaves."""
    return b"not found\n"


def half(content: bytearray) -> bytes:
    """A copy that broke off."""
    return bytes(content[: len(content) // 2])


def one_page_short(content: bytearray) -> bytes:
    """A copy that broke off near its end."""
    return bytes(content[:-PAGE])


def a_page_of_zeros(content: bytearray) -> bytes:
    """What a disk gives that has lost a block."""
    place = len(content) // PAGE // 2 * PAGE
    content[place : place + PAGE] = bytes(PAGE)
    return bytes(content)


def flipped_in_a_tree(content: bytearray) -> bytes:
    """The head of a page in the middle: its kind."""
    place = len(content) // PAGE // 2 * PAGE
    content[place] ^= 0xFF
    return bytes(content)


def flipped_in_the_head(content: bytearray) -> bytes:
    """The size of its pages."""
    content[16] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (rubbish, "is not a database"),
        (a_line_of_text, "is not a database"),
        (half, "is torn or damaged"),
        (one_page_short, "is torn or damaged"),
        (a_page_of_zeros, "is torn or damaged"),
        (flipped_in_a_tree, "is torn or damaged"),
        (flipped_in_the_head, "is torn or damaged"),
    ],
)
def test_a_broken_file_is_refused_and_left_as_it_is(
    migrated_file: Path, tmp_path: Path, damage: Damage, what: str
) -> None:
    """The sentence says what to do with it, and whoever can mend it finds it untouched."""
    file = tmp_path / "broken.sqlite3"
    broken = damage(filled(migrated_file, file))
    file.write_bytes(broken)

    with pytest.raises(BadDatabase, match=f"{what}.*`paceful restore FILE`"):
        migrate(f"sqlite:///{file}")

    assert file.read_bytes() == broken


def test_every_torn_copy_is_refused_or_whole(migrated_file: Path, tmp_path: Path) -> None:
    """Wherever a copy broke off: a sentence, or (with nothing missing) a database."""
    file = tmp_path / "torn.sqlite3"
    content = filled(migrated_file, file)
    for length in range(1, len(content), len(content) // 40):
        file.write_bytes(content[:length])
        with pytest.raises(BadDatabase, match="paceful restore"):
            migrate(f"sqlite:///{file}")
    file.write_bytes(content)
    migrate(f"sqlite:///{file}")


def test_a_file_that_is_new_or_was_killed_is_sound(migrated_file: Path, tmp_path: Path) -> None:
    """Nothing at all, an empty file, and one whose newest rows are still in its -wal."""
    migrate(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    (tmp_path / "empty.sqlite3").touch()
    migrate(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    living, killed = tmp_path / "living.sqlite3", tmp_path / "killed.sqlite3"
    shutil.copy(migrated_file, living)
    with closing(sqlite3.connect(living)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO marks VALUES ('it', 'is there')")
        connection.commit()
        # as a kill leaves them: the rows are in the -wal alone
        for end in ("", "-wal"):
            shutil.copy(f"{living}{end}", f"{killed}{end}")

    migrate(f"sqlite:///{killed}")

    with closing(sqlite3.connect(killed)) as connection:
        assert connection.execute("SELECT value FROM marks WHERE name = 'it'").fetchall() == [
            ("is there",)
        ]
