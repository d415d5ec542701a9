"""One question at each tick: in which of its parts is there anything to do, however many wait?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Table, bindparam, exists, select

from bot.store import alerts, calls, claims, clearing, gaps, nudges, presence, tables
from bot.store.claims import NOW
from bot.store.moment import Moment
from bot.store.unit import Unit

Kinds = tuple[tuple[str, str], ...]
"""Each tier with a state that an alert of it may be in."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the answer hangs on: the moment, the process that asks, how long anything may take.

    `longest` says for each tier and state how long an alert sleeps at most.
    """

    now: datetime
    by: int
    longest: Mapping[tuple[str, str], timedelta]
    post_lease: timedelta
    mail_lease: timedelta


def busy(unit: Unit, glance: Glance) -> frozenset[str]:
    """The names of the parts of a tick in which there may be something to do."""
    kinds = tuple(glance.longest)
    row = unit.asking.execute(_question(kinds), _values(glance, kinds)).mappings().one()
    return frozenset(name for name, is_busy in row.items() if is_busy)


def _values(glance: Glance, kinds: Kinds) -> dict[str, Any]:
    now, leases = glance.now, {"post": glance.post_lease, "mail": glance.mail_lease}
    latest = {_latest(place): now + glance.longest[kind] for place, kind in enumerate(kinds)}
    before = {f"{name}_before": now - lease for name, lease in leases.items()}
    after = {f"{name}_after": now + lease for name, lease in leases.items()}
    return {"now": now, "by": glance.by, **latest, **before, **after}


@cache
def _question(kinds: Kinds) -> Select[*tuple[bool, ...]]:
    # written once: to write it takes longer than to run it
    latest = {kind: _moment(_latest(place)) for place, kind in enumerate(kinds)}
    return select(
        # each by itself: an index of the few leads to either
        (
            _is_any(tables.alerts, alerts.is_due(NOW))
            | _is_any(tables.alerts, alerts.is_asleep(latest))
        ).label("alerts"),
        _is_any(tables.gaps, gaps.is_open_gap()).label("gaps"),
        _is_any(tables.nudges, nudges.is_due(NOW)).label("nudges"),
        _is_any(tables.calls, calls.is_due(NOW)).label("calls"),
        _is_any(tables.patients, presence.is_due(NOW)).label("silence"),
        _is_any(tables.contacts, clearing.is_over(NOW)).label("clearing"),
        _is_any(tables.outbox, _may_be_stale(tables.outbox, "post")).label("outbox"),
        _is_any(tables.mails, _may_be_stale(tables.mails, "mail")).label("mails"),
    )


def _is_any(table: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(table.c.id).where(condition))


def _may_be_stale(table: Table, what: str) -> ColumnElement[bool]:
    before, after = _moment(f"{what}_before"), _moment(f"{what}_after")
    return claims.may_be_stale(table, bindparam("by"), before, after)


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=Moment)


def _latest(place: int) -> str:
    return f"latest_{place}"
