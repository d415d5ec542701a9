"""Who may say what became of something that a process claimed in order to send it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    Table,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
)

from bot.store.moment import Moment
from bot.store.replicas import Replica, lost
from bot.store.unit import Unit

A_LITTLE = timedelta(minutes=1)
"""By how much the clocks of two processes may differ without one of them having been set back."""


# for statements that are written once and run at every moment
NOW = bindparam("now", type_=Moment)
IN_A_LITTLE = bindparam("in_a_little", type_=Moment)


def at(now: datetime) -> dict[str, datetime]:
    """The values of `is_due` at this moment."""
    return {"now": now, "in_a_little": now + A_LITTLE}


def is_due(table: Table) -> ColumnElement[bool]:
    """Whether its moment has come; nothing waits for a clock that was set back meanwhile."""
    never_put_off = table.c.not_before == table.c.created_at
    return or_(table.c.not_before <= NOW, never_put_off, table.c.claimed_at > IN_A_LITTLE)


def claimed(
    table: Table, now: datetime | BindParameter[datetime], by: int | BindParameter[int]
) -> dict[str, Any]:
    """What a row says once the process of that number has claimed it, once more than before."""
    return {"state": "sending", "claimed_at": now, "claimed_by": by, "claims": table.c.claims + 1}


def in_words(states: Iterable[str]) -> tuple[ColumnElement[str], ...]:
    """Our own names of states, for a condition in the very words of an index, without values."""
    return tuple(literal_column(f"'{state}'", String) for state in states)


def ours(unit: Unit, table: Table, claims: Mapping[int, int], settled: Collection[str]) -> set[int]:
    """Those rows that nobody claimed since that claim and nobody settled; locked if shared."""
    if not claims:
        return set()
    query = _open_ones(table, tuple(settled), lock=unit.locks)
    found = unit.ask(query, {"ids": list(claims)})
    return {row.id for row in found if row.claims == claims[row.id]}


@cache
def _open_ones(table: Table, settled: tuple[str, ...], *, lock: bool) -> Select[Any]:
    # what was freed when its lease was over may still turn out to have arrived
    is_open = table.c.state.not_in(in_words(settled))
    these = table.c.id.in_(bindparam("ids", expanding=True))
    # always in the same order, so that two processes cannot wait for each other
    query = select(table.c.id, table.c.claims).where(these, is_open).order_by(table.c.id)
    return query.with_for_update() if lock else query


def is_stale(
    unit: Unit,
    table: Table,
    now: datetime,
    lease: timedelta,
    replica: Replica | None,
    in_hand: Collection[int] = (),
) -> ColumnElement[bool]:
    """Whether a process claimed it that this one knows to be gone, or its lease is over.

    What this process has in hand is on its way, whatever the clock says.
    """
    at = table.c.claimed_at
    gone = _gone(unit, table, replica) if replica is not None else set()
    # claimed in the future: the clock was set back meanwhile; a little ahead is only a caller
    # who looked at the clock before whoever claimed it
    late = or_(at <= now - lease, at > now + lease)
    if replica is not None and in_hand:
        # its own claims that it does not know of are late like any: their commit broke off
        by_another = table.c.claimed_by.is_distinct_from(replica.number)
        late = and_(late, or_(by_another, table.c.id.not_in(list(in_hand))))
    return or_(late, table.c.claimed_by.in_(list(gone)))


def may_be_stale(table: Table, by: Any, before: Any, after: Any) -> ColumnElement[bool]:
    """Whether it may be stale: claimed by another than `by`, or not between those two moments."""
    at = table.c.claimed_at
    late = or_(table.c.claimed_by.is_distinct_from(by), at <= before, at > after)
    return and_(table.c.state == "sending", late)


def _gone(unit: Unit, table: Table, replica: Replica) -> set[int]:
    if not replica.knows_the_others:
        return set()
    query = select(table.c.claimed_by).where(table.c.state == "sending").distinct()
    found = set(unit.connection.execute(query).scalars())
    return lost(unit, found - {None, replica.number})
