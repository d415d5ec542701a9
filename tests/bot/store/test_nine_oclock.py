"""A thousand patients chose nine o'clock."""

from datetime import datetime
from itertools import chain

from bot.service.nudge import ROOM
from bot.store import nudges, outbox, people
from bot.store.outbox import Lane, NewPost
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.unit import Unit

MANY = 1000


def crowd(store: Store, at: datetime, many: int = MANY) -> list[Patient]:
    """So many patients."""

    def enrol(unit: Unit) -> list[Patient]:
        return [
            people.enrol(
                unit, lookup=f"lookup {n}", chat=f"{n}", release="r1", state_json="{}",
                language="en", at=at,
            )
            for n in range(many)
        ]  # fmt: skip

    return store.write_now(enrol)


def said(patient: Patient, lane: Lane, at: datetime) -> NewPost:
    """A bubble for that patient."""
    assert patient.contact_id is not None
    return NewPost(patient.contact_id, lane, "bubble", lane, at, patient_id=patient.id)


def test_a_thousand_nudges_come_due_once_each_in_batches(store: Store, noon: datetime) -> None:
    """No batch is so large that it would hold up the writer, and nobody is left out or doubled."""
    patients = crowd(store, noon)

    def plan(unit: Unit) -> None:
        for each in patients:
            nudges.set(unit, each.id, "plan", noon, "09:00", 1)

    store.write_now(plan)
    batches = []
    while due := store.write_now(nudges.claim_due, noon, ROOM):
        batches.append([each.patient_id for each in due])

    assert [len(each) for each in batches] == [ROOM] * (MANY // ROOM) + [MANY % ROOM]
    assert sorted(chain.from_iterable(batches)) == [each.id for each in patients]


def test_an_answer_and_help_do_not_wait_behind_all_the_nudges(store: Store, noon: datetime) -> None:
    """Whoever writes at nine is answered at once, and whoever is in need before them."""
    *others, ann, bob = crowd(store, noon, 200)
    posts = [said(each, "nudge", noon) for each in others]
    store.write_now(outbox.add, [*posts, said(ann, "reply", noon), said(bob, "crisis", noon)])

    first = store.write_now(outbox.claim, noon, 4)

    assert [each.lane for each in first] == ["crisis", "reply", "nudge", "nudge"]
