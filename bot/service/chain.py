"""An alert's way to somebody: hop after hop, each try kept, until a person takes it and acts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.service import hops, storm, telling
from bot.service.hops import Reached
from bot.service.mailing import page_operators
from bot.service.reasons import Reason, reason_of
from bot.service.site import Site
from bot.store import alerts, marks, pseudonyms, tries
from bot.store.alerts import Alert
from bot.store.tries import BEFORE, Try
from bot.store.unit import Unit
from flows.escalation import UNTAKEN
from flows.program import Release

Words = Callable[[int | None], str]
"""The name of the text for a clinician, or for a group (None)."""


def begin(unit: Unit, site: Site, alert: Alert, *, at: datetime) -> None:
    """Tell the first who are there to hear of it; a digest's tier waits for the digest."""
    held = storm.holds(unit, site, alert, at=at)
    if reason_of(alert).digest:
        return
    if held:
        _hold(unit, alert, at)
        return
    _tell_from(unit, site, alert, 0, _always("c-alert"), at=at)


def _hold(unit: Unit, alert: Alert, at: datetime) -> None:
    alerts.reach(unit, alert.id, BEFORE)
    alerts.postpone(unit, alert.id, _sooner(alert.deadline_at, storm.told_at(at)))


def fired_again(unit: Unit, site: Site, alert: Alert, *, at: datetime) -> None:
    """Tell whoever has it, and those who are to hear of it now, that it fired again."""
    reason = reason_of(alert)
    if reason.digest and alert.hop == 0:
        return
    if storm.holds(unit, site, alert, at=at) and alert.state in UNTAKEN:
        _hold(unit, alert, at)
        return
    # the newest content may have a shorter chain than the one it has come along
    hop = min(max(alert.hop, 0), _last(alert))
    reached = hops.resolve(unit, site, alert, _names(reason)[hop], at=at)
    if alert.taken_by is not None:
        reached = reached.and_also(hops.person(unit, alert.taken_by))
    if not reached:
        _tell_from(unit, site, alert, hop, _always("c-alert-fired"), at=at)
        return
    telling.tell(unit, site, alert, reached, _always("c-alert-fired"), hop=hop, at=at)
    # news never gives an alert more time than it had
    clock = reason.remind_minutes if alert.state in UNTAKEN else reason.act_minutes
    deadline = _sooner(alert.deadline_at, at + timedelta(minutes=clock))
    telling.told(unit, alert, hop, deadline, at=at)


def returned(unit: Unit, site: Site, alert: Alert, *, at: datetime) -> None:
    """Tell everyone whom the rule reaches that nobody has it any more; a digest says so later."""
    reason = reason_of(alert)
    if reason.digest and alert.hop == 0:
        return
    names = _names(reason)
    team = names.index("team") if "team" in names else len(names) - 1
    _tell_from(unit, site, alert, team, _always("c-alert-left"), at=at)


def due(unit: Unit, site: Site) -> list[tuple[int, ...]]:
    """The alerts whose clock ran out, those that are to be told together in one group."""
    now = site.clock.now()
    waiting: dict[str, list[Alert]] = defaultdict(list)
    alone: list[int] = []
    for alert in alerts.due(unit, now):
        if storm.may_hold(alert) and alert.state != "acted":
            waiting[alert.rule].append(alert)
        else:
            alone.append(alert.id)
    alone += [alert.id for alert in alerts.asleep(unit, now, longest(site.release))]
    groups: list[tuple[int, ...]] = []
    for rule, found in waiting.items():
        together = storm.company(unit, site, rule, found, now=now)
        groups += [tuple(alert.id for alert in together)] if together else []
        alone += [alert.id for alert in found if alert not in together]
    return [*((number,) for number in alone), *groups]


def go_on(unit: Unit, site: Site, numbers: Sequence[int]) -> None:
    """Tell the next ones of an alert, or tell of several together; nothing if it was seen to.

    One of several may be told before its own clock runs out, never after.
    """
    at = site.clock.now()
    for number in numbers:
        _wake(unit, site, number, at)
    until = at + storm.TOGETHER if len(numbers) > 1 else at
    found = [alert for each in numbers if (alert := alerts.take_due(unit, each, until)) is not None]
    if len(found) > 1:
        _together(unit, site, found, at)
        return
    for alert in found:
        _advance(unit, site, alert, at)


