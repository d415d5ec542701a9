"""The audit's chain: looked through for whoever must know, its head signed and kept each day."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from bot.keys import Vault, same_secret
from bot.service.folders import sync_folder, write_through
from bot.service.site import Site
from bot.store import chained
from bot.store.store import Store
from bot.store.unit import Unit

log = logging.getLogger(__name__)

LIST = "audit-heads.jsonl"
"""The list of the heads, in DATA_DIR: with the logs, what no change of the database can reach."""

AGAIN = timedelta(hours=1)
"""When a head that could not be written is tried again."""


class BadHeads(Exception):
    """A list of heads cannot be read; its words say which line."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of the audit at a moment, signed by whoever has the keys."""

    at: datetime
    id: int
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a look through the whole chain; `wrong` says what is first amiss."""

    count: int
    head: chained.Link | None
    wrong: str | None


def head(unit: Unit, at: datetime) -> Head | None:
    """The newest entry, signed with the first key; None while the audit is empty."""
    newest = chained.head(unit)
    if newest is None:
        return None
    signature = unit.vault.lookup("audit head", _signed(at, newest.id, newest.hash))
    return Head(at, newest.id, newest.hash, signature)


def verify(unit: Unit, heads: Iterable[Head] = ()) -> Found:
    """What the chain says of itself, and whether every head that was kept still stands in it."""
    wanted = sorted(heads, key=lambda each: each.at)
    if wanted and not _is_ours(unit.vault, wanted[-1]):
        return Found(0, chained.head(unit), f"the head of {_day(wanted[-1])} has no good signature")
    numbers, passed, count = {each.id for each in wanted}, dict[int, str](), 0
    newest: chained.Link | None = None
    for newest in chained.links(unit):
        count += 1
        if not newest.fits:
            return Found(count, newest, f"entry {newest.id} is not what it was, or one is missing")
        if newest.id in numbers:
            passed[newest.id] = newest.hash
    return Found(count, newest, _first_lost(wanted, passed))


def read_heads(file: Path) -> list[Head]:
    """The heads of a list, the oldest first; BadHeads if a line of it cannot be read."""
    lines = file.read_bytes()[: _whole(file)].splitlines()
    return [_head(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def keep(file: Path, found: Head) -> None:
    """Add a head to the list; it is on the disk when this returns, or OSError."""
    line = orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.ftruncate(handle, _whole(file))
        write_through(handle, line)
    finally:
        os.close(handle)
    sync_folder(file.parent)


class Exporting:
    """Keeps the head of each day in the list and in the log, while this process leads."""

    def __init__(self, store: Store, site: Site) -> None:
        self._store, self._site = store, site
        self._next_at: datetime | None = None

    async def export(self) -> None:
        """Keep the head if none of today is kept; what cannot be written is tried in an hour."""
        now = self._site.clock.now()
        if self._next_at is not None and now < self._next_at:
            return
        # first, so that a disk that is full is spoken of once an hour, and not each second
        self._next_at = now + AGAIN
        file = self._site.settings.data_dir / LIST
        found = None if _has_one_of(now, file) else await self._store.read(head, now)
        if found is not None:
            keep(file, found)
            log.info("audit head: entry %s, %s", found.id, found.hash)
        if file.exists():
            self._next_at = _midnight_after(now)


def _whole(file: Path) -> int:
    """How many bytes are whole lines: one that was cut off by a crash was never counted on."""
    return file.read_bytes().rfind(b"\n") + 1


def _has_one_of(now: datetime, file: Path) -> bool:
    try:
        return any(each.at.date() == now.date() for each in read_heads(file)[-1:])
    except FileNotFoundError:
        return False
    except BadHeads:
        # what was changed there by hand must not end the list
        log.error("%s cannot be read: `paceful audit verify` says which line", LIST)
        return False


def _midnight_after(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _first_lost(wanted: Sequence[Head], passed: dict[int, str]) -> str | None:
    for each in wanted:
        if each.id not in passed:
            return f"entry {each.id}, the newest on {_day(each)}, is not there any more"
        if not same_secret(passed[each.id], each.hash):
            return f"entry {each.id} is not the one of {_day(each)}: what came before was changed"
    return None


def _is_ours(vault: Vault, found: Head) -> bool:
    # the newest alone: a key that signed older ones may have gone, and it vouches for them all
    ours = vault.lookups("audit head", _signed(found.at, found.id, found.hash))
    return same_secret(found.signature, *ours)


def _signed(at: datetime, number: int, hash_: str) -> str:
    return f"{at.isoformat()} {number} {hash_}"


def _day(found: Head) -> str:
    return f"{found.at:%Y-%m-%d %H:%M} UTC"


def _head(number: int, line: bytes) -> Head:
    try:
        kept = orjson.loads(line)
        at = datetime.fromisoformat(kept["at"])
        return Head(at, int(kept["id"]), str(kept["hash"]), str(kept["signature"]))
    except (ValueError, KeyError, TypeError):
        msg = f"line {number} cannot be read"
        raise BadHeads(msg) from None
