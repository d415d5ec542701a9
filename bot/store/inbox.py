"""What came in and is not to be lost: kept before it is acknowledged, handled once, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from bot.keys import CannotOpen
from bot.store import later
from bot.store.tables import contacts, inbox
from bot.store.unit import Unit, claiming, locking

Source = Literal["telegram", "clock", "clinic"]
Outcome = Literal["done", "ignored", "unread", "dead", "wrong-code"]
CLOCK: Source = "clock"
# any number will do, as long as every process uses the same
_SENDER = 4_121_910
# in the very words of the index
WRONG: ColumnElement[str] = literal_column("'wrong-code'")
DEAD: ColumnElement[str] = literal_column("'dead'")
_FOR_OPERATORS = frozenset({"unread", "dead"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came in: where from, under which name there, whose, and its body.

    `aliases` are the sender's lookups under the other keys, while there are several; `message` is
    its number in the chat, if it is a message.
    """

    source: Source
    external_id: str
    digest: str
    sender: str
    body: str
    received_at: datetime
    aliases: tuple[str, ...] = ()
    message: int | None = None

    @property
    def names(self) -> frozenset[str]:
        """Everything by which the sender may be known."""
        return frozenset((self.sender, *self.aliases))


@dataclass(frozen=True, slots=True)
class Kept:
    """An arrival in the inbox; its body is None if it cannot be opened."""

    id: int
    source: Source
    external_id: str
    sender: str
    body: str | None
    received_at: datetime
    attempts: int


_KEPT = [inbox.c[name] for name in (*Kept.__dataclass_fields__, "digest")]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many arrivals wait, how many of these failed before, how many were given up."""

    waiting: int
    failing: int
    dead: int
    oldest: datetime | None


def keep(unit: Unit, arrivals: Sequence[Arrival]) -> int:
    """How many were new. Keeping the same one twice changes nothing."""
    if not arrivals:
        return 0
    seal, senders = unit.vault.site("inbox"), _senders(unit, arrivals)
    rows = [
        {
            "source": each.source,
            "external_id": each.external_id,
            "digest": each.digest,
            "sender": senders[each.sender],
            "body": seal.seal(each.body, *_place(each.source, each.external_id, each.digest)),
            "received_at": each.received_at,
            "attempts": 0,
            "message": each.message,
        }
        for each in arrivals
    ]
    kept = later.run(unit.connection, _keeping(unit.is_postgres), rows)
    # of many rows only SQLite says how many were new
    return len(list(kept)) if unit.is_postgres else kept.rowcount


def next_batch(
    unit: Unit, limit: int, clocks: int | None = None, *, clocks_first: bool = False
) -> list[Kept]:
    """Each sender's oldest waiting arrival in one lane, people's first; on PostgreSQL locked.

    So many at most, or so many of the clock's. Of the other lane where there are none.
    """
    lanes = [
        (_peoples(lock=unit.locks), limit),
        (_clocks(lock=unit.locks), limit if clocks is None else clocks),
    ]
    ordered = reversed(lanes) if clocks_first else lanes
    rows = next((found for query, most in ordered if (found := _next(unit, query, most))), ())
    return [_kept(unit, row) for row in _of_free_senders(unit, rows)]


def clocks_waiting(unit: Unit, most: int) -> int:
    """How many arrivals that only the clock brought wait, counted up to that many."""
    [counted] = unit.ask(_counting_clocks(), {"most": most})
    return int(counted.number)


def is_waiting(unit: Unit) -> bool:
    """Whether anything waits."""
    [answer] = unit.ask(_anything(), {})
    return bool(answer.is_any)


def take(unit: Unit, id: int) -> Kept | None:
    """That arrival if it still waits and no other process has it; on PostgreSQL locked."""
    query = select(inbox).where(inbox.c.id == id, _waiting())
    rows = unit.connection.execute(claiming(query, unit, inbox)).all()
    return next((_kept(unit, row) for row in _of_free_senders(unit, rows)), None)


def rename(unit: Unit, sender: str, name: str) -> None:
    """Whatever of this sender waits is from now on that of the other name."""
    theirs = update(inbox).where(inbox.c.sender == sender, _waiting())
    unit.connection.execute(theirs.values(sender=name))


def finish(unit: Unit, ids: Sequence[int], outcome: Outcome, at: datetime) -> None:
    """Mark arrivals as handled. Only what nobody could read or handle keeps its body."""
    statement = _finishing(keeps=outcome in _FOR_OPERATORS)
    for each in ids:
        unit.later(inbox, each, statement, {"row": each, "at": at, "end": outcome})


def fail(unit: Unit, id: int, error: str, at: datetime) -> None:
    """Count a failed attempt; the name of the error is kept, never its words."""
    values = {"attempts": inbox.c.attempts + 1, "error": error, "failed_at": at}
    unit.connection.execute(update(inbox).where(inbox.c.id == id).values(values))


def still_waiting(unit: Unit, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those of these arrivals that nobody has handled yet, or that were never kept."""
    names = [each.external_id for each in arrivals]
    query = select(inbox.c.external_id, inbox.c.digest).where(
        inbox.c.external_id.in_(names), inbox.c.handled_at.is_not(None)
    )
    handled = {tuple(row) for row in unit.connection.execute(query)}
    return [each for each in arrivals if (each.external_id, each.digest) not in handled]


def nobodys(unit: Unit) -> list[tuple[int, str]]:
    """The rows that came from nobody who could be told, and what stands in them, if it opens."""
    query = select(inbox).where(inbox.c.sender.startswith("nobody:"), inbox.c.body.is_not(None))
    rows = [_kept(unit, row) for row in unit.connection.execute(query)]
    return [(kept.id, kept.body) for kept in rows if kept.body is not None]


