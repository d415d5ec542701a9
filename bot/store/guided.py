"""Whom a clinician guides, and the few facts about them that need no opening of what is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.store.tables import alerts, caseloads, messages, patients, scores
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Guided:
    """A patient in the order of a round."""

    id: int
    pseudonym: str
    phase: str
    mode: str
    created_at: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that is not closed: about whom, how urgent, and by which rule."""

    patient_id: int
    tier: str
    rule: str


@dataclass(frozen=True, slots=True)
class Total:
    """A score that has a total."""

    patient_id: int
    measure: str
    total: float


def of_clinician(unit: Unit, clinician_id: int, phases: Sequence[str], most: int) -> list[Guided]:
    """The clinician's own patients; if there are none, those whom nobody guides.

    Who is in another phase than these is left out, unless an alert about them is open. If there
    are more than `most`, those with an alert come first, then those who were seen last.
    """
    held = caseloads.c.until_at.is_(None)
    own = select(caseloads.c.patient_id).where(held, caseloads.c.clinician_id == clinician_id)
    anyone = select(caseloads.c.patient_id).where(held)
    has_own = unit.connection.execute(own.limit(1)).first() is not None
    mine = patients.c.id.in_(own) if has_own else patients.c.id.not_in(anyone)
    alerted = patients.c.id.in_(select(alerts.c.patient_id).where(alerts.c.state != "closed"))
    columns = [
        *(patients.c.id, patients.c.pseudonym, patients.c.phase, patients.c.contact_mode),
        *(patients.c.created_at, patients.c.last_seen_at),
    ]
    query = (
        select(*columns)
        .where(mine, patients.c.phase.in_(phases) | alerted)
        .order_by(alerted.desc(), patients.c.last_seen_at.desc().nulls_last(), patients.c.id)
        .limit(most)
    )
    return [Guided(*row) for row in unit.connection.execute(query)]


def open_alerts(unit: Unit, patient_ids: Sequence[int]) -> list[OpenAlert]:
    """The open alerts about these patients."""
    query = select(alerts.c.patient_id, alerts.c.tier, alerts.c.rule).where(
        alerts.c.state != "closed", alerts.c.patient_id.in_(patient_ids)
    )
    return [OpenAlert(*row) for row in unit.connection.execute(query)]


def written_to(unit: Unit, patient_ids: Sequence[int]) -> dict[int, datetime]:
    """When somebody of the care team last wrote to each of these patients, if anybody did."""
    query = (
        select(messages.c.patient_id, func.max(messages.c.at))
        .where(messages.c.patient_id.in_(patient_ids), messages.c.clinician_id.is_not(None))
        .group_by(messages.c.patient_id)
    )
    return {row[0]: row[1] for row in unit.connection.execute(query)}


def totals(unit: Unit, patient_ids: Sequence[int], measures: Sequence[str]) -> list[Total]:
    """Every score with a total of these patients in these measures, oldest first."""
    query = (
        select(scores.c.patient_id, scores.c.measure, scores.c.total)
        .where(
            scores.c.patient_id.in_(patient_ids),
            scores.c.measure.in_(measures),
            scores.c.total.is_not(None),
        )
        .order_by(scores.c.at, scores.c.id)
    )
    return [Total(*row) for row in unit.connection.execute(query)]
