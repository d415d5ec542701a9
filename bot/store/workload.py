"""What happened to alerts and messages over some weeks, for the pages that count."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import TypeVarTuple

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    type_coerce,
)

from bot.store.alerts import CLOSED, FALSE_ALARM
from bot.store.tables import TIMED, alert_moves, alerts, guidance, messages
from bot.store.unit import Unit
from bot.store.wants import is_open
from bot.store.whole import numbers


@dataclass(frozen=True, slots=True)
class Counted:
    """How the alerts of one rule that were raised since some moment ended so far."""

    rule: str
    raised: int
    closed: int
    false: int


Cells = TypeVarTuple("Cells")

Step = tuple[int, str, int | None, datetime, int | None]
"""A move in an alert's life: of which alert, which, who made it if somebody did, when, and how many
seconds after the alert was raised or last raised again."""

Written = tuple[int, int | None, datetime]
"""That somebody wrote: in whose thread, the clinician if it was not the patient, and when."""

Given = tuple[int, int, str, float]
"""That a clinician gave a patient guidance of a kind, for so many minutes."""

AT_ONCE = 1_000


def counted(unit: Unit, since: datetime) -> dict[str, Counted]:
    """The alerts raised since then, by rule."""
    closed = func.sum(case((alerts.c.state == CLOSED, 1), else_=0))
    false = func.sum(case((alerts.c.outcome == FALSE_ALARM, 1), else_=0))
    query = (
        select(alerts.c.rule, func.count(), closed, false)
        .where(alerts.c.raised_at >= since)
        .group_by(alerts.c.rule)
    )
    rows = unit.connection.execute(query)
    return {row[0]: Counted(row[0], row[1], int(row[2]), int(row[3])) for row in rows}


def open_by_rule(unit: Unit) -> dict[str, int]:
    """How many alerts of each rule are open."""
    query = select(alerts.c.rule, func.count()).where(is_open())
    return {rule: count for rule, count in unit.connection.execute(query.group_by(alerts.c.rule))}


def steps(unit: Unit, since: datetime) -> Iterator[Step]:
    """What was done since then about alerts that were raised, or raised again, since then.

    In order; that they were told of, or seen, stops nobody's waiting and is left out. The moments
    are there to be compared with one another: they may lack their zone.
    """
    fired = set(numbers(unit, select(alerts.c.id).where(alerts.c.last_fired_at >= since)))
    return (step for step in _rows(unit, _moves(), since) if step[0] in fired)


def rules_of_fired(unit: Unit, since: datetime) -> dict[int, str]:
    """The rule of each alert that was raised, or raised again, since then."""
    return dict(_rows(unit, _fired(), since))


def written(unit: Unit, since: datetime) -> Iterator[Written]:
    """Who wrote since then, thread by thread, in order; no word of it, and moments as in steps."""
    return _rows(unit, _written(), since)


def given(unit: Unit, since: datetime) -> Iterator[Given]:
    """The guidance since then, each time by itself."""
    return _rows(unit, _given(), since)


def _rows(unit: Unit, query: Select[*Cells], since: datetime) -> Iterator[tuple[*Cells]]:
    # a stretch at a time: so many rows at once would have Python search all of them for garbage
    found = unit.connection.execute(query, {"since": since})
    return chain.from_iterable(found.partitions(AT_ONCE))


@cache
def _fired() -> Select[int, str]:
    return select(alerts.c.id, alerts.c.rule).where(alerts.c.last_fired_at >= bindparam("since"))


@cache
def _moves() -> Select[*Step]:
    columns = alert_moves.c.alert_id, alert_moves.c.move, alert_moves.c.clinician_id
    # a sum is no column: those of these weeks are put in order, and not all that are in order read
    timed: ColumnElement[bool] = literal_column(f"alert_moves.{TIMED}")
    query = select(*columns, _span(alert_moves.c.at), alert_moves.c.since_raised)
    query = query.where(alert_moves.c.at >= bindparam("since"), timed)
    return query.order_by(alert_moves.c.alert_id + 0, alert_moves.c.id)


@cache
def _written() -> Select[*Written]:
    columns = messages.c.patient_id, messages.c.clinician_id, _span(messages.c.at)
    since = messages.c.at >= bindparam("since"), messages.c.corrects.is_(None)
    return select(*columns).where(*since).order_by(messages.c.patient_id + 0, messages.c.id)


@cache
def _given() -> Select[*Given]:
    columns = guidance.c.clinician_id, guidance.c.patient_id, guidance.c.kind, guidance.c.minutes
    return select(*columns).where(guidance.c.at >= bindparam("since"))


def _span(at: ColumnElement[datetime]) -> ColumnElement[datetime]:
    # how far apart they are is all that is asked: a zone for each would take longer than the rest
    return type_coerce(at, DateTime(timezone=True))
