"""What somebody wrote is taken off the disk, where it waits for a database or lies aside."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from bot.keys import Vault
from bot.service.folders import alone, hold, rewrite, sync_folder
from bot.service.spool import ASIDE, LINES, opened


def forget(
    folder: Path, vault: Vault, senders: Collection[str], until: datetime | None = None
) -> None:
    """No line of these senders, of until then, is there after this, as far as a key opens it.

    OSError if that cannot be; BlockingIOError while a living process has such a line in hand,
    which brings it into the database soon.
    """

    def is_theirs(line: bytes) -> bool:
        arrival = opened(vault, line)
        if arrival is None or arrival.names.isdisjoint(senders):
            return False
        return until is None or arrival.received_at <= until

    if not folder.exists():
        return
    with alone(folder):
        for path in sorted(folder.iterdir()):
            if path.suffix in {LINES, ASIDE}:
                _forget_in(path, is_theirs)


def _forget_in(path: Path, is_theirs: Callable[[bytes], bool]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    others = [line for line in lines if not is_theirs(line)]
    if len(others) == len(lines):
        return
    handle = os.open(path, os.O_RDWR)
    try:
        hold(handle)
        _leave(path, others)
    finally:
        os.close(handle)


def _leave(path: Path, lines: list[bytes]) -> None:
    if lines:
        rewrite(path, lines)
    else:
        path.unlink()
        sync_folder(path.parent)
