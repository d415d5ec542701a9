"""On which database a story is told: a file of its own, or what `--database` names."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg

from tests.conftest import name_in

COPIES = count(1)
TABLES = "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'"


class Databases:
    """Makes the database of each new world."""

    def __init__(self) -> None:
        self.make: Callable[[Path], str] = file_in


def file_in(folder: Path) -> str:
    """The address of an SQLite file there, made when the bot starts."""
    return f"sqlite:///{folder / 'paceful.sqlite3'}"


def file_at(url: str) -> Path:
    """The file of the SQLite database at that address."""
    assert is_file(url), "it is no file"
    return Path(url.removeprefix("sqlite:///"))


def is_file(url: str) -> bool:
    """Whether it is the address of an SQLite file."""
    return url.startswith("sqlite:")


def copy_of(url: str, folder: Path) -> str:
    """The address of a copy of this database, on which nobody works; a file goes to the folder."""
    if is_file(url):
        return f"sqlite:///{shutil.copy(file_at(url), folder)}"
    name = name_in(url)
    copy = f"{name}_copy_{next(COPIES)}"
    _order(url, f"CREATE DATABASE {copy} TEMPLATE {name}")
    return url.replace(f"/{name}?", f"/{copy}?")


def change(url: str, *statements: str) -> None:
    """Change rows there, and whatever the database itself would not let happen."""
    if is_file(url):
        with closing(sqlite3.connect(file_at(url))) as file, file:
            changed = [file.execute(each).rowcount for each in statements]
    else:
        with psycopg.connect(url) as server:
            server.execute("SET session_replication_role = replica")
            changed = [server.execute(each.encode()).rowcount for each in statements]
    assert all(changed), "nothing was changed"


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another process writes there and does not come to an end; who reads is not held up."""
    if is_file(url):
        with closing(sqlite3.connect(file_at(url), isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield
            file.execute("ROLLBACK")
    else:
        with psycopg.connect(url) as server:
            tables = server.execute(TABLES).fetchone()
            assert tables is not None
            server.execute(f"LOCK TABLE {tables[0]} IN EXCLUSIVE MODE".encode())
            yield
            server.rollback()


def lose(url: str) -> tuple[str, ...]:
    """Turn a database into rubbish, or drop it; what is said of it when it is used."""
    if is_file(url):
        file_at(url).write_bytes(b"\x00\xff rubbish" * 4096)
        return ("is not a database", "paceful restore")
    _order(url, f"DROP DATABASE {name_in(url)} WITH (FORCE)")
    return ("does not exist",)


def make_room(url: str) -> None:
    """Nothing, or an empty database, there, as a restore wants it; the broken one is put away."""
    if not is_file(url):
        return _order(url, f"CREATE DATABASE {name_in(url)}")
    for file in file_at(url).parent.glob("paceful.sqlite3*"):
        file.rename(file.with_name(f"broken-{file.name}"))


def server_of(url: str) -> str:
    """Where the server of that PostgreSQL database takes orders about its databases."""
    return url.replace(f"/{name_in(url)}?", "/postgres?")


def _order(url: str, words: str) -> None:
    with psycopg.connect(server_of(url), autocommit=True) as server:
        server.execute(words.encode())


USUAL = Databases()
