"""Words that may be lost: operators and clinicians get the list, each patient is told once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.service import when
from bot.service.mailing import page_operators
from bot.service.site import Site
from bot.service.team import care_team
from bot.service.wording import line
from bot.store import gaps, inbox, marks, today
from bot.store.gaps import Gap, Kind, Untold
from bot.store.inbox import Arrival
from bot.store.unit import Unit
from flows import timing
from flows.events import Away

LOST_AFTER = timedelta(hours=23, minutes=50)
"""How long Telegram may go unheard before it forgets the first message (it keeps them a day)."""
HEARD_AT = "telegram.heard_at"
NOTE_EVERY = timedelta(minutes=1)
AT_ONCE = 25
"""How many patients are told in one tick: those who write meanwhile must not wait behind them."""
_MOST_NAMES = 30
_HOUR = timedelta(hours=1)


def heard(unit: Unit, site: Site, *, may_have_lost: bool = True) -> bool:
    """Keep that Telegram was heard at this moment; whether so much time passed that words are lost.

    `may_have_lost` is false where this process knows that it heard it a moment ago: then a clock
    that was moved is no silence.
    """
    now, last = site.clock.now(), last_heard(unit)
    is_lost = may_have_lost and last is not None and now - last > LOST_AFTER
    if is_lost and last is not None:
        announce(unit, site, last, now, "silence")
    marks.set(unit, HEARD_AT, now.isoformat())
    return is_lost


def last_heard(unit: Unit) -> datetime | None:
    """When Telegram was last heard, as far as it was kept; None if it never was."""
    kept = marks.get(unit, HEARD_AT)
    return None if kept is None else datetime.fromisoformat(kept)


def announce(unit: Unit, site: Site, since: datetime, until: datetime, kind: Kind) -> Gap:
    """The gap, kept: the team has its list now, and each patient is told in one of the next ticks.

    The silence before a restored backup is part of the gap: it is not found a second time.
    """
    now = site.clock.now()
    gap = gaps.find(unit, kind, since, until, now)
    name = "c-gap-restored" if kind == "restore" else "c-gap"
    told = {
        "since": f"{since:%Y-%m-%d %H:%M}",
        "until": f"{until:%Y-%m-%d %H:%M}",
        "hours": str(max(1, round((until - since) / _HOUR))),
        "count": str(gaps.left(unit, gap)),
        "alerts": _alerts(unit, site),
    }
    page_operators(unit, site, name, told, now, also=care_team(unit))
    marks.set(unit, HEARD_AT, now.isoformat())
    return gap


def tell_on(unit: Unit, site: Site) -> int:
    """How many patients the next words about a gap are on their way to; at night nobody is woken.

    Whoever has an open alert is told at any hour.
    """
    count = 0
    for gap in gaps.open_gaps(unit):
        count += _tell(unit, site, gap)
    return count


def _tell(unit: Unit, site: Site, gap: Gap) -> int:
    now = site.clock.now()
    found = gaps.untold(unit, gap, asleep=_asleep(unit, site, now), limit=AT_ONCE)
    inbox.keep(unit, [_arrival(gap, each, now) for each in found])
    if not found and not gaps.left(unit, gap):
        gaps.close(unit, gap.id, now)
    return len(found)


def _asleep(unit: Unit, site: Site, now: datetime) -> list[str | None]:
    quiet = site.release.program.nudges.quiet
    return [
        zone for zone in gaps.zones(unit) if timing.is_quiet(now, when.zone_or(site, zone), quiet)
    ]


def _arrival(gap: Gap, untold: Untold, now: datetime) -> Arrival:
    event = Away(at=now, since=gap.since_at, until=gap.until_at, restored=gap.kind == "restore")
    name = gaps.name_of(gap.id, untold.patient_id)
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Arrival(gaps.SOURCE, name, digest, untold.lookup, event.model_dump_json(), now)


def _alerts(unit: Unit, site: Site) -> str:
    """Whose alerts are open, the gravest first, in one line."""
    release, found = site.release, today.open_alerts(unit, 10 * _MOST_NAMES)
    names = list(dict.fromkeys(each.pseudonym for each in found))
    if not names:
        return line(release, "c-gap-none")
    shown, more = ", ".join(names[:_MOST_NAMES]), len(names) - _MOST_NAMES
    if more > 0:
        shown = line(release, "c-gap-more", pseudonyms=shown, count=str(more))
    return line(release, "c-gap-alerts", pseudonyms=shown)
