"""What a care team looks at first: open alerts, today's calls, words that nobody has read."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select

from bot.store.tables import alerts, calls, messages, patients
from bot.store.unit import Unit
from bot.store.wants import TIERS, is_open, is_open_to, is_unread


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An open alert, and the pseudonym of whom it is about."""

    id: int
    patient_id: int
    pseudonym: str
    tier: str
    state: str
    facts: str
    raised_at: datetime
    fired_count: int
    taken_by: int | None
    deadline_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Words of a patient that nobody has read: how many messages, and since when."""

    patient_id: int
    pseudonym: str
    count: int
    since_at: datetime


@dataclass(frozen=True, slots=True)
class CallToday:
    """A call that was agreed for today; `state` says whether it is over already."""

    id: int
    patient_id: int
    pseudonym: str
    clinician_id: int
    at: datetime
    minutes: int
    purpose: str
    state: str


def open_alerts(unit: Unit, limit: int) -> list[OpenAlert]:
    """The open alerts, the gravest tier first, in it the one raised first."""
    found = unit.connection.execute(_open_alerts(), {"most": limit})
    return [OpenAlert(**row) for row in found.mappings()]


@cache
def _open_alerts() -> Select[Any]:
    rank = case({tier: place for place, tier in enumerate(TIERS)}, value=alerts.c.tier, else_=9)
    order = rank, alerts.c.raised_at, alerts.c.id
    names = [name for name in OpenAlert.__dataclass_fields__ if name != "pseudonym"]
    # in an index of the open ones, so that only the rows are read that are shown
    first = select(alerts.c.id).where(is_open()).order_by(*order).limit(bindparam("most"))
    return (
        select(*[alerts.c[name] for name in names], patients.c.pseudonym)
        .join(patients, patients.c.id == alerts.c.patient_id)
        .where(alerts.c.id.in_(first))
        .order_by(*order)
    )


def unread(unit: Unit, limit: int, *, open_to: int | None, at: datetime) -> list[Waiting]:
    """Whose words nobody has read, the longest waiting first; of those open to that clinician."""
    whose, since = messages.c.patient_id, func.min(messages.c.at).label("since")
    first = select(whose, func.count().label("count"), since).where(is_unread())
    if open_to is not None:
        first = first.where(is_open_to(open_to, at, whose))
    # in an index of the unread, so that only the rows of patients are read who are shown
    shown = first.group_by(whose).order_by(since, whose).limit(limit).subquery("shown")
    query = (
        select(shown.c.patient_id, patients.c.pseudonym, shown.c["count"], shown.c.since)
        .join(patients, patients.c.id == shown.c.patient_id)
        .order_by(shown.c.since, shown.c.patient_id)
    )
    return [Waiting(*row) for row in unit.connection.execute(query)]


def calls_between(
    unit: Unit, start: datetime, end: datetime, clinician_id: int | None = None
) -> list[CallToday]:
    """The calls agreed for a moment between these two, in order; of all, or of one clinician."""
    agreed = calls.c.at >= start, calls.c.at < end, calls.c.state != "cancelled"
    return _calls(unit, clinician_id, *agreed)


def unsettled(unit: Unit, clinician_id: int | None = None) -> list[CallToday]:
    """The calls that are over and of which nobody said how they went; of all, or of one's own."""
    return _calls(unit, clinician_id, calls.c.state == "over")


def _calls(unit: Unit, clinician_id: int | None, *wanted: ColumnElement[bool]) -> list[CallToday]:
    names = [name for name in CallToday.__dataclass_fields__ if name != "pseudonym"]
    query = (
        select(*[calls.c[name] for name in names], patients.c.pseudonym)
        .join(patients, patients.c.id == calls.c.patient_id)
        .where(*wanted)
        .order_by(calls.c.at, calls.c.id)
    )
    if clinician_id is not None:
        query = query.where(calls.c.clinician_id == clinician_id)
    return [CallToday(**row) for row in unit.connection.execute(query).mappings()]
