"""Files and folders, whose changes must be on the disk before anything relies on them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PART = ".part"
"""How the name of a file ends that is not whole yet."""


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in the folder stays so, whatever happens; or OSError."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_through(handle: int, content: bytes) -> None:
    """All of it is on the disk when this returns; or OSError, and some of it may be."""
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)


def rewrite(path: Path, lines: Sequence[bytes]) -> None:
    """The file holds just these lines after this, or, if we die, what it held before."""
    part = path.with_suffix(PART)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write_through(handle, b"".join(lines))
    finally:
        os.close(handle)
    part.rename(path)
    sync_folder(path.parent)


def hold(handle: int) -> None:
    """Have the file for ourselves; OSError if another process has it, or has thrown it away."""
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.fstat(handle).st_nlink:
        raise FileNotFoundError


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other process has the folder to itself meanwhile; BlockingIOError while one has."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        hold(opened)
        yield
    finally:
        os.close(opened)
