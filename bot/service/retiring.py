"""What was kept for its time is removed at night: a batch at a time, each in its own transaction.

The times are RETENTION's; what was removed, and when, is kept in a mark for `paceful doctor`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.service import erasing
from bot.service.site import Site
from bot.settings.retention import TABLE, DataClass
from bot.store import marks, retiring
from bot.store.erasing import Stone
from bot.store.unit import Unit
from flows import timing

log = logging.getLogger(__name__)

MARK = "retention"
REASON = "kept for its time (RETENTION)"
BATCH = 500
SPAN = 20_000
"""So many numbers are looked through at a time, of however many there are."""
NIGHT = 3
"""The hour of the clinic's clocks from which a day's run begins."""
LONGEST = timedelta(hours=30)
"""After so long without a run, one begins at any hour."""
STALE = timedelta(days=3)
"""After so long without a run, operators are told."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one part of a class, or one patient, whose time is over."""

    data: DataClass
    part: str = ""
    ids: tuple[int, ...] = ()
    pseudonym: str = ""
    places: Mapping[str, int] = field(default_factory=dict)
    """Before which number each part has been looked through, once this is done."""


@dataclass(frozen=True, slots=True)
class Run:
    """When the last run was over, what it removed, and what the one that goes on has removed.

    `places` is before which number that one has looked through each part.
    """

    finished_at: datetime | None
    removed: dict[str, int]
    running: dict[str, int]
    places: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a class stands: for how long and why it is kept, since when the oldest of it is."""

    data: DataClass
    kept: str
    since: str
    basis: str
    oldest: datetime | None
    removed: int
    is_late: bool


def last_run(unit: Unit) -> Run:
    """What is known of the last run."""
    kept: dict[str, Any] = orjson.loads(marks.get(unit, MARK) or "{}")
    finished = kept.get("finished_at")
    moment = datetime.fromisoformat(finished) if finished else None
    return Run(moment, kept.get("removed", {}), kept.get("running", {}), kept.get("places", {}))


def is_due(unit: Unit, site: Site) -> bool:
    """Whether today's run has not been done, and it is night or one was missed."""
    last, now = last_run(unit).finished_at, site.clock.now()
    if last is None:
        return True
    zone = timing.zone_of(site.settings.time_zone)
    is_today = last.astimezone(zone).date() == now.astimezone(zone).date()
    return not is_today and (now.astimezone(zone).hour >= NIGHT or now - last > LONGEST)


def next_batch(unit: Unit, site: Site) -> Batch | None:
    """The next that must go, if a run is due; None if none is, or nothing is left.

    Where there is very much to look through, it is empty and says how far this look came.
    """
    return next(_over(unit, site), None)


def retire(unit: Unit, site: Site, batch: Batch) -> int:
    """How much of this batch went; what may no longer go, as things are now, stays."""
    if batch.part:
        number = retiring.retire(unit, batch.part, _until(site, batch.data, batch.part), batch.ids)
    else:
        number = _erase(unit, site, batch.pseudonym, _before(site, batch.data))
    run, places = last_run(unit), dict(batch.places)
    running = _added(run.running, batch.data, number) if number else run.running
    _keep(unit, Run(run.finished_at, run.removed, running, {**run.places, **places}))
    return number


def finish(unit: Unit, site: Site) -> Run:
    """The run that is over now, kept with what it removed."""
    now, run = site.clock.now(), last_run(unit)
    done = Run(now, run.running, {})
    _keep(unit, done)
    log.info("retention: removed %s", run.running or "nothing")
    return done


def late_by(unit: Unit, site: Site) -> timedelta:
    """How long ago the last run was over, or this database was begun if there was none."""
    since = last_run(unit).finished_at or retiring.begun_at(unit)
    return site.clock.now() - since if since is not None else timedelta()


def standing(unit: Unit, site: Site) -> list[Standing]:
    """How each class of data stands, in the order of the table."""
    run = last_run(unit)
    return [_stands(unit, site, run, data) for data in TABLE]


def _stands(unit: Unit, site: Site, run: Run, data: DataClass) -> Standing:
    oldest = _oldest(unit, data)
    # a day's run may be some hours away
    is_late = oldest is not None and oldest < _before(site, data) - STALE
    return Standing(
        data=data,
        kept=site.settings.retention.span(data).words,
        since=TABLE[data].since,
        basis=site.settings.lawful_basis[data],
        oldest=oldest,
        removed=run.removed.get(data, 0),
        is_late=is_late,
    )


def _oldest(unit: Unit, data: DataClass) -> datetime | None:
    if data == "record":
        return retiring.longest_seen(unit)
    # rows that stay for longer than the class hold nothing of it any more
    moments = [retiring.oldest(unit, part) for part in _parts(data) if part in TABLE[data].tables]
    return min((moment for moment in moments if moment is not None), default=None)


def _over(unit: Unit, site: Site) -> Iterator[Batch]:
    """What is over its time, the rows of other classes before whole patients."""
    if not is_due(unit, site):
        return
    places, room = last_run(unit).places, SPAN
    for data in TABLE:
        for part in _parts(data):
            left = _left(unit, part, places)
            some = left[:room]
            ids = retiring.due(unit, part, _until(site, data, part), BATCH, some)
            places = {**places, part: ids[-1] + 1 if len(ids) == BATCH else some.stop}
            room -= len(some)
            if ids or len(some) < len(left):
                yield Batch(data, part, tuple(ids), places=places)
    for pseudonym in retiring.longest_gone(unit, _before(site, "record"), 1):
        yield Batch("record", pseudonym=pseudonym)


def _left(unit: Unit, part: str, places: Mapping[str, int]) -> range:
    """The numbers of this part that the run which goes on has not looked at."""
    numbers = retiring.numbers(unit, part)
    return range(max(numbers.start, min(places.get(part, 0), numbers.stop)), numbers.stop)


def _parts(data: DataClass) -> list[str]:
    names = TABLE[data].tables
    return [each for each, part in retiring.PARTS.items() if part.table.name in names]


def _before(site: Site, data: DataClass) -> datetime:
    return site.clock.now() - site.settings.retention[data]


def _until(site: Site, data: DataClass, part: str) -> datetime:
    """What began before this moment is over its time in this part."""
    return site.clock.now() - retiring.PARTS[part].lasts(site.settings.retention[data])


def _erase(unit: Unit, site: Site, pseudonym: str, before: datetime) -> int:
    if not retiring.is_long_gone(unit, pseudonym, before):
        return 0
    stone = Stone(pseudonym, site.clock.now(), REASON)
    # first on the list: if we die here, they are erased at the next start
    erasing.note_in(site.settings.data_dir / erasing.LIST, stone)
    return len(erasing.erase_again(unit, [stone], at=stone.erased_at, site=site))


def _added(counts: dict[str, int], data: DataClass, number: int) -> dict[str, int]:
    return {**counts, data: counts.get(data, 0) + number}


def _keep(unit: Unit, run: Run) -> None:
    kept = {"finished_at": run.finished_at, "removed": run.removed}
    kept |= {"running": run.running, "places": run.places}
    marks.set(unit, MARK, orjson.dumps(kept).decode())
