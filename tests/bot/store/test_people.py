"""Patients and clinicians are found again, and their words open only in their own place."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.keys import CannotOpen
from bot.store import invites, people
from bot.store.people import AlreadyEnrolled, Entry, Patient
from bot.store.pseudonyms import FIRST, HIGHEST, LOWEST, SECOND, pseudonym
from bot.store.store import Store
from bot.store.unit import Unit

Enrol = Callable[..., Patient]


def run(unit: Unit, statement: str) -> None:
    """Change the database behind the store's back."""
    unit.connection.execute(text(statement))


def save(store: Store, patient: Patient, **changed: object) -> None:
    """Keep a patient's state, unchanged but for this."""
    values: dict[str, object] = {
        "state_json": patient.state_json,
        "phase": patient.phase,
        "turn": patient.turn,
        "release": patient.release,
        "zone": patient.zone,
        "country": patient.country,
        "last_seen_at": patient.last_seen_at,
        "reachable": patient.reachable,
    }
    store.write_now(lambda unit: people.save_state(unit, patient.id, **{**values, **changed}))  # type: ignore[arg-type]


def load(store: Store, *ids: int) -> dict[int, Patient]:
    """The patients as they are kept."""
    return store.write_now(people.load, ids)


def test_a_new_patient_is_found_by_their_chat(store: Store, enrol: Enrol) -> None:
    """The next message leads to the same patient."""
    patient = enrol("ann", state_json='{"turn": 0}')

    contact = store.read_now(people.contact, "lookup of ann")

    assert contact is not None
    assert (contact.id, contact.patient_id) == (patient.contact_id, patient.id)
    assert load(store, patient.id) == {patient.id: patient}
    assert (patient.state_json, patient.phase, patient.turn) == ('{"turn": 0}', "consenting", 0)
    assert patient.lookup == "lookup of ann"


def test_nobody_is_enrolled_twice(store: Store, enrol: Enrol) -> None:
    """A second enrolment is refused and leaves the first as it was."""
    patient = enrol("ann")

    with pytest.raises(AlreadyEnrolled):
        enrol("ann")
    assert load(store, patient.id) == {patient.id: patient}


def test_a_stranger_can_be_answered_without_becoming_a_patient(store: Store) -> None:
    """Whoever needs an invitation is told so, and is still nobody to us."""
    assert store.read_now(people.contact, "lookup") is None

    met = store.write_now(people.meet, lookup="lookup", chat="77")

    assert (met.patient_id, met.clinician_id) == (None, None)
    assert store.write_now(people.meet, lookup="lookup", chat="77") == met
    assert store.read_now(people.chat_of, [met.id]) == {met.id: "77"}


def test_chats_are_given_by_contact(store: Store, enrol: Enrol) -> None:
    """The sender asks for those that it needs."""
    ann, bob = enrol("ann"), enrol("bob")
    assert ann.contact_id is not None

    assert store.read_now(people.chat_of, [ann.contact_id]) == {ann.contact_id: "chat of ann"}
    assert bob.contact_id not in store.read_now(people.chat_of, [ann.contact_id])


def test_a_saved_state_comes_back(store: Store, patient: Patient, noon: datetime) -> None:
    """Everything that the next turn must know is kept, and what lists need beside it."""
    later = noon + timedelta(minutes=5)
    save(
        store, patient, state_json='{"goal": "walk"}', phase="learning", turn=7, release="r2",
        zone="UTC+05:45", country="NP", last_seen_at=later, reachable=False,
    )  # fmt: skip

    kept = load(store, patient.id)[patient.id]

    assert (kept.state_json, kept.phase, kept.turn) == ('{"goal": "walk"}', "learning", 7)
    assert (kept.release, kept.zone, kept.country) == ("r2", "UTC+05:45", "NP")
    assert (kept.last_seen_at, kept.reachable) == (later, False)
    assert (kept.pseudonym, kept.created_at) == (patient.pseudonym, patient.created_at)


def test_an_old_state_does_not_pass_for_the_present_one(store: Store, patient: Patient) -> None:
    """Whoever puts an earlier state back behind our back is found out."""
    save(store, patient, turn=1)
    store.write_now(run, "CREATE TABLE stolen AS SELECT state FROM patients")
    save(store, patient, turn=2)
    store.write_now(run, "UPDATE patients SET state = (SELECT state FROM stolen)")

    with pytest.raises(CannotOpen):
        load(store, patient.id)


def test_states_cannot_be_exchanged(store: Store, enrol: Enrol) -> None:
    """Not even together with the key that opens them."""
    ann, bob = enrol("ann"), enrol("bob")
    swap = """
        UPDATE patients SET (state, wrapped_key) =
        (SELECT state, wrapped_key FROM patients WHERE id = 2) WHERE id = 1
    """
    store.write_now(run, swap)

    with pytest.raises(CannotOpen):
        load(store, ann.id)
    assert (ann.id, load(store, bob.id)[bob.id]) == (1, bob)


def test_a_patient_whose_key_is_destroyed_is_unreadable(store: Store, patient: Patient) -> None:
    """Erasing the key erases the words, in every backup that is restored later too."""
    store.write_now(run, "UPDATE patients SET wrapped_key = ''")

    with pytest.raises(CannotOpen):
        load(store, patient.id)


