"""What lies on a clinician's desk: drafts, tasks, caseloads, and patients found by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.store import caseload, desks, drafts, finding, people, thread
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.tables import patients
from bot.store.unit import Unit

Enrol = Callable[..., Patient]
MANY = 10_000


@pytest.fixture
def lee(store: Store, noon: datetime) -> int:
    """A clinician."""
    return store.write_now(
        people.join_clinician, lookup="l", chat="9", name="Lee", role="clinician", at=noon
    ).id


def test_a_draft_waits_until_the_first_settles_it(
    store: Store, patient: Patient, lee: int, noon: datetime
) -> None:
    """The second comes too late, and the words are gone from the table."""
    number = store.write_now(
        drafts.keep, clinician_id=lee, patient_id=patient.id, text="hello", at=noon
    )

    assert store.write_now(drafts.settle, number, "sent", noon)
    assert not store.write_now(drafts.settle, number, "cancelled", noon)
    assert store.read_now(drafts.fate_of, number, lee) == "sent"
    assert store.read_now(drafts.waiting, number, lee) is None


def test_a_drafts_words_lie_sealed_and_move_to_the_patients_key(
    store: Store, patient: Patient, lee: int, noon: datetime
) -> None:
    """Before anybody is chosen they lie under the site's key, afterwards under the patient's."""

    def work(unit: Unit) -> tuple[bytes, str]:
        number = drafts.keep(unit, clinician_id=lee, patient_id=None, text="canary", at=noon)
        found = drafts.waiting(unit, number, lee)
        assert found is not None
        drafts.change(unit, found, patient_id=patient.id)
        moved = drafts.waiting(unit, number, lee)
        assert moved is not None
        raw = unit.connection.execute(text("SELECT text FROM drafts")).scalar_one()
        return raw, moved.text

    raw, words = store.write_now(work)
    assert words == "canary"
    assert b"canary" not in raw


def test_a_newer_task_replaces_an_older_and_grows_old(
    store: Store, patient: Patient, lee: int, noon: datetime
) -> None:
    """One thing lies on a desk, for half an hour."""
    store.write_now(desks.put, lee, "slots", patient.id, "3", noon)
    store.write_now(desks.put, lee, "write", patient.id, "", noon)

    found = store.read_now(desks.get, lee, noon + timedelta(minutes=29))
    assert found is not None
    assert found.task == "write"
    assert store.read_now(desks.get, lee, noon + timedelta(minutes=30)) is None
    store.write_now(desks.clear, lee)
    assert store.read_now(desks.get, lee, noon) is None


def test_a_caseload_is_assigned_once_and_keeps_its_past(
    store: Store, patient: Patient, lee: int, noon: datetime
) -> None:
    """Twice changes nothing; who guided whom until when stays in the table."""
    for _ in range(2):
        store.write_now(caseload.assign, patient.id, lee, noon)
    assert store.read_now(caseload.of_patient, patient.id) == [lee]
    assert store.read_now(caseload.of_clinician, lee) == [patient.id]

    store.write_now(caseload.unassign, patient.id, lee, noon)
    store.write_now(caseload.assign, patient.id, lee, noon)
    count = store.read_now(
        lambda unit: unit.connection.execute(text("SELECT count(*) FROM caseloads")).scalar_one()
    )
    assert (store.read_now(caseload.of_patient, patient.id), count) == ([lee], 2)


def test_only_a_known_way_of_contact_is_kept(store: Store, patient: Patient) -> None:
    """`mixed` until somebody says otherwise."""
    assert store.read_now(caseload.mode_of, patient.id) == "mixed"
    with pytest.raises(ValueError, match="sometimes"):
        store.write_now(caseload.set_mode, patient.id, "sometimes")
    store.write_now(caseload.set_mode, patient.id, "none")
    assert store.read_now(caseload.mode_of, patient.id) == "none"


def test_unseen_words_are_counted_for_each_patient(
    store: Store, enrol: Enrol, lee: int, noon: datetime
) -> None:
    """A clinician's words are nobody's unread ones; the longest waiting comes first."""
    ann, bob = enrol("ann"), enrol("bob")
    said = [(bob, None), (ann, None), (bob, None), (ann, lee)]

    def talk(unit: Unit) -> None:
        for number, (who, clinician) in enumerate(said):
            at = noon + timedelta(minutes=number)
            thread.add(unit, patient_id=who.id, text="x", at=at, clinician_id=clinician)

    store.write_now(talk)
    found = store.read_now(thread.unseen)
    assert [(who, each.count) for who, each in found.items()] == [(bob.id, 2), (ann.id, 1)]
    assert found[bob.id].since == noon
    assert store.write_now(thread.mark_seen, bob.id, noon) == 2
    assert list(store.read_now(thread.unseen)) == [ann.id]
    assert store.read_now(thread.unseen, [bob.id]) == {}


def test_one_of_ten_thousand_is_found_however_it_is_spelt(store: Store, patient: Patient) -> None:
    """Whole words first; what is only near is not sure."""
    store.write_now(_crowd)

    exact = store.read_now(finding.search, "ebony ivy", 9)
    assert ([each.pseudonym for each in exact.patients], exact.sure) == (["ebony-ivy-67"], True)
    near = store.read_now(finding.search, "ebbony ivvy 67", 9)
    assert near.patients[0].pseudonym == "ebony-ivy-67"
    assert not near.sure
    many = store.read_now(finding.search, "fox", 9)
    assert len(many.patients) == 9
    assert store.read_now(finding.search, "", 9).patients == ()


def _crowd(unit: Unit) -> None:
    plain = {"created_at": datetime.fromisoformat("2026-11-21T12:00:00+00:00"), "wrapped_key": b"",
             "state": b"", "phase": "learning", "turn": 0, "release": "r", "language": "en",
             "reachable": True}  # fmt: skip
    names = [f"amber-fox-{number}" for number in range(MANY - 1)]
    rows = [{**plain, "pseudonym": name} for name in (*names, "ebony-ivy-67")]
    unit.connection.execute(patients.insert(), rows)
