"""A backup is put into an empty database: nothing old is sent, and nobody comes back to life."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.keys import Vault
from bot.service import erasing, gaps
from bot.service.backup import Looked, look, pieces
from bot.service.site import Site
from bot.store import audit, backup, replicas, restored
from bot.store.erasing import Stone
from bot.store.unit import Unit
from flows.away import LEAP


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a backup: what it was, who was erased again, and what was not sent."""

    looked: Looked
    until: datetime
    erased: Sequence[str]
    unsent: int
    skipped: int


def restore(
    url: str, site: Site, vault: Vault, file: Path, stones: Iterable[Stone] = ()
) -> Restored:
    """What became of the backup; BadBackup or BadDatabase if nothing was written.

    The file is read twice: all of it is known to be whole before the database is touched.
    """
    looked, listed = look(file, vault), list(stones)

    def settle(unit: Unit, buried: Sequence[Stone]) -> Restored:
        return _settle(unit, site, looked, [*listed, *buried])

    about, found = looked.about, pieces(file, vault)
    with replicas.unserved(url):
        return backup.restore(url, vault, about.revision, about.numbers, found, settle)


def _settle(unit: Unit, site: Site, looked: Looked, stones: Sequence[Stone]) -> Restored:
    now = site.clock.now()
    erased = erasing.erase_again(unit, stones, at=now, site=site)
    skipped, unsent = restored.skip_nudges(unit, now), restored.forget_unsent(unit)
    restored.end_doors(unit, now)
    restored.leap_turns(unit, LEAP)
    # a clock that is behind the one of the backup must not make the gap end before it began
    until = max(now, looked.about.made_at)
    gaps.announce(unit, site, looked.about.made_at, until, "restore")
    audit.note(unit, at=now, clinician_id=None, act="restore", subject=_named(looked))
    return Restored(looked, until, erased, unsent, skipped)


def _named(looked: Looked) -> str:
    return f"backup of {looked.about.made_at:%Y-%m-%d %H:%M} UTC"