def wrong_codes(unit: Unit, since: datetime, sender: str | None = None) -> int:
    """How many codes that opened nothing came since then, from that sender or from all."""
    wrong = inbox.c.outcome == WRONG, inbox.c.handled_at > since
    theirs = (inbox.c.sender == sender,) if sender is not None else ()
    query = select(func.count()).select_from(inbox).where(*wrong, *theirs)
    return unit.connection.execute(query).scalar_one()


def counts(unit: Unit) -> Counts:
    """How the inbox stands."""
    waiting = select(
        func.count(), func.count().filter(inbox.c.attempts > 0), func.min(inbox.c.received_at)
    ).where(_waiting())
    dead = select(func.count()).where(inbox.c.outcome == DEAD)
    number, failing, oldest = unit.connection.execute(waiting).one()
    return Counts(number, failing, unit.connection.execute(dead).scalar_one(), oldest)


def _next(unit: Unit, query: Select[Any], limit: int) -> Sequence[Row[Any]]:
    return unit.ask(query, {"most": limit})


def _of_free_senders(unit: Unit, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Those whose sender no other process serves now; one at a time until the transaction ends."""
    if not unit.locks or not rows:
        return rows
    # what came later may have been committed sooner, and then it is in other hands already
    lock = func.pg_try_advisory_xact_lock(_SENDER, func.hashtext(inbox.c.sender))
    query = select(inbox.c.id, lock).where(inbox.c.id.in_([row.id for row in rows]))
    free = {number for number, is_free in unit.asking.execute(query) if is_free}
    return [row for row in rows if row.id in free]


def _kept(unit: Unit, row: Row[Any]) -> Kept:
    return Kept(
        id=row.id,
        source=row.source,
        external_id=row.external_id,
        sender=row.sender,
        body=_open(unit, row.body, row.source, row.external_id, row.digest),
        received_at=row.received_at,
        attempts=row.attempts,
    )


def _senders(unit: Unit, arrivals: Sequence[Arrival]) -> dict[str, str]:
    """By which name each sender's arrivals are kept, whatever the order of the keys.

    Two processes may have two keys in two orders, and what one person sends is handled in order.
    """
    several = [each for each in arrivals if each.aliases]
    names = [name for each in several for name in each.names]
    query = select(contacts.c.lookup).where(contacts.c.lookup.in_(names))
    known = set(unit.connection.execute(query).scalars()) if several else set[str]()
    kept = {each.sender: each.sender for each in arrivals}
    return kept | {each.sender: min(each.names & known or each.names) for each in several}


@cache
def _keeping(is_postgres: bool) -> Insert | ReturningInsert[Any]:
    # statements are written once: to write one takes longer than to run it
    if is_postgres:
        return postgresql.insert(inbox).on_conflict_do_nothing().returning(inbox.c.id)
    return sqlite.insert(inbox).on_conflict_do_nothing()


@cache
def _finishing(*, keeps: bool) -> Update:
    values: dict[str, Any] = {"handled_at": bindparam("at"), "outcome": bindparam("end")}
    ended = values if keeps else {**values, "body": None}
    return update(inbox).where(inbox.c.id == bindparam("row")).values(ended)


@cache
def _anything() -> Select[tuple[bool]]:
    return select(select(inbox.c.id).where(_waiting()).exists().label("is_any"))


@cache
def _peoples(*, lock: bool) -> Select[Any]:
    """What people did, each one's oldest; it does not wait for what the clock brought them."""
    older = _another()
    sooner = and_(_by_people(older), older.c.id < inbox.c.id)
    return _oldest(_by_people(inbox), sooner, older, lock=lock)


@cache
def _clocks(*, lock: bool) -> Select[Any]:
    """What the clock brought, to each the oldest; whoever did something comes first."""
    other = _another()
    sooner = or_(_by_people(other), other.c.id < inbox.c.id)
    return _oldest(_by_clock(inbox), sooner, other, lock=lock)


@cache
def _counting_clocks() -> Select[Any]:
    these = select(inbox.c.id).where(_waiting(), _by_clock(inbox)).limit(_most())
    return select(func.count().label("number")).select_from(these.subquery())


def _oldest(
    these: ColumnElement[bool], sooner: ColumnElement[bool], other: FromClause, *, lock: bool
) -> Select[Any]:
    theirs = other.c.sender == inbox.c.sender, other.c.handled_at.is_(None)
    query = select(*_KEPT).where(_waiting(), these, ~exists().where(*theirs, sooner))
    oldest = query.order_by(inbox.c.id).limit(_most())
    return locking(oldest, inbox) if lock else oldest


def _another() -> FromClause:
    return inbox.alias("other")


def _by_people(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.source != CLOCK


def _by_clock(rows: FromClause) -> ColumnElement[bool]:
    # not the plain column: SQLite would go through all that the clock ever brought, by its index
    return rows.c.source.concat("") == CLOCK


def _most() -> BindParameter[int]:
    return bindparam("most", type_=Integer)


def _waiting() -> ColumnElement[bool]:
    return inbox.c.handled_at.is_(None)


def _place(source: str, external_id: str, digest: str) -> tuple[str, ...]:
    return ("inbox", "body", source, external_id, digest)


def _open(unit: Unit, body: bytes, *origin: str) -> str | None:
    # one arrival that cannot be read must not stop all the others
    try:
        return unit.vault.site("inbox").open(body, *_place(*origin))
    except CannotOpen:
        return None