def settle_try(
    unit: Unit,
    site: Site,
    *,
    post_id: int | None = None,
    mail_id: int | None = None,
    ok: bool,
    error: str | None = None,
    at: datetime,
) -> None:
    """Keep what became of a try; when nobody could be reached, the chain goes on at once."""
    settled = tries.settle(unit, post_id=post_id, mail_id=mail_id, ok=ok, error=error, at=at)
    if ok:
        return
    for failed in settled:
        alert = alerts.get(unit, failed.alert_id)
        if alert is not None and _is_lost(unit, alert, failed):
            _after_failure(unit, site, alert, failed, at)


def deadline_of(reason: Reason, state: str, at: datetime) -> datetime:
    """When an alert that came into this state at that moment is due."""
    minutes = {"taken": reason.act_minutes, "acted": reason.close_minutes}
    return at + timedelta(minutes=minutes.get(state, reason.remind_minutes))


def _advance(unit: Unit, site: Site, alert: Alert, at: datetime) -> None:
    match alert.state:
        case "acted":
            _remind_to_close(unit, site, alert, at)
        case "taken":
            _tell_from(unit, site, alert, _next(unit, alert), _not_acted(alert), at=at)
        case _:
            again = any(each.hop != BEFORE for each in tries.of_alert(unit, alert.id))
            text = "c-alert-again" if again or reason_of(alert).digest else "c-alert"
            _tell_from(unit, site, alert, _next(unit, alert), _always(text), at=at)


def _next(unit: Unit, alert: Alert) -> int:
    """The hop that is told next: the present one if nobody was told there yet."""
    if alert.hop == BEFORE:
        return 0
    was_told = any(each.hop == alert.hop for each in tries.of_alert(unit, alert.id))
    last = _last(alert)
    return min(alert.hop + 1, last) if was_told else min(alert.hop, last)


def _tell_from(
    unit: Unit, site: Site, alert: Alert, hop: int, words: Words, *, at: datetime
) -> None:
    """Tell the first hop from this one on that has somebody; with nobody at all it waits."""
    reason = reason_of(alert)
    deadline = deadline_of(reason, "told", at)
    taker = hops.person(unit, alert.taken_by) if alert.state == "taken" else Reached()
    for number, name in enumerate(_names(reason)):
        reached = hops.resolve(unit, site, alert, name, at=at) if number >= hop else Reached()
        if number > 0 and name not in hops.EVERYBODY:
            reached = reached.without(_heard(unit, alert))
        reached = reached.without({alert.taken_by} if taker else set())
        if reached:
            everyone = reached.and_also(taker)
            telling.tell(unit, site, alert, everyone, words, hop=number, at=at)
            telling.told(unit, alert, number, deadline, at=at)
            return
    _tell_of_nobody(unit, site, alert, taker, words, deadline, at=at)


def _tell_of_nobody(
    unit: Unit,
    site: Site,
    alert: Alert,
    taker: Reached,
    words: Words,
    deadline: datetime,
    *,
    at: datetime,
) -> None:
    # nobody else is there, so it stays as it is; whoever joins hears of it at once
    last = _last(alert)
    if taker:
        telling.tell(unit, site, alert, taker, words, hop=last, at=at)
        telling.told(unit, alert, last, deadline, at=at)
    else:
        _wait_for_somebody(unit, site, alert, deadline, at)


def _wait_for_somebody(
    unit: Unit, site: Site, alert: Alert, deadline: datetime, at: datetime
) -> None:
    alerts.postpone(unit, alert.id, deadline)
    if not storm.may_hold(alert) and _is_new_round(unit, alert, at):
        _page(unit, site, alert, at)


def _is_new_round(unit: Unit, alert: Alert, at: datetime) -> bool:
    """Whether no page about this alert that reaches nobody went out within its clock."""
    mark, clock = f"nobody:{alert.id}", timedelta(minutes=reason_of(alert).remind_minutes)
    last = marks.get(unit, mark)
    if last is not None and timedelta() <= at - datetime.fromisoformat(last) < clock:
        return False
    marks.set(unit, mark, at.isoformat())
    return True


def unheard(unit: Unit, site: Site) -> list[Alert]:
    """The open red alerts that nobody could be told of at this moment."""
    known: dict[tuple[object, ...], bool] = {}
    found = []
    for alert in alerts.open_in(unit, storm.NEVER_HELD):
        reason = reason_of(alert)
        same = reason.chain, reason.reaches, alert.taken_by
        if same not in known:
            known[same] = _has_somebody(unit, site, alert)
        found += [] if known[same] else [alert]
    return found


def _has_somebody(unit: Unit, site: Site, alert: Alert) -> bool:
    at, names = site.clock.now(), _names(reason_of(alert))
    if hops.person(unit, alert.taken_by):
        return True
    return any(hops.resolve(unit, site, alert, name, at=at) for name in names)


