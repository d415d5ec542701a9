"""The storm guard: one bad threshold must not send five hundred messages; red is never held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.service.mailing import page_operators
from bot.service.site import Site
from bot.store import alerts, marks
from bot.store.alerts import Alert
from bot.store.tries import BEFORE
from bot.store.unit import Unit

NEVER_HELD = "red"
TOGETHER = timedelta(minutes=15)
"""Alerts of a storm are told together at the end of each such stretch of time."""


def may_hold(alert: Alert) -> bool:
    """Whether this alert may ever be told together with others."""
    return alert.tier != NEVER_HELD


def holds(unit: Unit, site: Site, alert: Alert, *, at: datetime) -> bool:
    """Whether there is a storm of its rule that holds this alert back; operators are paged once."""
    limit = site.release.escalation.storm
    span = timedelta(minutes=limit.minutes)
    if not may_hold(alert) or alerts.raised_since(unit, alert.rule, at - span) <= limit.alerts:
        return False
    mark = f"storm:{alert.rule}"
    last = marks.get(unit, mark)
    if last is None or not timedelta() <= at - datetime.fromisoformat(last) < span:
        values = {"rule": alert.rule, "count": str(limit.alerts), "minutes": str(limit.minutes)}
        page_operators(unit, site, "c-storm", values, at)
    marks.set(unit, mark, at.isoformat())
    return True


def company(
    unit: Unit, site: Site, rule: str, found: Sequence[Alert], *, now: datetime
) -> Sequence[Alert]:
    """Those of this rule that are told together now that these are due.

    While there is a storm of them, the ones that would follow soon come along.
    """
    if alerts.waiting_count(unit, rule) <= site.release.escalation.storm.alerts:
        return [alert for alert in found if alert.hop == BEFORE]
    soon = alerts.due(unit, now + TOGETHER)
    return [each for each in soon if each.rule == rule and may_hold(each) and each.state != "acted"]


def told_at(at: datetime) -> datetime:
    """When the alerts that are held back now are told together."""
    past = (at - datetime.min.replace(tzinfo=at.tzinfo)) % TOGETHER
    return at - past + TOGETHER
