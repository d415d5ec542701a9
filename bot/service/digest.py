"""The digest: once a day, at the hour each clinician chose, what is open in the lower tiers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, lru_cache

from bot.service import telling
from bot.service.posting import post_one
from bot.service.reasons import Reason, reason_of
from bot.service.site import Site
from bot.service.team import care_team, readers
from bot.service.wording import age, fixed, line
from bot.store import alerts, digests, pseudonyms
from bot.store.alerts import RAISED, Alert
from bot.store.digests import Plan
from bot.store.people import Clinician
from bot.store.unit import Unit
from flows import escalation
from flows.effects import Button
from flows.escalation import UNTAKEN
from flows.scene import Rows
from flows.timing import next_slot

HOUR = 9
"""When the digest comes to those who chose no hour."""

LINES_A_BUBBLE = 10
BUTTONS_A_ROW = 5
_EVERY_DAY = range(1, 8)


def due(unit: Unit, site: Site) -> list[int]:
    """The clinicians whose digest is due, or whose next one must be planned anew."""
    now = site.clock.now()
    return [plan.clinician_id for plan in digests.plans(unit) if _is_stale(site, plan, now)]


def send(unit: Unit, site: Site, clinician_id: int) -> None:
    """Send the digest if it is due and there is something to tell, and plan the next one."""
    now = site.clock.now()
    plan = next((p for p in digests.plans(unit) if p.clinician_id == clinician_id), None)
    if plan is None:
        return
    digests.plan(unit, clinician_id, _next(site, plan, now))
    if plan.due_at is None or plan.due_at > now:
        return
    for clinician in care_team(unit):
        if clinician.id == clinician_id and clinician.contact_id is not None:
            _send_to(unit, site, clinician, clinician.contact_id, now)


def open_for(unit: Unit, clinician: Clinician) -> list[Alert]:
    """What this clinician's digest tells: nobody has it and it reaches them, or they have it."""
    reads = cache(lambda roles: clinician.id in {each.id for each in readers(unit, roles)})
    open_ = alerts.open_(unit)
    return [each for each in open_ if _is_for(each, reason_of(each), clinician, reads)]


def _is_for(
    alert: Alert, reason: Reason, clinician: Clinician, reads: Callable[[tuple[str, ...]], bool]
) -> bool:
    if not reason.digest:
        return False
    is_theirs = alert.taken_by == clinician.id
    return reads(reason.reaches) if alert.state in UNTAKEN else is_theirs


def _is_stale(site: Site, plan: Plan, now: datetime) -> bool:
    # another moment than the next one was planned for another hour, zone or clock
    return plan.due_at is None or plan.due_at <= now or plan.due_at != _next(site, plan, now)


def _next(site: Site, plan: Plan, now: datetime) -> datetime:
    hour = HOUR if plan.hour is None else plan.hour
    # the same for the whole minute: hours begin with a minute on every clock of today
    return _after(now.replace(second=0, microsecond=0), hour, plan.zone or site.settings.time_zone)


@lru_cache(maxsize=1024)
def _after(minute: datetime, hour: int, zone: str) -> datetime:
    return next_slot(minute, zone=zone, at_time=f"{hour:02}:00", days=_EVERY_DAY)[0]


def _send_to(unit: Unit, site: Site, clinician: Clinician, contact: int, now: datetime) -> None:
    found = open_for(unit, clinician)
    entries, heard = list(_entries(unit, site, found, now)), digests.heard(unit, clinician.id)
    for start in range(0, len(entries), LINES_A_BUBBLE):
        some = entries[start : start + LINES_A_BUBBLE]
        text = "\n".join(words for words, _ in some)
        count = {"count": str(len(found))} if start == 0 else {}
        name = "c-digest" if start == 0 else "c-digest-more"
        bubble = fixed(site.release, name, _buttons(some), alerts=text, **count)
        post = post_one(unit, contact, bubble, None, at=now)
        # a try for whoever reads of it for the first time; it has been told from now on
        told = [alert for _, together in some for alert in together]
        first = [alert.id for alert in told if alert.id not in heard]
        digests.keep_tries(unit, first, clinician.id, post, now)
        digests.tell(unit, told, escalation.move(RAISED, "tell"), now)


def _entries(
    unit: Unit, site: Site, found: Sequence[Alert], now: datetime
) -> Iterator[tuple[str, Sequence[Alert]]]:
    """A line for each alert; many of one rule share a line."""
    by_rule: dict[str, list[Alert]] = defaultdict(list)
    for alert in found:
        by_rule[alert.rule].append(alert)
    for rule, same in by_rule.items():
        if len(same) > site.release.escalation.storm.alerts:
            reason = reason_of(same[0])
            values = {"tier": reason.tier, "title": reason.title, "rule": rule}
            yield line(site.release, "c-digest-many", count=str(len(same)), **values), same
        else:
            yield from ((_line(unit, site, alert, now), [alert]) for alert in same)


def _line(unit: Unit, site: Site, alert: Alert, now: datetime) -> str:
    reason = reason_of(alert)
    return line(
        site.release,
        "c-digest-line",
        number=str(alert.id),
        tier=reason.tier,
        title=reason.title,
        pseudonym=pseudonyms.of(unit, alert.patient_id),
        state=telling.state_of(unit, site, alert),
        age=age(site.release, alert.raised_at, now),
    )


def _buttons(entries: Sequence[tuple[str, Sequence[Alert]]]) -> Rows:
    """Each alert's number, which opens it."""
    numbers = [told[0].id for _, told in entries if len(told) == 1]
    buttons = [Button(label=str(number), data=f"alert.{number}.why") for number in numbers]
    rows = range(0, len(buttons), BUTTONS_A_ROW)
    return tuple(tuple(buttons[start : start + BUTTONS_A_ROW]) for start in rows)
