"""What is over its time: found in batches, and then removed or emptied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Executable, Table, delete, exists, func, select, update

from bot.store.erasing import NOBODY
from bot.store.outbox import EMPTIED, SETTLED
from bot.store.tables import (
    alerts,
    contacts,
    gaps,
    inbox,
    invites,
    mails,
    nudges,
    outbox,
    page_links,
    page_sessions,
    patients,
    releases,
    tombstones,
)
from bot.store.unit import Unit

_OVER = (*SETTLED, "doubtful", "dropped")
_NUDGED = ("sent", "skipped", "cancelled")


_UNWANTED = ("done", "ignored", "wrong-code")
_PASSING = ("settle", "toast")
MONTH = timedelta(days=30)
"""So long a second copy of an update is known for one, and what left nothing in a chat is kept."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one table holds of a class: from when its time runs, which rows may go, and how.

    Whole rows may have another time than that of the class, which `lasts` says from it.
    """

    table: Table
    since: ColumnElement[Any]
    may_go: ColumnElement[bool]
    go: Callable[[Unit, ColumnElement[bool]], None]
    lasts: Callable[[timedelta], timedelta] = lambda kept: kept


def due(unit: Unit, name: str, before: datetime, limit: int, among: range) -> list[int]:
    """The first numbers among these whose rows of this part ran out of time before that moment."""
    part = PARTS[name]
    number = part.table.c.id
    some = number >= among.start, number < among.stop
    query = select(number).where(*some, part.may_go, part.since < before)
    return list(unit.connection.execute(query.order_by(number).limit(limit)).scalars())


def numbers(unit: Unit, name: str) -> range:
    """From which to which number there are rows of this part, whatever may go of them."""
    number = PARTS[name].table.c.id
    first, last = unit.connection.execute(select(func.min(number), func.max(number))).one()
    return range(0) if first is None else range(first, last + 1)


def retire(unit: Unit, name: str, before: datetime, ids: Collection[int]) -> int:
    """How many of these rows went: one that may no longer go, as things are now, stays."""
    part = PARTS[name]
    rows = part.table.c.id.in_(list(ids)), part.may_go, part.since < before
    going = list(unit.connection.execute(select(part.table.c.id).where(*rows)).scalars())
    if going:
        part.go(unit, part.table.c.id.in_(going))
    return len(going)


def oldest(unit: Unit, name: str) -> datetime | None:
    """Since when the oldest row of this part is kept; None without one."""
    part = PARTS[name]
    query = select(func.min(part.since)).where(part.may_go)
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


def longest_gone(unit: Unit, before: datetime, limit: int) -> list[str]:
    """The pseudonyms of patients who were last seen before that moment, and may be erased."""
    query = select(patients.c.pseudonym).where(_is_quiet(), before > _SEEN)
    return list(unit.connection.execute(query.order_by(patients.c.id).limit(limit)).scalars())


def is_long_gone(unit: Unit, pseudonym: str, before: datetime) -> bool:
    """Whether that patient was last seen before that moment, and may be erased, as of now."""
    query = select(patients.c.id).where(patients.c.pseudonym == pseudonym, before > _SEEN)
    return unit.connection.execute(query.where(_is_quiet())).first() is not None


def longest_seen(unit: Unit) -> datetime | None:
    """When the patient was last seen whom nobody has seen for longest; None without patients."""
    query = select(func.min(_SEEN)).where(_is_quiet())
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


def begun_at(unit: Unit) -> datetime | None:
    """When this database was first worked on; None if it never was."""
    query = select(func.min(releases.c.created_at))
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


_SEEN = func.coalesce(patients.c.last_seen_at, patients.c.created_at)


def _is_quiet() -> ColumnElement[bool]:
    """Whether nobody must act for the patient, nothing of theirs waits, nobody erased them."""
    wrote = exists().where(
        contacts.c.patient_id == patients.c.id,
        inbox.c.sender == contacts.c.lookup,
        inbox.c.source == "telegram",
        inbox.c.handled_at.is_(None),
    )
    open_alert = exists().where(alerts.c.patient_id == patients.c.id, alerts.c.state != "closed")
    erased = exists().where(
        tombstones.c.pseudonym == patients.c.pseudonym,
        tombstones.c.erased_at >= patients.c.created_at,
    )
    return ~open_alert & ~wrote.correlate(patients) & ~erased


def _remove_from(table: Table) -> Callable[[Unit, ColumnElement[bool]], None]:
    def remove(unit: Unit, rows: ColumnElement[bool]) -> None:
        _run(unit, delete(table).where(rows))

    return remove


def _empty_inbox(unit: Unit, rows: ColumnElement[bool]) -> None:
    # the row stays for now, so that Telegram's second copy of the message is still known as one
    _run(unit, update(inbox).where(rows).values(body=None))


def _empty_outbox(unit: Unit, rows: ColumnElement[bool]) -> None:
    # the number of the message in the chat stays, so that erasing can still blank it there
    _run(unit, update(outbox).where(rows).values(body=EMPTIED))


def _forget_contacts(unit: Unit, rows: ColumnElement[bool]) -> None:
    """Nobody can be written to there any more, and nothing waits for them or leads to them."""
    senders = select(contacts.c.lookup).where(rows).scalar_subquery()
    theirs = inbox.c.sender.in_(senders)
    _run(unit, update(inbox).where(theirs, inbox.c.handled_at.is_not(None)).values(body=None))
    # a clock of theirs that is still to be handled finds nobody, and is passed over
    _run(unit, update(inbox).where(theirs).values(sender=NOBODY))
    whose = select(contacts.c.patient_id).where(rows).scalar_subquery()
    _run(unit, delete(nudges).where(nudges.c.patient_id.in_(whose), nudges.c.state == "waiting"))
    _run(unit, update(patients).where(patients.c.id.in_(whose)).values(reachable=False))
    numbers = select(contacts.c.id).where(rows).scalar_subquery()
    _run(unit, delete(outbox).where(outbox.c.contact_id.in_(numbers)))
    _run(unit, delete(contacts).where(rows))


def _run(unit: Unit, statement: Executable) -> None:
    unit.connection.execute(statement)


def _seen_by() -> ColumnElement[Any]:
    """When the patient of a contact was last seen."""
    return select(_SEEN).where(patients.c.id == contacts.c.patient_id).scalar_subquery()


def _is_done_with() -> ColumnElement[bool]:
    """Whether nobody asks any more for an arrival, even by its name."""
    # whom a gap was told to stands in the inbox; what nobody could handle is counted there
    telling = exists().where(gaps.c.told_at.is_(None))
    emptied = inbox.c.handled_at.is_not(None) & inbox.c.body.is_(None)
    return emptied & inbox.c.outcome.in_(_UNWANTED) & ~telling


def _is_only_a_patients() -> ColumnElement[bool]:
    is_quiet = exists().where(patients.c.id == contacts.c.patient_id, _is_quiet())
    return contacts.c.clinician_id.is_(None) & is_quiet


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "inbox": Part(
            inbox,
            inbox.c.handled_at,
            inbox.c.handled_at.is_not(None) & inbox.c.body.is_not(None),
            _empty_inbox,
        ),
        "outbox": Part(
            outbox,
            outbox.c.created_at,
            outbox.c.state.in_(_OVER) & (outbox.c.body != EMPTIED),
            _empty_outbox,
        ),
        "arrivals": Part(
            inbox,
            inbox.c.handled_at,
            _is_done_with(),
            _remove_from(inbox),
            # Telegram repeats an update within a day, and a spool is read at the next start
            lambda kept: max(kept, MONTH),
        ),
        "passing": Part(
            outbox,
            outbox.c.created_at,
            # a toast and buttons taken away: no message of the chat is theirs
            outbox.c.state.in_(_OVER) & outbox.c.shape.in_(_PASSING),
            _remove_from(outbox),
            lambda kept: min(kept, MONTH),
        ),
        "nudges": Part(nudges, nudges.c.due_at, nudges.c.state.in_(_NUDGED), _remove_from(nudges)),
        "mails": Part(
            mails,
            mails.c.created_at,
            mails.c.state.in_(("sent", "refused", "dropped")),
            _remove_from(mails),
        ),
        "page_links": Part(
            page_links, page_links.c.expires_at, page_links.c.id > 0, _remove_from(page_links)
        ),
        "page_sessions": Part(
            page_sessions,
            page_sessions.c.seen_at,
            page_sessions.c.id > 0,
            _remove_from(page_sessions),
        ),
        "invites": Part(
            invites,
            func.coalesce(invites.c.used_at, invites.c.expires_at),
            invites.c.id > 0,
            _remove_from(invites),
        ),
        "contacts": Part(contacts, _seen_by(), _is_only_a_patients(), _forget_contacts),
    }
)
"""What is removed or emptied row by row, by its name; a record goes patient by patient."""
