"""Whether the database file is still the one that was opened, or SQLite writes into nothing."""

from collections.abc import Callable
from pathlib import Path

from bot.store.engine import file_of


def same_file(url: str) -> Callable[[], bool]:
    """Says whether the file that is there now is still there; always true without a file."""
    path = file_of(url)
    opened = _identity(path) if path is not None else None

    def is_there() -> bool:
        return path is None or _identity(path) == opened

    return is_there


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