def _remind_to_close(unit: Unit, site: Site, alert: Alert, at: datetime) -> None:
    reason = reason_of(alert)
    taker = hops.person(unit, alert.taken_by)
    reached = taker or hops.resolve(unit, site, alert, "team", at=at)
    deadline = deadline_of(reason, "acted", at)
    if reached:
        words = _always("c-alert-not-closed")
        telling.tell(unit, site, alert, reached, words, hop=max(alert.hop, 0), at=at)
        telling.told(unit, alert, max(alert.hop, 0), deadline, at=at)
    else:
        _wait_for_somebody(unit, site, alert, deadline, at)


def _together(unit: Unit, site: Site, found: Sequence[Alert], at: datetime) -> None:
    # they may have been raised on different content: the longest chain has room for all
    names = max((_names(reason_of(alert)) for alert in found), key=len)
    team = names.index("team") if "team" in names else len(names) - 1
    furthest = max(_next(unit, alert) for alert in found)
    hop = max(furthest, team)
    reached = hops.resolve(unit, site, found[0], names[hop], at=at)
    if reached:
        telling.tell_together(unit, site, found, reached, hop=hop, at=at)
    for alert in found:
        deadline = deadline_of(reason_of(alert), "told", at)
        if reached:
            telling.told(unit, alert, min(hop, _last(alert)), deadline, at=at)
        else:
            alerts.postpone(unit, alert.id, deadline)


def _is_lost(unit: Unit, alert: Alert, failed: Try) -> bool:
    """Whether, with this try, every one of the newest round failed, and somebody must be told."""
    if alert.state == "closed":
        return False
    moved_at = {"taken": alert.taken_at, "acted": alert.acted_at}.get(alert.state)
    if moved_at is not None and failed.at <= moved_at:
        return False
    newest = tries.latest_round(unit, alert.id)
    return any(t.id == failed.id for t in newest) and all(t.state == tries.FAILED for t in newest)


def _after_failure(unit: Unit, site: Site, alert: Alert, failed: Try, at: datetime) -> None:
    last = _last(alert)
    if alert.state == "acted" and failed.clinician_id == alert.taken_by and failed.hop != last:
        # whoever acted can't be reached any more: the others can close it
        _tell_from(unit, site, alert, last, _always("c-alert-not-closed"), at=at)
    elif failed.hop < last:
        _advance(unit, site, alert, at)
    else:
        _page(unit, site, alert, at)


def _page(unit: Unit, site: Site, alert: Alert, at: datetime) -> None:
    pseudonym = pseudonyms.of(unit, alert.patient_id)
    values = {"number": str(alert.id), "pseudonym": pseudonym, "tier": reason_of(alert).tier}
    page_operators(unit, site, "c-chain-broken", values, at)


def _wake(unit: Unit, site: Site, number: int, at: datetime) -> None:
    """Wake an alert that would sleep for longer than its clock allows: time was set back."""
    alert = alerts.get(unit, number)
    if alert is None or alert.state == "closed" or alert.deadline_at is None:
        return
    most = longest(site.release).get((alert.tier, alert.state))
    # a tier that the content no longer has: the alert's own clock goes on
    latest = deadline_of(reason_of(alert), alert.state, at) if most is None else at + most
    if alert.deadline_at > latest:
        alerts.postpone(unit, alert.id, latest)


def longest(release: Release) -> dict[tuple[str, str], timedelta]:
    """How far off a clock may be at the most, by tier and state."""
    found = {}
    for name, tier in release.escalation.tiers.items():
        for state in UNTAKEN:
            found[name, state] = timedelta(minutes=tier.remind_minutes)
        found[name, "taken"] = timedelta(minutes=max(tier.act_minutes, tier.remind_minutes))
        found[name, "acted"] = timedelta(minutes=max(tier.close_minutes, tier.remind_minutes))
    return found


def _heard(unit: Unit, alert: Alert) -> set[int | None]:
    """Who has heard of it since it was raised, or raised again, as far as anybody knows."""
    begun = alerts.begun_at(unit, alert.id)
    made = tries.of_alert(unit, alert.id)
    return {each.clinician_id for each in made if each.at >= begun and each.state != tries.FAILED}


def _names(reason: Reason) -> Sequence[str]:
    return reason.chain or hops.EVERYBODY


def _last(alert: Alert) -> int:
    return len(_names(reason_of(alert))) - 1


def _always(name: str) -> Words:
    return lambda whom: name


def _not_acted(alert: Alert) -> Words:
    return lambda whom: "c-alert-not-acted" if whom == alert.taken_by else "c-alert-stands-still"


def _sooner(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)
