"""Patients of a practice who have weeks of scores behind them, words in the thread, and alerts."""

from __future__ import annotations

from datetime import timedelta

from bot.store import records
from bot.store.tables import scores
from bot.store.unit import Unit
from flows.state import Score
from tests.bot.service.practice import Person, Practice

WORSE = (4.0, 4.3, 5.0, 6.3, 7.3, 7.7)
BETTER = (15.0, 14.0, 11.0, 9.0, 8.0, 6.0)
SAME = (9.0, 8.0, 10.0, 9.0, 8.0, 9.0)


def scored(practice: Practice, patient: Person, **courses: tuple[float, ...]) -> None:
    """Give the patient a score a week, up to today, in each of these measures and no other."""
    patient_id, now = patient.patient_id, practice.clock.now()

    def keep(unit: Unit) -> None:
        for measure, course in courses.items():
            own = scores.c.patient_id == patient_id, scores.c.measure == measure.replace("_", "-")
            unit.connection.execute(scores.delete().where(*own))
            for ago, total in enumerate(reversed(course)):
                score = Score(
                    measure=measure.replace("_", "-"),
                    at=now - timedelta(weeks=ago),
                    turn=90 + ago,
                    total=total,
                    items={1: int(total), 2: None},
                )
                records.score(unit, patient_id, score)

    practice.store.write_now(keep)