@pytest.mark.postgres
def test_two_processes_never_work_on_the_same_patient(
    two_processes: tuple[Unit, Unit], noon: datetime
) -> None:
    """A patient's turn is decided from the state that the turn before left behind."""
    one, other = two_processes
    for name in ("ann", "bob"):
        people.enrol(
            one, lookup=name, chat=name, release="r", state_json="{}", language="en", at=noon
        )
    one.connection.commit()
    people.load(one, [1])

    assert list(people.load(other, [2])) == [2]
    with pytest.raises(DBAPIError, match="lock timeout"):
        people.load(other, [1])


def test_the_journal_tells_everything_in_order(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Replaying it gives the state again, so it is whole and ordered."""
    for turn in (2, 1, 3):
        event = f'{{"turn": {turn}}}'
        store.write_now(people.journal, patient.id, turn, event, None, "r1", noon)

    assert store.read_now(people.journal_of, patient.id) == [
        Entry(1, '{"turn": 1}', "r1"),
        Entry(2, '{"turn": 2}', "r1"),
        Entry(3, '{"turn": 3}', "r1"),
    ]


def test_a_turn_is_journalled_once(store: Store, patient: Patient, noon: datetime) -> None:
    """Two turns with one number would make the journal a lie."""
    store.write_now(people.journal, patient.id, 1, "{}", None, "r1", noon)

    with pytest.raises(Exception, match=r"(?i)unique"):
        store.write_now(people.journal, patient.id, 1, "{}", None, "r1", noon)


def test_patients_are_listed_by_when_they_were_seen(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """The clinician's list begins with whoever wrote last."""
    ann, bob, cem = enrol("ann"), enrol("bob"), enrol("cem")
    save(store, bob, last_seen_at=noon + timedelta(hours=1))
    save(store, cem, last_seen_at=None)

    listed = store.read_now(people.patients, 9)

    assert [each.pseudonym for each in listed] == [bob.pseudonym, ann.pseudonym, cem.pseudonym]
    assert len(store.read_now(people.patients, 2)) == 2


def test_a_clinician_who_joins_again_stays_one_person(store: Store, noon: datetime) -> None:
    """A second code changes name and role, and nothing that was done under the old name."""
    join = {"lookup": "lookup", "chat": "5", "at": noon}
    first = store.write_now(people.join_clinician, name="Dr. Grey", role="clinician", **join)  # type: ignore[arg-type]
    again = store.write_now(people.join_clinician, name="Dr. Green", role="lead", **join)  # type: ignore[arg-type]

    assert again.id == first.id
    assert store.read_now(people.clinicians) == [again]
    contact = store.read_now(people.contact, "lookup")
    assert contact is not None
    assert (contact.clinician_id, contact.id) == (again.id, again.contact_id)


def test_a_clinician_who_left_is_not_on_the_team(store: Store, noon: datetime) -> None:
    """Nobody is told who may no longer know."""
    for name in ("Grey", "Green"):
        store.write_now(
            people.join_clinician, lookup=name, chat=name, name=name, role="clinician", at=noon
        )
    store.write_now(run, "UPDATE clinicians SET disabled_at = joined_at WHERE id = 1")

    assert [each.name for each in store.read_now(people.clinicians)] == ["Green"]


def test_a_code_works_once(store: Store, noon: datetime) -> None:
    """The second one who enters it is nobody."""
    late = noon + timedelta(minutes=10)
    store.write_now(invites.make, "clinician", "Dr. Grey", "lead", "digest", late, noon)

    used = store.write_now(invites.use, ["digest"], noon)

    assert used is not None
    assert (used.kind, used.name, used.role, used.made_at) == (
        "clinician",
        "Dr. Grey",
        "lead",
        noon,
    )
    assert store.write_now(invites.use, ["digest"], noon) is None


@pytest.mark.parametrize(("minutes", "works"), [(9, True), (10, False), (11, False)])
def test_a_code_works_for_its_time(store: Store, noon: datetime, minutes: int, works: bool) -> None:
    """Ten minutes are ten minutes."""
    late = noon + timedelta(minutes=10)
    store.write_now(invites.make, "patient", "", "", "digest", late, noon)

    used = store.write_now(invites.use, ["digest"], noon + timedelta(minutes=minutes))

    assert (used is not None) is works
    assert store.write_now(invites.use, ["unknown"], noon) is None


def test_there_are_pseudonyms_enough_and_none_in_two_ways() -> None:
    """A million and more, each of two different words and a number."""
    words = (*FIRST, *SECOND)

    assert len(set(words)) == len(words)
    assert len(FIRST) * len(SECOND) * (HIGHEST - LOWEST + 1) > 1_000_000
    assert pseudonym(lambda _: 0) == f"{FIRST[0]}-{SECOND[0]}-10"
    assert pseudonym(lambda below: below - 1) == f"{FIRST[-1]}-{SECOND[-1]}-99"


def test_a_pseudonym_that_is_taken_is_not_given_again(
    store: Store, enrol: Enrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chance may repeat itself; patients may not be mistaken for each other."""
    draws = iter([0, 0, 0, 0, 0, 0, 1, 1, 1])
    monkeypatch.setattr("bot.keys.draw", lambda _: next(draws))

    names = [enrol("ann").pseudonym, enrol("bob").pseudonym]

    assert names == ["amber-acacia-10", "ample-alder-11"]
