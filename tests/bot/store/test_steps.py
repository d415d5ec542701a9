"""What was done about alerts counts for those that were raised, or raised again, in these weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.store import workload
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.tables import alert_moves, alerts
from bot.store.unit import Unit

WEEK = timedelta(weeks=1)


def test_an_older_alert_counts_for_nothing_until_it_is_raised_again(
    store: Store, enrol: Callable[..., Patient], noon: datetime
) -> None:
    """Both were taken now; the one that was raised too long ago is left out."""
    patient_id, long_ago = enrol("ann").id, noon - 9 * WEEK
    old, again = (
        store.write_now(_taken, patient_id, raised=long_ago, fired=fired, taken=noon)
        for fired in (long_ago, noon - WEEK)
    )

    def steps(unit: Unit) -> list[tuple[int, str]]:
        return [(alert, move) for alert, move, *_ in workload.steps(unit, noon - 4 * WEEK)]

    assert store.read_now(steps) == [(again, "take")]
    assert old != again


def _taken(
    unit: Unit, patient_id: int, *, raised: datetime, fired: datetime, taken: datetime
) -> int:
    values = {
        "patient_id": patient_id, "rule": "crisis-words", "tier": "red", "state": "taken",
        "raised_at": raised, "facts": "{}", "fired_count": 1, "last_fired_at": fired,
        "told_count": 1, "window_start": fired,
    }  # fmt: skip
    kept = unit.connection.execute(alerts.insert().returning(alerts.c.id), values)
    alert_id: int = kept.scalar_one()
    move = {"alert_id": alert_id, "move": "take", "at": taken, "since_raised": 60}
    unit.connection.execute(alert_moves.insert(), move)
    return alert_id
