"""Everything that was kept about a patient in the order of time; words are opened only if asked."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    String,
    Table,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from bot.store.tables import (
    alert_moves,
    alerts,
    answers,
    calls,
    cards,
    consents,
    guidance,
    messages,
    notes,
    nudges,
    offers,
    scores,
)
from bot.store.unit import Unit
from bot.store.wants import is_clock

WORDED = frozenset({"answer", "message"})
"""The kinds of moments that have words of their own, which stay sealed until they are asked for."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: what, about what, how it went, by which clinician if by one."""

    at: datetime
    kind: str
    row_id: int = 0
    subject: str = ""
    detail: str = ""
    number: float | None = None
    by: int | None = None


def newest(unit: Unit, patient_id: int, limit: int, *, at: datetime) -> list[Moment]:
    """The newest moments of a patient up to now, the newest first."""
    query = _all(patient_id, at)
    ordered = query.order_by(query.selected_columns.at.desc(), query.selected_columns.row_id.desc())
    return [Moment(*row) for row in unit.connection.execute(ordered.limit(limit))]


def count(unit: Unit, patient_id: int, *, at: datetime) -> int:
    """How many moments there are."""
    query = select(func.count()).select_from(_all(patient_id, at).subquery())
    return int(unit.connection.execute(query).scalar_one())


def words(unit: Unit, patient_id: int, moments: Iterable[Moment]) -> dict[tuple[str, int], str]:
    """What was said at those of these moments that have words, by kind and row."""
    asked = [each for each in moments if each.kind in WORDED]
    return {
        **_answers(unit, patient_id, [each.row_id for each in asked if each.kind == "answer"]),
        **_messages(unit, patient_id, [each.row_id for each in asked if each.kind == "message"]),
    }


def _answers(unit: Unit, patient_id: int, ids: list[int]) -> dict[tuple[str, int], str]:
    seal = unit.seal_of(patient_id)
    query = select(answers).where(answers.c.id.in_(ids), answers.c.patient_id == patient_id)
    found = {}
    for row in unit.connection.execute(query):
        place = ("answers", "value", patient_id, row.turn, row.step, row.key)
        found["answer", row.id] = str(json.loads(seal.open(row.value, *place)))
    return found


def _messages(unit: Unit, patient_id: int, ids: list[int]) -> dict[tuple[str, int], str]:
    seal = unit.seal_of(patient_id)
    query = select(messages).where(messages.c.id.in_(ids), messages.c.patient_id == patient_id)
    found = {}
    for row in unit.connection.execute(query):
        place = ("messages", "text", patient_id, row.clinician_id)
        found["message", row.id] = seal.open(row.text, *place)
    return found


def _all(patient_id: int, at: datetime) -> Any:
    # the items of a questionnaire stand with its score
    asked = _of(answers, "answer", patient_id, subject=answers.c.flow, detail=answers.c.key)
    parts = (
        asked.where(answers.c.flow.not_like("measure/%")),
        _of(scores, "score", patient_id, subject=scores.c.measure, number=scores.c.total),
        _of(cards, "card", patient_id, subject=cards.c.card),
        _of(
            consents,
            "consent",
            patient_id,
            subject=consents.c.version,
            detail=case((consents.c.agreed, "agreed"), else_="declined"),
        ),
        _of(
            alerts,
            "alert",
            patient_id,
            at=alerts.c.raised_at,
            subject=alerts.c.rule,
            detail=alerts.c.tier,
        ),
        _moves(patient_id),
        _nudges(patient_id, at),
        _of(messages, "message", patient_id, by=messages.c.clinician_id),
        _of(notes, "note", patient_id, by=notes.c.clinician_id),
        _of(
            guidance,
            "minutes",
            patient_id,
            subject=guidance.c.kind,
            number=guidance.c.minutes,
            by=guidance.c.clinician_id,
        ),
        _of(
            offers,
            "offer",
            patient_id,
            at=offers.c.made_at,
            subject=offers.c.kind,
            detail=offers.c.state,
            by=offers.c.clinician_id,
        ),
        _of(
            calls,
            "call",
            patient_id,
            at=func.coalesce(calls.c.at, calls.c.made_at),
            subject=calls.c.purpose,
            detail=calls.c.state,
            by=calls.c.clinician_id,
        ),
    )
    return union_all(*parts)


def _of(
    table: Table,
    kind: str,
    patient_id: int,
    *,
    at: ColumnElement[Any] | None = None,
    subject: ColumnElement[Any] | None = None,
    detail: ColumnElement[Any] | None = None,
    number: ColumnElement[Any] | None = None,
    by: ColumnElement[Any] | None = None,
) -> Select[Any]:
    return select(
        (table.c.at if at is None else at).label("at"),
        literal(kind, String).label("kind"),
        table.c.id.label("row_id"),
        _text(subject).label("subject"),
        _text(detail).label("detail"),
        (cast(null(), Float) if number is None else number).label("number"),
        (cast(null(), Integer) if by is None else by).label("by"),
    ).where(_patient_of(table) == patient_id)


def _patient_of(table: Table) -> ColumnElement[Any]:
    return alerts.c.patient_id if table is alert_moves else table.c.patient_id


def _text(column: ColumnElement[Any] | None) -> ColumnElement[Any]:
    return literal("", String) if column is None else cast(column, String)


def _moves(patient_id: int) -> Select[Any]:
    moved = _of(
        alert_moves,
        "move",
        patient_id,
        subject=alerts.c.rule,
        detail=alert_moves.c.move,
        by=alert_moves.c.clinician_id,
    )
    return moved.join_from(alert_moves, alerts, alert_moves.c.alert_id == alerts.c.id)


def _nudges(patient_id: int, at: datetime) -> Select[Any]:
    """The nudges that came due, without the clocks that run for us alone."""
    how = func.coalesce(nudges.c.reason, "")
    state = nudges.c.state + case((how == "", ""), else_=": " + how)
    known = _of(nudges, "nudge", patient_id, at=nudges.c.due_at, detail=state)
    return known.where(nudges.c.due_at <= at, nudges.c.state != "cancelled", ~is_clock())
