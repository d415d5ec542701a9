"""Which posts may go now: those of free contacts, what is urgent first, each chat in order."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby, takewhile
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
)

from bot.store import claims
from bot.store.moment import Moment
from bot.store.tables import outbox
from bot.store.unit import Unit

UNSETTLED = ("pending", "sending")
# in the very words of the index, or the whole history of a contact would be read
UNSETTLED_WORDS = claims.in_words(UNSETTLED)
"""The states in which a post has not come to its end, for a condition."""
# what sending needs: each moment more that is read costs as much as all the rest of a row
_NEEDED = (
    *("id", "contact_id", "patient_id", "alert_id", "lane", "shape", "turn", "body", "state"),
    *("attempts", "created_at", "message_id", "claims"),
)
HANGS_AFTER = timedelta(seconds=5)
"""How long help waits for another call to the same person before it overtakes it."""
KNOWN_AFTER = timedelta(seconds=15)
"""How long for a call of another process, and after a start: whoever died is known by then."""
HUNG_SINCE = bindparam("hung_since", type_=Moment)
# clinicians and patients in danger first, and a nudge never before an answer
URGENCY: dict[str, int] = {"crisis": 0, "alert": 0, "reply": 1, "nudge": 2, "clear": 3}


def next_ones(
    unit: Unit,
    now: datetime,
    limit: int,
    by: int,
    began: datetime | None = None,
) -> Sequence[Row[Any]]:
    """The rows that may go at that moment, of so many contacts at the most; locked if shared.

    Each contact's stand together. `by` is the number of this process, and `began` when it did, if
    that may be of importance.
    """
    wanted = {
        **{"most": limit, "by": by, "hung_since": now - HANGS_AFTER},
        **{"known_since": now - KNOWN_AFTER, "knows": began is None or now - began > KNOWN_AFTER},
    }
    query = _claimable(lock=unit.locks)
    found = unit.ask(query, {**claims.at(now), **wanted})
    firsts = {row.first for row in found}
    chains = groupby(found, lambda row: row.first)
    return [row for first, theirs in chains for row in _chain(first, list(theirs), firsts)]


def _chain(first: int, waiting: Sequence[Row[Any]], firsts: Collection[int]) -> Sequence[Row[Any]]:
    """That row, and those behind it that go with it; none where it overtakes another."""
    if waiting[0].id != first:
        return [row for row in waiting if row.id == first]
    head, *rest = waiting
    others = takewhile(lambda row: row.id not in firsts and _may_follow(head, row), rest)
    return [head, *others]


def _may_follow(head: Row[Any], row: Row[Any]) -> bool:
    # help would wait behind a call that hangs; a nudge that was claimed is never sent again, and
    # one that was not sent must not be lost; what clears a chat keeps nobody waiting
    may_go = row.state == "pending" and row.is_due and row.lane == "reply"
    # no more than one answer is ever told again after a crash
    return bool(may_go and (row.shape == "settle" or row.turn == head.turn))


@cache
def _claimable(*, lock: bool) -> Select[Any]:
    """All that waits for whoever has a post that may go, beside the number of that post."""
    # written once: to write it takes longer than to run it
    may_go = _may_go()
    firsts = (may_go.with_for_update(skip_locked=True, of=outbox) if lock else may_go).cte("firsts")
    urgency = case(URGENCY, value=firsts.c.lane)
    needed = (*(outbox.c[name] for name in _NEEDED), claims.is_due(outbox).label("is_due"))
    query = (
        select(firsts.c.id.label("first"), *needed)
        .join(firsts, outbox.c.contact_id == firsts.c.contact_id)
        .where(outbox.c.state.in_(UNSETTLED_WORDS))
        .order_by(urgency, firsts.c.id, outbox.c.id)
    )
    # none of these is left out because it is locked: those behind it would overtake it
    return query.with_for_update(of=outbox) if lock else query


def _may_go() -> Select[Any]:
    return (
        select(outbox.c.id, outbox.c.contact_id, outbox.c.lane)
        .where(
            outbox.c.state == "pending",
            claims.is_due(outbox),
            ~_held_up(),
        )
        .order_by(case(URGENCY, value=outbox.c.lane), outbox.c.id)
        .limit(bindparam("most", type_=Integer))
    )


def _held_up() -> ColumnElement[bool]:
    other = outbox.alias("other")
    # strictly in order, a crisis reply too: what was decided before it must not appear beneath it
    before = and_(
        other.c.state == "pending",
        other.c.id < outbox.c.id,
        _keeps_place(other),
        # a chat that is cleared keeps nobody waiting who begins anew in it
        or_(outbox.c.lane == "clear", other.c.lane != "clear"),
    )
    in_flight = and_(
        other.c.state == "sending",
        or_(outbox.c.lane != "crisis", ~_has_hung(other)),
    )
    return exists().where(
        other.c.contact_id == outbox.c.contact_id,
        other.c.state.in_(UNSETTLED_WORDS),
        or_(in_flight, before),
    )


def _has_hung(call: FromClause) -> ColumnElement[bool]:
    """Whether help waits no longer for it: one of a dead process waits again soon, in its place."""
    ours = and_(call.c.claimed_by == bindparam("by"), call.c.claimed_at <= HUNG_SINCE)
    theirs = call.c.claimed_at <= bindparam("known_since", type_=Moment)
    return or_(ours, and_(bindparam("knows", type_=Boolean), theirs))


def _keeps_place(other: FromClause) -> ColumnElement[bool]:
    """Whether an earlier post is waited for: a crisis reply overtakes those behind a stuck one.

    Stuck is one that hangs, or that failed; not if it may be tried at once, as after a restart:
    it would only come out beneath.
    """
    stuck = outbox.alias("stuck")
    failed = and_(stuck.c.state == "pending", stuck.c.attempts > 0, stuck.c.not_before > claims.NOW)
    hangs = and_(stuck.c.state == "sending", _has_hung(stuck))
    has_stuck = exists().where(
        stuck.c.contact_id == outbox.c.contact_id,
        stuck.c.state.in_(UNSETTLED_WORDS),
        stuck.c.id < outbox.c.id,
        or_(failed, hangs),
    )
    is_stuck = has_stuck.correlate(outbox)
    return or_(outbox.c.lane != "crisis", other.c.lane == "crisis", ~is_stuck)
