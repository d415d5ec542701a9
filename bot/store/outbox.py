"""What must go out: kept with the turn that decided it, sent in order, and never forgotten."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Update,
    bindparam,
    case,
    func,
    literal_column,
    select,
    update,
)

from bot.keys import CannotOpen
from bot.store import claims
from bot.store.going import UNSETTLED as UNSETTLED
from bot.store.going import UNSETTLED_WORDS, next_ones
from bot.store.moment import Moment
from bot.store.replicas import Replica
from bot.store.tables import outbox
from bot.store.unit import Unit
from bot.store.unit import add as add_row

Lane = Literal["crisis", "alert", "reply", "nudge", "clear"]
Shape = Literal["bubble", "settle", "toast", "picture", "document", "leave", "unsay", "fade"]
State = Literal["pending", "sending", "sent", "doubtful", "refused", "gone", "dropped"]
UNSENT = tuple(state for state in get_args(State) if state != "sent")
LONGEST_ERROR = 256
SETTLED = ("sent", "refused", "gone")
EMPTIED = b""
"""The body of a post whose words have been kept for long enough."""
_ADD = outbox.insert()
_PENDING: ColumnElement[str] = literal_column("'pending'")


@dataclass(frozen=True, slots=True)
class NewPost:
    """One Bot API call to be made: to whom, about whom, at which turn, and its body."""

    contact_id: int
    lane: Lane
    shape: Shape
    body: str
    created_at: datetime
    patient_id: int | None = None
    alert_id: int | None = None
    turn: int | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post of the outbox, opened."""

    id: int
    contact_id: int
    patient_id: int | None
    alert_id: int | None
    lane: Lane
    shape: Shape
    turn: int | None
    body: str
    attempts: int
    created_at: datetime
    message_id: int | None
    claims: int = 0


_PLAIN = tuple(name for name in Post.__dataclass_fields__ if name not in {"body", "claims"})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a post in that claim; `pending` sends it again, not before that moment."""

    id: int
    state: State
    at: datetime
    attempts: int
    message_id: int | None = None
    error: str | None = None
    not_before: datetime | None = None
    claims: int = 0


def add(unit: Unit, posts: Sequence[NewPost]) -> None:
    """Keep posts; each contact gets theirs in this order."""
    unit.fetch_seals(each.patient_id for each in posts if each.patient_id is not None)
    rows = [_row(unit, each) for each in posts]
    for row in rows:
        # each contact's in their order, whoever they are about
        unit.later(outbox, None, _ADD, row)


def put(unit: Unit, post: NewPost) -> int:
    """The number of one new post, kept behind the contact's others."""
    return add_row(unit, outbox, _row(unit, post))


def claim(
    unit: Unit,
    now: datetime,
    limit: int,
    *,
    by: int = 0,
    began: datetime | None = None,
) -> list[Post]:
    """What may go now to so many free contacts, urgent lanes first, marked as sending.

    A contact's posts stand together, in the order in which they go. A contact is not free while one
    of its posts is being sent; only help does not wait for a call that hangs. `by` is the number of
    the process that claims, and `began` when it did.
    """
    rows = next_ones(unit, now, limit, by, began)
    unit.fetch_seals(row.patient_id for row in rows if row.patient_id is not None)
    posts = [post for row in rows if (post := _readable(unit, row, claims=1)) is not None]
    for post in posts:
        marks = {"post": post.id, "at": now, "by": by}
        unit.later(outbox, post.id, _claiming(), marks)
    return posts


def settle(unit: Unit, results: Sequence[Result]) -> set[int]:
    """Keep what became of claimed posts; the numbers of those that were still ours to settle.

    One that was claimed by somebody else meanwhile, or was settled before, is theirs.
    """
    ours = claims.ours(unit, outbox, {each.id: each.claims for each in results}, SETTLED)
    if not ours:
        return ours
    for each in results:
        if each.id in ours:
            unit.later(outbox, each.id, _settling(), _settled(each))
    return ours


