"""Links that open the clinic page, and the sessions they become; secrets only as digests."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update

from bot.store.tables import page_links, page_sessions
from bot.store.unit import Unit, add

MOST_AGENT = 160


@dataclass(frozen=True, slots=True)
class Session:
    """A clinician signed in on one browser; `ended_at` if that is over."""

    id: int
    clinician_id: int
    agent: str
    made_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    end_reason: str | None


def make_link(
    unit: Unit, *, digest: str, clinician_id: int, at: datetime, expires_at: datetime
) -> None:
    """Keep a link by its token's digest; earlier ones of the same clinician open nothing more."""
    older = page_links.c.clinician_id == clinician_id, page_links.c.used_at.is_(None)
    unit.connection.execute(update(page_links).where(*older).values(used_at=at))
    values = {
        "digest": digest,
        "clinician_id": clinician_id,
        "made_at": at,
        "expires_at": expires_at,
    }
    unit.connection.execute(page_links.insert(), values)


def owner_of_link(unit: Unit, digests: Collection[str], at: datetime) -> int | None:
    """Whose link that is, if it can still be used; looking uses nothing up."""
    query = select(page_links.c.clinician_id).where(*_usable(digests, at))
    found: int | None = unit.connection.execute(query).scalar_one_or_none()
    return found


def use_link(unit: Unit, digests: Collection[str], browser: str, at: datetime) -> int | None:
    """Whose link that was, used up by this browser now; None if it opens nothing."""
    used = (
        update(page_links)
        .where(*_usable(digests, at))
        .values(used_at=at, browser=browser)
        .returning(page_links.c.clinician_id)
    )
    found: int | None = unit.connection.execute(used).scalar_one_or_none()
    return found


def begin(unit: Unit, *, digest: str, clinician_id: int, agent: str, at: datetime) -> Session:
    """A new session, known by its token's digest."""
    values: dict[str, Any] = {
        "digest": digest,
        "clinician_id": clinician_id,
        "agent": agent[:MOST_AGENT],
        "made_at": at,
        "seen_at": at,
    }
    row = add(unit, page_sessions, values)
    return Session(row, clinician_id, agent[:MOST_AGENT], at, at, None, None)


def find(unit: Unit, digests: Collection[str]) -> Session | None:
    """The session with one of these digests, over or not; None if there is none."""
    found = _sessions(unit, _query().where(page_sessions.c.digest.in_(digests)))
    return found[0] if found else None


def get(unit: Unit, session_id: int) -> Session | None:
    """The session of that number, over or not; None if there is none."""
    found = _sessions(unit, _query().where(page_sessions.c.id == session_id))
    return found[0] if found else None


def living(
    unit: Unit, *, seen_after: datetime, made_after: datetime, clinician_id: int | None = None
) -> list[Session]:
    """The sessions that are not over, of one clinician or of all, the last seen first."""
    query = _query().where(
        page_sessions.c.ended_at.is_(None),
        page_sessions.c.seen_at > seen_after,
        page_sessions.c.made_at > made_after,
    )
    if clinician_id is not None:
        query = query.where(page_sessions.c.clinician_id == clinician_id)
    return _sessions(unit, query.order_by(page_sessions.c.seen_at.desc()))


def touch(unit: Unit, session_id: int, at: datetime) -> None:
    """The session was used at that moment."""
    row = page_sessions.c.id == session_id, page_sessions.c.seen_at < at
    unit.connection.execute(update(page_sessions).where(*row).values(seen_at=at))


def end(unit: Unit, session_id: int, reason: str, at: datetime) -> bool:
    """Whether the session was still open, and is over now."""
    return _end(unit, page_sessions.c.id == session_id, reason, at) > 0


def end_all(unit: Unit, clinician_id: int, reason: str, at: datetime) -> int:
    """How many sessions of that clinician were ended; their unused links open nothing more."""
    links = page_links.c.clinician_id == clinician_id, page_links.c.used_at.is_(None)
    unit.connection.execute(update(page_links).where(*links).values(used_at=at))
    return _end(unit, page_sessions.c.clinician_id == clinician_id, reason, at)


def _end(unit: Unit, which: ColumnElement[bool], reason: str, at: datetime) -> int:
    open_ = which, page_sessions.c.ended_at.is_(None)
    ended = update(page_sessions).where(*open_).values(ended_at=at, end_reason=reason)
    return unit.connection.execute(ended).rowcount


def _usable(digests: Collection[str], at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        page_links.c.digest.in_(digests),
        page_links.c.used_at.is_(None),
        page_links.c.expires_at > at,
    )


def _query() -> Select[Any]:
    return select(*[page_sessions.c[name] for name in Session.__dataclass_fields__])


def _sessions(unit: Unit, query: Select[Any]) -> list[Session]:
    return [Session(*row) for row in unit.connection.execute(query)]
