"""How the service is: the ages of what should never be old, and how much waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.service import chain, nudge
from bot.service.site import Site
from bot.store import alerts, inbox, mails, outbox
from bot.store.unit import Unit

POLL_STALE = 90
TICK_STALE = 60
INBOX_STALE = 60
OUTBOX_STALE = 300
MAIL_STALE = 600
ALERT_LATE = timedelta(minutes=2)
"""How far past its deadline an open alert may be before something must be wrong."""


@dataclass(slots=True)
class Pulse:
    """The last sign of life of each loop; the loops write it, the health page reads it."""

    polled_at: datetime | None = None
    ticked_at: datetime | None = None
    trouble: dict[str, str] = field(default_factory=dict)


def health(unit: Unit, site: Site, pulse: Pulse) -> dict[str, Any]:
    """The state of the service: ages in seconds, counts, and `ok` with the reasons why not."""
    now = site.clock.now()
    waiting, posts, letters = inbox.counts(unit), outbox.counts(unit), mails.counts(unit)
    late_alerts = alerts.overdue(unit, now - ALERT_LATE)
    overdue = len(late_alerts | {alert.id for alert in chain.unheard(unit, site)})
    ages = {
        "last_poll_age": _age(pulse.polled_at, now),
        "tick_age": _age(pulse.ticked_at, now),
        "inbox_age": _age(waiting.oldest, now),
        "outbox_age": _age(outbox.oldest(unit), now),
        "mail_age": _age(mails.oldest(unit), now),
    }
    limits = {
        "last_poll_age": POLL_STALE,
        "tick_age": TICK_STALE,
        "inbox_age": INBOX_STALE,
        "outbox_age": OUTBOX_STALE,
        "mail_age": MAIL_STALE,
    }
    late = [name for name, age in ages.items() if age is not None and age > limits[name]]
    late += ["alerts_overdue"] if overdue else []
    return {
        "ok": not late and not pulse.trouble,
        "reasons": [*late, *pulse.trouble.values()],
        **ages,
        "inbox": waiting.waiting,
        "failing": waiting.failing,
        "dead": waiting.dead,
        "outbox": posts.get("pending", 0) + posts.get("sending", 0),
        "refused": posts.get("refused", 0),
        "mails": letters.get("pending", 0) + letters.get("sending", 0),
        "mails_refused": letters.get("refused", 0),
        "alerts_overdue": overdue,
        "next_due": nudge.next_due(unit),
    }


def metrics(state: dict[str, Any]) -> str:
    """The same as numbers, one a line, in the text form that Prometheus reads."""
    numbers = {name: value for name, value in state.items() if isinstance(value, int | float)}
    return "".join(f"paceful_{name} {float(value):g}\n" for name, value in numbers.items())


def _age(then: datetime | None, now: datetime) -> float | None:
    return None if then is None else max(0.0, round((now - then).total_seconds(), 1))
