"""An old key is taken out of use while the service runs: in batches that give way to others."""

from __future__ import annotations

import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import orjson

from bot.keys import HEAD_BYTES, Vault
from bot.service.spool import ASIDE, LINES, PURPOSE
from bot.store import key_uses, rekeying
from bot.store.errors import is_passing
from bot.store.key_uses import Uses
from bot.store.rekeying import SEALED, Step
from bot.store.store import Store
from bot.store.unit import Unit

TRIES = 200
"""How often a batch gives way to others before it is given up: for a minute or more."""
SHORTEST_PAUSE = 0.02

Work = Callable[[Unit, int], Step]
Tell = Callable[[str, int], None]
"""Hears how many rows of which table were put under the first key so far."""


@dataclass(frozen=True, slots=True)
class KeyReport:
    """Which keys there are, what is still under each, and who seals with another than the first."""

    uses: Uses
    spooled: Mapping[str, int]
    elsewhere: Mapping[int, list[str]]

    @property
    def first(self) -> str:
        """The name of the key that seals."""
        return next(iter(self.uses.rows))

    def left(self, name: str) -> Mapping[str, int]:
        """How many rows of each table, and lines of the spool, are under that key."""
        lines = self.spooled.get(name, 0)
        return {**self.uses.rows[name], **({"spool": lines} if lines else {})}

    @property
    def old(self) -> list[str]:
        """The names of the keys that something is still under, but for the first."""
        return [name for name in self.uses.rows if name != self.first and self.left(name)]


def report(unit: Unit, url: str, spool: Path, now: datetime) -> KeyReport:
    """What is under which key now."""
    elsewhere = key_uses.sealing_elsewhere(unit, url)
    return KeyReport(key_uses.uses(unit, now), spooled(spool, unit.vault), elsewhere)


def rotate(store: Store, url: str, spool: Path, now: datetime, tell: Tell) -> KeyReport:
    """What is under which key when everything that could be was put under the first.

    It may be ended at any moment, and begun again: what was done stays done.
    """
    for name, work in _works(now):
        _walk(store, work, partial(tell, name))
    lines = spooled(spool, store.vault)
    uses = store.write_now(key_uses.retire, url, now, [name for name in lines if lines[name]])
    store.tidy()
    return KeyReport(uses, lines, store.read_now(key_uses.sealing_elsewhere, url))


def spooled(folder: Path, vault: Vault) -> Counter[str]:
    """How many lines of the spool, those aside included, are under each key, by its name."""
    names = dict(zip(vault.site(PURPOSE).heads, vault.names, strict=True))
    found = (names.get(begun) for begun in _heads(folder))
    return Counter(name for name in found if name is not None)


def _works(now: datetime) -> Iterator[tuple[str, Work]]:
    yield "patients", rekeying.rewrap
    yield "contacts", rekeying.rename
    for sealed in SEALED:
        yield sealed.table.name, _resealing(sealed)
    yield "codes", partial(rekeying.forget_codes, now=now)
    yield "strangers", rekeying.forget_strangers


def _resealing(sealed: rekeying.Sealed) -> Work:
    def work(unit: Unit, after: int) -> Step:
        return rekeying.reseal(unit, sealed, after)

    return work


def _walk(store: Store, work: Work, tell: Callable[[int], None]) -> None:
    after, changed = 0, 0
    while True:
        began = time.monotonic()
        step = _once(store, work, after)
        changed += step.changed
        if step.changed:
            tell(changed)
        if step.last is None:
            return
        after = step.last
        # others get at least as much time as we take: whoever waits for a file's lock only looks
        time.sleep(max(SHORTEST_PAUSE, time.monotonic() - began))


def _once(store: Store, work: Work, after: int) -> Step:
    """One batch, tried again as long as others are in the way, or the database is."""

    def batch(unit: Unit) -> Step:
        rekeying.give_way(unit)
        return work(unit, after)

    for tried in range(TRIES):
        try:
            return store.write_now(batch)
        except Exception as error:
            if not is_passing(error) or tried + 1 == TRIES:
                raise
            time.sleep(SHORTEST_PAUSE * min(tried + 1, 50))
    raise AssertionError


def _heads(folder: Path) -> Iterator[bytes]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix in {LINES, ASIDE}:
            # a file that went meanwhile went into the database, and half a line was promised nobody
            with suppress(FileNotFoundError):
                yield from filter(None, map(_head, path.read_bytes().splitlines()))


def _head(line: bytes) -> bytes | None:
    with suppress(ValueError, KeyError, TypeError):
        return b64decode(orjson.loads(line)["sealed"])[:HEAD_BYTES]
    return None