def recover(
    unit: Unit,
    now: datetime,
    lease: timedelta = timedelta(),
    replica: Replica | None = None,
    in_hand: Collection[int] = (),
) -> None:
    """Free what was being sent when a process died: by a lost one, or claimed a lease ago or more.

    Nobody knows whether it arrived. A nudge is better lost than sent twice, a late toast is of no
    use, and anything else is better sent twice than lost.
    """
    stale = claims.is_stale(unit, outbox, now, lease, replica, in_hand)
    stuck = update(outbox).where(outbox.c.state == "sending", stale)
    execute = unit.connection.execute
    execute(stuck.where(outbox.c.shape == "toast").values(state="dropped"))
    execute(stuck.where(outbox.c.lane == "nudge").values(state="doubtful"))
    execute(stuck.values(state="pending", attempts=outbox.c.attempts + 1, not_before=now))


def put_back(unit: Unit, by: int, in_hand: Collection[int]) -> None:
    """Let whatever this process claimed and does not have in hand wait again: it was never sent."""
    never = outbox.c.claimed_by == by, outbox.c.id.not_in(in_hand)
    claimed = update(outbox).where(outbox.c.state == "sending", *never)
    unit.connection.execute(claimed.values(state="pending"))


def is_alone(unit: Unit, post: Post) -> bool:
    """Whether nobody else was sent the same words about this patient at the same moment."""
    twins = (
        outbox.c.created_at == post.created_at,
        outbox.c.patient_id == post.patient_id,
        outbox.c.lane == post.lane,
        outbox.c.shape == post.shape,
        outbox.c.contact_id != post.contact_id,
    )
    return unit.connection.execute(select(func.count()).where(*twins)).scalar_one() == 0


def refuse(unit: Unit, post_id: int, error: str) -> None:
    """Give up a post that cannot be made, so that those behind it go on."""
    _mark(unit, [post_id], {"state": "refused", "error": error})


def drop(unit: Unit, contact_id: int, shape: Shape) -> None:
    """Send none of the contact's posts of that shape that still wait."""
    waiting = outbox.c.state == "pending", outbox.c.shape == shape
    theirs = update(outbox).where(outbox.c.contact_id == contact_id, *waiting)
    unit.connection.execute(theirs.values(state="dropped"))


def waiting(unit: Unit, contact_id: int) -> list[Post]:
    """The contact's bubbles that are pending and not urgent."""
    theirs = outbox.c.contact_id == contact_id, outbox.c.state.in_(UNSETTLED_WORDS)
    plain = outbox.c.state == "pending", outbox.c.lane == "reply", outbox.c.shape == "bubble"
    rows = unit.connection.execute(select(outbox).where(*theirs, *plain)).all()
    return [post for row in rows if (post := _readable(unit, row)) is not None]


def forget(unit: Unit, ids: Collection[int]) -> None:
    """Send none of these any more, if they still wait."""
    still = update(outbox).where(outbox.c.id.in_(ids), outbox.c.state == "pending")
    unit.connection.execute(still.values(state="dropped"))


def by_message(unit: Unit, contact_id: int, message_id: int) -> Post | None:
    """The post that became this message, or None; None too if its words are kept no more."""
    this = outbox.c.contact_id == contact_id, outbox.c.message_id == message_id
    # a later one with the same number only edited it
    query = select(outbox).where(*this).order_by(outbox.c.id).limit(1)
    row = unit.connection.execute(query).one_or_none()
    return None if row is None or row.body == EMPTIED else _post(unit, row)


def said_at(unit: Unit, contact_id: int, at: datetime, lane: Lane) -> list[Post]:
    """The bubbles of that lane that were decided for this contact at that very moment."""
    same = outbox.c.contact_id == contact_id, outbox.c.created_at == at, outbox.c.lane == lane
    whole = outbox.c.shape == "bubble", outbox.c.body != EMPTIED
    query = select(outbox).where(*same, *whole).order_by(outbox.c.id)
    rows = unit.connection.execute(query)
    return [post for row in rows if (post := _readable(unit, row)) is not None]


