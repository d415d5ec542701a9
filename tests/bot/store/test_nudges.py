"""What comes due is found when it is due, once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.store import nudges, people
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.unit import Unit

HOUR = timedelta(hours=1)
Enrol = Callable[..., Patient]


def plan(store: Store, patient: Patient, at: datetime, key: str = "plan") -> None:
    """Have a nudge wait for that moment."""
    store.write_now(nudges.set, patient.id, key, at, at.strftime("%Y-%m-%d %H:%M"), 4)


def states(store: Store, patient: Patient) -> dict[str, tuple[str, str | None]]:
    """What became of each nudge, and why."""
    planned = store.read_now(nudges.of_patient, patient.id)
    return {each.key: (each.state, each.reason) for each in planned}


def test_due_nudges_are_claimed_once_the_oldest_first(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """A nudge that fired does not fire again, and one that is not due waits."""
    ann, bob, cem = enrol("ann"), enrol("bob"), enrol("cem")
    plan(store, ann, noon)
    plan(store, bob, noon - HOUR)
    plan(store, cem, noon + HOUR)
    assert store.read_now(nudges.next_due) == noon - HOUR

    first = store.write_now(nudges.claim_due, noon, 1)
    rest = store.write_now(nudges.claim_due, noon, 9)

    assert [(each.patient_id, each.due_at) for each in first] == [(bob.id, noon - HOUR)]
    assert [(each.patient_id, each.lookup) for each in rest] == [(ann.id, "lookup of ann")]
    assert (rest[0].key, rest[0].slot, rest[0].turn) == ("plan", "2026-11-21 12:00", 4)
    assert store.write_now(nudges.claim_due, noon, 9) == []
    assert store.read_now(nudges.next_due) == noon + HOUR


def test_a_nudge_planned_again_waits_for_the_new_moment(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """One row for each patient and key, so that nothing comes twice."""
    plan(store, patient, noon)
    plan(store, patient, noon + HOUR)

    assert store.write_now(nudges.claim_due, noon, 9) == []
    assert len(store.write_now(nudges.claim_due, noon + HOUR, 9)) == 1


def test_a_key_may_be_planned_anew_after_it_fired(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """The daily nudge comes every day."""
    for day in range(3):
        at = noon + timedelta(days=day)
        plan(store, patient, at)
        assert len(store.write_now(nudges.claim_due, at, 9)) == 1
        store.write_now(nudges.settle, patient.id, "plan", "sent", None)


def test_what_became_of_a_nudge_is_kept_with_its_reason(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Sent, skipped or cancelled; and only what is still waiting can be cancelled."""
    for key in ("sent", "late", "moot"):
        plan(store, patient, noon, key)
    store.write_now(nudges.cancel, patient.id, "moot", "paused")
    store.write_now(nudges.claim_due, noon, 9)
    store.write_now(nudges.settle, patient.id, "sent", "sent", None)
    store.write_now(nudges.settle, patient.id, "late", "skipped", "more than two hours late")
    store.write_now(nudges.cancel, patient.id, "sent", "too late to cancel")

    assert states(store, patient) == {
        "sent": ("sent", None),
        "late": ("skipped", "more than two hours late"),
        "moot": ("cancelled", "paused"),
    }
    assert store.read_now(nudges.next_due) is None


@pytest.mark.postgres
def test_two_processes_never_claim_the_same_nudge(
    two_processes: tuple[Unit, Unit], noon: datetime
) -> None:
    """Nobody is nudged twice because there are two processes."""
    one, other = two_processes
    for name in ("ann", "bob", "cem"):
        enrolled = people.enrol(
            one, lookup=name, chat=name, release="r", state_json="{}", language="en", at=noon
        )
        nudges.set(one, enrolled.id, "plan", noon, "slot", 1)
    one.connection.commit()

    first = nudges.claim_due(one, noon, 2)
    second = nudges.claim_due(other, noon, 9)
    one.connection.commit()
    other.connection.commit()
    third = nudges.claim_due(one, noon, 9)

    claimed = [[each.lookup for each in batch] for batch in (first, second, third)]
    assert claimed == [["ann", "bob"], ["cem"], []]
