"""How the service is: the ages of what should never be old, and how much waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.service import chain, nudge
from bot.service.site import Site
from bot.store import alerts, inbox, mails, outbox
from bot.store.unit import Unit

POLL_STALE = 90
HOOK_STALE = 180
TICK_STALE = 60
INBOX_STALE = 60
OUTBOX_STALE = 300
MAIL_STALE = 600
ALERT_LATE = timedelta(minutes=2)
"""How far past its deadline an open alert may be before something must be wrong."""


@dataclass(slots=True)
class Pulse:
    """The last sign of life of each loop; the loops write it, the health page reads it.

    `heard` counts the answers by which Telegram was heard, and `beats` the turns of the event
    loop: the watch sees by them what stands still, whatever the service's clock says. `listens`
    says how it should be heard now; `noticed` and `lag` are what the watch itself saw.
    """

    polled_at: datetime | None = None
    hooked_at: datetime | None = None
    hook_seen_at: datetime | None = None
    hook_waiting: int | None = None
    ticked_at: datetime | None = None
    began_at: datetime | None = None
    heard: int = 0
    beats: int = 0
    listens: Literal["", "poll", "hook"] = ""
    lag: float = 0.0
    noticed: frozenset[str] = frozenset()
    trouble: dict[str, str] = field(default_factory=dict)

    def say(self, name: str, words: str | None) -> None:
        """Keep a trouble by its name, or, without words, that it is over."""
        if words is None:
            self.trouble.pop(name, None)
        else:
            self.trouble[name] = words

    def listen(self, how: Literal["", "poll", "hook"]) -> None:
        """Keep how Telegram is to be heard from now on; what was heard before is of no age."""
        self.listens, self.polled_at, self.hook_seen_at = how, None, None


def health(unit: Unit, site: Site, pulse: Pulse) -> dict[str, Any]:
    """The state of the service: ages in seconds, counts, and `ok` with the reasons why not."""
    now = site.clock.now()
    waiting, posts, letters = inbox.counts(unit), outbox.counts(unit), mails.counts(unit)
    late_alerts = alerts.overdue(unit, now - ALERT_LATE)
    overdue = len(late_alerts | {alert.id for alert in chain.unheard(unit, site)})
    ages = {
        "last_poll_age": _age(pulse.polled_at, now),
        "webhook_seen_age": _age(pulse.hook_seen_at, now),
        "tick_age": _age(pulse.ticked_at or pulse.began_at, now),
        "inbox_age": _age(waiting.oldest, now),
        "outbox_age": _age(outbox.oldest(unit), now),
        "mail_age": _age(mails.oldest(unit), now),
    }
    limits = {
        "last_poll_age": POLL_STALE,
        "webhook_seen_age": HOOK_STALE,
        "tick_age": TICK_STALE,
        "inbox_age": INBOX_STALE,
        "outbox_age": OUTBOX_STALE,
        "mail_age": MAIL_STALE,
    }
    late = [name for name, age in ages.items() if age is not None and age > limits[name]]
    late += ["alerts_overdue"] if overdue else []
    seen = [f"watch: {name}" for name in sorted(pulse.noticed)]
    return {
        "ok": not late and not pulse.trouble and not seen,
        "reasons": [*late, *pulse.trouble.values(), *seen],
        **ages,
        "webhook_age": _age(pulse.hooked_at, now),
        "webhook_waiting": pulse.hook_waiting,
        "loop_lag": round(pulse.lag, 1),
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
