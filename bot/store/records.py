"""What a patient answered, scored and agreed to, and everything kept about them for export."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Table, Update, and_, bindparam, false, func, select, update
from sqlalchemy.engine import RowMapping

from bot.keys import Seal
from bot.store import alerts, cards, nudges, people, thread
from bot.store.alerts import Alert
from bot.store.cards import Filed
from bot.store.nudges import Planned
from bot.store.people import Patient
from bot.store.tables import answers, consents, scores, turns
from bot.store.thread import Message
from bot.store.unit import Unit
from flows.state import Score

_ANSWER, _SCORE = answers.insert(), scores.insert()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: at which turn, to which step of which flow, under which key."""

    turn: int
    flow: str
    step: str
    key: str
    value: str | int
    at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A decision about consent, and which text it was about."""

    turn: int
    version: str
    text_hash: str
    language: str
    agreed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that is kept about one patient, opened."""

    patient: Patient
    answers: tuple[Answer, ...]
    scores: tuple[Score, ...]
    cards: tuple[Filed, ...]
    consents: tuple[Consent, ...]
    messages: tuple[Message, ...]
    alerts: tuple[Alert, ...]
    nudges: tuple[Planned, ...]


def answer(unit: Unit, patient_id: int, given: Answer) -> None:
    """Keep an answer."""
    values = {
        "patient_id": patient_id,
        "turn": given.turn,
        "flow": given.flow,
        "step": given.step,
        "key": given.key,
        "value": unit.seal_of(patient_id).seal(
            json.dumps(given.value), *_place(patient_id, given.turn, given.step, given.key)
        ),
        "at": given.at,
    }
    unit.later(answers, patient_id, _ANSWER, values)


def score(unit: Unit, patient_id: int, scored: Score) -> None:
    """Keep a score."""
    values = {
        "patient_id": patient_id,
        "turn": scored.turn,
        "measure": scored.measure,
        "total": scored.total,
        "items": json.dumps(scored.items),
        "subscales": json.dumps(scored.subscales),
        "prorated": scored.prorated,
        "at": scored.at,
    }
    unit.later(scores, patient_id, _SCORE, values)
    mark_newest(unit, patient_id, scored.measure)


def mark_newest(unit: Unit, patient_id: int, measure: str) -> None:
    """Mark which of a patient's totals of a measure is the newest."""
    unit.later(scores, patient_id, _marking(), {"whose": patient_id, "which": measure})


def consent(unit: Unit, patient_id: int, decision: Consent) -> None:
    """Keep a decision about consent."""
    values = {
        "patient_id": patient_id,
        "turn": decision.turn,
        "version": decision.version,
        "text_hash": decision.text_hash,
        "language": decision.language,
        "agreed": decision.agreed,
        "at": decision.at,
    }
    unit.connection.execute(consents.insert(), values)


def agreed_on(unit: Unit, patient_id: int) -> str | None:
    """The release on which the patient last agreed; None if they never did."""
    this = turns.c.patient_id == consents.c.patient_id, turns.c.turn == consents.c.turn
    query = (
        select(turns.c.release)
        .join_from(consents, turns, and_(*this))
        .where(consents.c.patient_id == patient_id, consents.c.agreed)
        .order_by(consents.c.id.desc())
        .limit(1)
    )
    return unit.connection.execute(query).scalar_one_or_none()


def of_patient(unit: Unit, patient_id: int) -> Records:
    """Everything that is kept about a patient, oldest first; KeyError if there is none."""
    seal = unit.seal_of(patient_id)
    return Records(
        patient=people.load(unit, [patient_id])[patient_id],
        answers=tuple(_answer(seal, row) for row in _rows(unit, answers, patient_id)),
        scores=tuple(_score(row) for row in _rows(unit, scores, patient_id)),
        cards=tuple(cards.of_patient(unit, patient_id)),
        consents=tuple(_consent(row) for row in _rows(unit, consents, patient_id)),
        messages=tuple(thread.of(unit, patient_id)),
        alerts=tuple(alerts.of_patient(unit, patient_id)),
        nudges=tuple(nudges.of_patient(unit, patient_id)),
    )


def scores_of(unit: Unit, patient_id: int) -> list[Score]:
    """A patient's scores, oldest first."""
    found = [_score(row) for row in _rows(unit, scores, patient_id)]
    return sorted(found, key=lambda score: score.at)


def _rows(unit: Unit, table: Table, patient_id: int) -> list[RowMapping]:
    query = select(table).where(table.c.patient_id == patient_id).order_by(table.c.id)
    return list(unit.connection.execute(query).mappings())


def _answer(seal: Seal, row: RowMapping) -> Answer:
    place = _place(row["patient_id"], row["turn"], row["step"], row["key"])
    plain = {name: row[name] for name in Answer.__dataclass_fields__ if name != "value"}
    return Answer(**plain, value=json.loads(seal.open(row["value"], *place)))


@cache
def _marking() -> Update:
    """Which of a patient's totals of a measure is the newest: it may not be the one kept last."""
    mine = scores.c.patient_id == bindparam("whose"), scores.c.measure == bindparam("which")
    other = scores.alias("other")
    same = other.c.patient_id == bindparam("whose"), other.c.measure == bindparam("which")
    newest = (
        select(other.c.id)
        .where(*same, other.c.total.is_not(None))
        .order_by(other.c.at.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    is_it = func.coalesce(scores.c.id == newest, false())
    return update(scores).where(*mine, scores.c.newest != is_it).values(newest=is_it)


def _score(row: RowMapping) -> Score:
    return Score(
        measure=row["measure"],
        at=row["at"],
        turn=row["turn"],
        total=row["total"],
        items={int(number): value for number, value in json.loads(row["items"]).items()},
        subscales=json.loads(row["subscales"]),
        prorated=row["prorated"],
    )


def _consent(row: RowMapping) -> Consent:
    return Consent(**{name: row[name] for name in Consent.__dataclass_fields__})


def _place(patient_id: int, turn: int, step: str, key: str) -> tuple[object, ...]:
    return ("answers", "value", patient_id, turn, step, key)