def counts(unit: Unit) -> dict[str, int]:
    """How many posts there are in each state other than sent; those that clear a chat apart."""
    query = select(outbox.c.state, func.count()).where(
        outbox.c.state.in_(UNSENT), outbox.c.lane != "clear"
    )
    rows = unit.connection.execute(query.group_by(outbox.c.state))
    return {state: count for state, count in rows}


def oldest(unit: Unit) -> datetime | None:
    """When the oldest pending post was made, or None if nothing is pending."""
    query = select(func.min(outbox.c.created_at)).where(
        outbox.c.state == "pending", outbox.c.lane != "clear"
    )
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


@cache
def _claiming() -> Update:
    # statements are written once: to write one takes longer than to run it
    claimed = claims.claimed(outbox, bindparam("at", type_=Moment), bindparam("by", type_=Integer))
    return update(outbox).where(outbox.c.id == bindparam("post")).values(claimed)


@cache
def _settling() -> Update:
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("post"))
        .values(
            state=bindparam("to"),
            attempts=bindparam("tried"),
            message_id=bindparam("number"),
            error=bindparam("why"),
            sent_at=bindparam("sent"),
            not_before=func.coalesce(bindparam("later", type_=Moment), outbox.c.not_before),
            # nobody asks any more when it was claimed, and there are very many
            claimed_at=case((bindparam("to") == _PENDING, outbox.c.claimed_at)),
        )
    )


def _readable(unit: Unit, row: Row[Any], claims: int = 0) -> Post | None:
    # one post that cannot be opened must not stop all the others
    try:
        return _post(unit, row, claims)
    except CannotOpen:
        _mark(unit, [row.id], {"state": "refused", "error": CannotOpen.__name__})
        return None


def _post(unit: Unit, row: Row[Any], claims: int = 0) -> Post:
    """The post as it is in that row, claimed so many times more."""
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Post(**plain, body=body_of(unit, row), claims=row.claims + claims)


def body_of(unit: Unit, row: Row[Any]) -> str:
    """What stands in the body of a row; or CannotOpen."""
    place = _place(row.contact_id, row.patient_id, row.turn, row.lane, row.shape)
    return unit.seal_for(row.patient_id, "outbox").open(row.body, *place)


def _mark(unit: Unit, ids: Iterable[int], values: dict[str, Any]) -> None:
    unit.connection.execute(update(outbox).where(outbox.c.id.in_(list(ids))).values(values))


def _row(unit: Unit, post: NewPost) -> dict[str, Any]:
    place = _place(post.contact_id, post.patient_id, post.turn, post.lane, post.shape)
    return {
        "contact_id": post.contact_id,
        "patient_id": post.patient_id,
        "alert_id": post.alert_id,
        "lane": post.lane,
        "shape": post.shape,
        "turn": post.turn,
        "body": unit.seal_for(post.patient_id, "outbox").seal(post.body, *place),
        "state": "pending",
        "attempts": 0,
        "not_before": post.not_before or post.created_at,
        "created_at": post.created_at,
    }


def _settled(result: Result) -> dict[str, Any]:
    return {
        "post": result.id,
        "to": result.state,
        "tried": result.attempts,
        "number": result.message_id,
        "why": result.error[:LONGEST_ERROR] if result.error else None,
        "sent": result.at if result.state == "sent" else None,
        "later": result.not_before,
    }


def _place(
    contact_id: int, patient_id: int | None, turn: int | None, lane: str, shape: str
) -> tuple[object, ...]:
    # the post has no number yet; its order within a turn is no secret and no words
    return ("outbox", "body", contact_id, patient_id, turn, lane, shape)
