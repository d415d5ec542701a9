"""What was brought to the disk, and when: a power cut may follow at any moment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Sync:
    """A file or folder as it was when it was synced; a folder with the names in it."""

    path: Path
    inode: int
    size: int
    names: frozenset[str]


def watch_syncs(monkeypatch: pytest.MonkeyPatch) -> list[Sync]:
    """Everything that is synced from now on, in order."""
    syncs: list[Sync] = []
    real = os.fsync

    def noted(handle: int) -> None:
        real(handle)
        path, stat = Path(f"/proc/self/fd/{handle}").readlink(), os.fstat(handle)
        names = frozenset(os.listdir(handle)) if path.is_dir() else frozenset[str]()
        syncs.append(Sync(path, stat.st_ino, stat.st_size, names))

    monkeypatch.setattr(os, "fsync", noted)
    return syncs


def survives(syncs: list[Sync], file: Path) -> bool:
    """Whether all that the file holds is on the disk, and the name in its folder too."""
    found, folder = file.stat(), file.parent.stat()
    is_whole = any((each.inode, each.size) == (found.st_ino, found.st_size) for each in syncs)
    is_named = any(each.inode == folder.st_ino and file.name in each.names for each in syncs)
    return is_whole and is_named and found.st_size > 0
