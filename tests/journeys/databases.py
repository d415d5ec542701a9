"""On which database a story is told: a file of its own, or what `--database` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def file_in(folder: Path) -> str:
    """The address of an SQLite file there, made when the bot starts."""
    return f"sqlite:///{folder / 'paceful.sqlite3'}"


class Databases:
    """Makes the database of each new world."""

    def __init__(self) -> None:
        self.make: Callable[[Path], str] = file_in


USUAL = Databases()
