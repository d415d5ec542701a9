"""What happened to alerts and messages over some weeks, for the pages that count."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from bot.store.alerts import CLOSED, FALSE_ALARM
from bot.store.tables import alert_moves, alerts, guidance, messages
from bot.store.unit import Unit
from bot.store.wants import is_open

_TIMED = ("fire", "take", "act", "close")


@dataclass(frozen=True, slots=True)
class Counted:
    """How the alerts of one rule that were raised since some moment ended so far."""

    rule: str
    raised: int
    closed: int
    false: int


@dataclass(frozen=True, slots=True)
class Step:
    """A move in an alert's life: whose alert it is by rule, and who made the move if somebody did.

    `since_raised` is in seconds, from when it was raised or last raised again.
    """

    alert_id: int
    rule: str
    move: str
    clinician_id: int | None
    at: datetime
    since_raised: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """That somebody wrote in a thread: the clinician, or the patient where there is none."""

    patient_id: int
    clinician_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """The minutes that a clinician gave to a patient for one kind of guidance."""

    clinician_id: int
    patient_id: int
    kind: str
    minutes: float


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


def steps(unit: Unit, since: datetime) -> list[Step]:
    """What was done since then about alerts that were raised, or raised again, since then.

    In order; that they were told of, or seen, stops nobody's waiting and is left out.
    """
    query = (
        select(
            alert_moves.c.alert_id,
            alerts.c.rule,
            alert_moves.c.move,
            alert_moves.c.clinician_id,
            alert_moves.c.at,
            alert_moves.c.since_raised,
        )
        .join(alerts, alerts.c.id == alert_moves.c.alert_id)
        .where(alerts.c.last_fired_at >= since, alert_moves.c.at >= since)
        .where(alert_moves.c.move.in_(_TIMED))
        .order_by(alert_moves.c.alert_id, alert_moves.c.id)
    )
    return [Step(*row) for row in unit.connection.execute(query).all()]


def written(unit: Unit, since: datetime) -> list[Written]:
    """Who wrote since then, thread by thread, in order; no word of it."""
    columns = messages.c.patient_id, messages.c.clinician_id, messages.c.at
    query = select(*columns).where(messages.c.at >= since, messages.c.corrects.is_(None))
    rows = unit.connection.execute(query.order_by(messages.c.patient_id, messages.c.id))
    return [Written(*row) for row in rows.all()]


def given(unit: Unit, since: datetime) -> list[Given]:
    """The minutes of guidance since then, by clinician, patient and kind."""
    key = guidance.c.clinician_id, guidance.c.patient_id, guidance.c.kind
    query = select(*key, func.sum(guidance.c.minutes)).where(guidance.c.at >= since)
    return [Given(*row) for row in unit.connection.execute(query.group_by(*key).order_by(*key))]
