"""Which posts may go now: one of each free contact, what is urgent first, each chat in order."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    RowMapping,
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
from bot.store.unit import Unit, claiming

UNSETTLED = ("pending", "sending")
# what sending needs: each moment more that is read costs as much as all the rest of a row
_NEEDED = (
    *("id", "contact_id", "patient_id", "alert_id", "lane", "shape", "turn", "body"),
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
    exclude: Collection[int],
    by: int,
    began: datetime | None = None,
) -> Sequence[RowMapping]:
    """The rows that may go at that moment, without the excluded contacts'; locked if shared.

    `by` is the number of this process, and `began` when it did, if that may be of importance.
    """
    wanted = {
        **{"exclude": list(exclude), "most": limit, "by": by, "hung_since": now - HANGS_AFTER},
        **{"known_since": now - KNOWN_AFTER, "knows": began is None or now - began > KNOWN_AFTER},
    }
    query = claiming(_claimable(), unit, outbox)
    return unit.asking.execute(query, {**claims.at(now), **wanted}).mappings().all()


@cache
def _claimable() -> Select[Any]:
    # written once: to write it takes longer than to run it
    return (
        select(*(outbox.c[name] for name in _NEEDED))
        .where(
            outbox.c.state == "pending",
            claims.is_due(outbox),
            outbox.c.contact_id.not_in(bindparam("exclude", expanding=True)),
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
        other.c.state.in_(unsettled()),
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
        stuck.c.state.in_(unsettled()),
        stuck.c.id < outbox.c.id,
        or_(failed, hangs),
    )
    is_stuck = has_stuck.correlate(outbox)
    return or_(outbox.c.lane != "crisis", other.c.lane == "crisis", ~is_stuck)


def unsettled() -> BindParameter[str]:
    """The states in which a post has not come to its end."""
    # in the very words of the index, or the whole history of the contact would be read
    return bindparam("unsettled", UNSETTLED, expanding=True, literal_execute=True)
