"""An alert is one per patient, rule and window; the first tap wins; clocks are rows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.store import alerts, people
from bot.store.alerts import Alert, Move
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.unit import Unit

HOUR = timedelta(hours=1)
Enrol = Callable[..., Patient]


def fire(
    store: Store, patient: Patient, at: datetime, rule: str = "phq-9-item-9", facts: str = "[]"
) -> tuple[Alert, bool]:
    """An alert's rule fires; told again after an hour, one alert a day."""
    return store.write_now(
        alerts.raise_, patient_id=patient.id, rule=rule, tier="red", facts=facts, at=at,
        deadline_at=at + HOUR, window_hours=24,
    )  # fmt: skip


def move(
    store: Store, alert: Alert, name: str, *, state: str, at: datetime, by: int | None
) -> bool:
    """Somebody moves an alert on from the state in which they saw it."""
    return store.write_now(
        alerts.save_move, alert.id, expected_state=alert.state, state=state, move=name,
        clinician_id=by, at=at, deadline_at=None if state == "closed" else at + HOUR,
        outcome="called" if state == "closed" else None,
    )  # fmt: skip


def now(store: Store, alert: Alert) -> Alert:
    """The alert as it is kept now."""
    kept = store.read_now(alerts.get, alert.id)
    assert kept is not None
    return kept


@pytest.fixture(autouse=True)
def _two_clinicians(store: Store, noon: datetime) -> None:
    def join(unit: Unit, name: str) -> None:
        people.join_clinician(unit, lookup=name, chat=name, name=name, role="clinician", at=noon)

    for name in ("Grey", "Green"):
        store.write_now(join, name)


def test_a_new_alert_waits_to_be_told(store: Store, patient: Patient, noon: datetime) -> None:
    """It is open, nobody has it, and its clock runs."""
    alert, new = fire(store, patient, noon, facts='[{"now": 2}]')

    assert new
    assert (alert.state, alert.facts, alert.fired_count, alert.told_count) == (
        "raised", '[{"now": 2}]', 1, 0,
    )  # fmt: skip
    assert alert.deadline_at == noon + HOUR
    assert store.read_now(alerts.open_) == [alert]
    assert store.read_now(alerts.open_of_patient, patient.id) == [alert]


def test_the_same_reason_within_the_window_fires_the_same_alert(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """The team is not flooded, the count tells how often, and the newest facts are shown."""
    first, _ = fire(store, patient, noon)
    again, new = fire(store, patient, noon + 23 * HOUR, facts='["worse"]')

    assert (again.id, new) == (first.id, False)
    assert (again.fired_count, again.last_fired_at) == (2, noon + 23 * HOUR)
    assert (again.facts, again.deadline_at) == ('["worse"]', first.deadline_at)


def test_an_open_alert_fires_again_after_any_time(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """What nobody has closed is still the same trouble."""
    first, _ = fire(store, patient, noon)
    again, new = fire(store, patient, noon + 240 * HOUR)

    assert (again.id, new) == (first.id, False)


@pytest.mark.parametrize(("hours", "is_new"), [(1, False), (23, False), (24, True), (25, True)])
def test_after_it_was_closed_the_window_decides(
    store: Store, patient: Patient, noon: datetime, hours: int, is_new: bool
) -> None:
    """Within the window the closed alert comes back, to be moved on by whoever fired it."""
    first, _ = fire(store, patient, noon)
    move(store, first, "close", state="closed", at=noon, by=1)

    again, new = fire(store, patient, noon + hours * HOUR)

    assert new is is_new
    assert again.state == ("raised" if is_new else "closed")


def test_other_rules_and_other_patients_have_alerts_of_their_own(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """One reason does not hide another."""
    ann, bob = enrol("ann"), enrol("bob")
    fired = [fire(store, ann, noon), fire(store, ann, noon, rule="person"), fire(store, bob, noon)]

    assert [new for _, new in fired] == [True] * 3
    assert len(store.read_now(alerts.open_)) == 3
    assert store.read_now(alerts.open_of_patient, bob.id) == [fired[2][0]]


def test_the_first_tap_wins(store: Store, patient: Patient, noon: datetime) -> None:
    """Two clinicians tap at once: one has it, and the other learns so."""
    alert, _ = fire(store, patient, noon)

    won = [move(store, alert, "take", state="taken", at=noon, by=who) for who in (2, 1)]

    assert won == [True, False]
    assert (now(store, alert).taken_by, now(store, alert).taken_at) == (2, noon)
    assert store.read_now(alerts.moves, alert.id) == [Move("take", 2, noon, 0)]


def test_the_life_of_an_alert_is_kept(store: Store, patient: Patient, noon: datetime) -> None:
    """Told, taken, closed, fired again: each move with its moment, and what it changes."""
    alert, _ = fire(store, patient, noon)
    move(store, alert, "tell", state="told", at=noon, by=None)
    move(store, now(store, alert), "tell", state="told", at=noon + HOUR, by=None)
    move(store, now(store, alert), "take", state="taken", at=noon + HOUR, by=1)
    move(store, now(store, alert), "close", state="closed", at=noon + 2 * HOUR, by=1)

    closed = now(store, alert)
    assert (closed.told_count, closed.closed_at, closed.outcome) == (2, noon + 2 * HOUR, "called")
    assert store.read_now(alerts.open_) == []

    move(store, closed, "fire", state="raised", at=noon + 3 * HOUR, by=None)
    again = now(store, alert)
    assert (again.taken_by, again.taken_at, again.closed_at, again.outcome) == (None,) * 4
    assert again.deadline_at == noon + 4 * HOUR
    made = [each.move for each in store.read_now(alerts.moves, alert.id)]
    assert made == ["tell", "tell", "take", "close", "fire"]


def test_clocks_that_ran_out_are_found(store: Store, enrol: Enrol, noon: datetime) -> None:
    """Longest overdue first; a closed alert rings no more."""
    late, later, done, ahead = (enrol(name) for name in ("ann", "bob", "cem", "dan"))
    second, _ = fire(store, later, noon + HOUR / 2)
    first, _ = fire(store, late, noon)
    closed, _ = fire(store, done, noon)
    move(store, closed, "close", state="closed", at=noon, by=1)
    fire(store, ahead, noon + HOUR)

    due = store.write_now(alerts.due, noon + 1.5 * HOUR)

    assert [alert.id for alert in due] == [first.id, second.id]
    assert store.read_now(alerts.next_deadline) == first.deadline_at == noon + HOUR
    assert store.write_now(alerts.due, noon) == []
