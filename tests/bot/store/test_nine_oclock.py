"""A thousand patients chose nine o'clock."""

from datetime import datetime

from bot.service.nudge import BATCH
from bot.store import nudges, outbox, people
from bot.store.outbox import Lane, NewPost
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.unit import Unit

MANY = 1000


def crowd(store: Store, at: datetime) -> list[Patient]:
    """A thousand patients."""

    def enrol(unit: Unit) -> list[Patient]:
        who = {"release": "r1", "state_json": "{}", "language": "en", "at": at}
        names = [{"lookup": f"lookup {n}", "chat": f"{n}"} for n in range(MANY)]
        return [people.enrol(unit, **name, **who) for name in names]

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
    while due := store.write_now(nudges.claim_due, noon, BATCH):
        batches.append([each.patient_id for each in due])

    assert [len(each) for each in batches] == [BATCH] * (MANY // BATCH)
    assert sorted(sum(batches, [])) == [each.id for each in patients]


def test_an_answer_and_help_do_not_wait_behind_a_thousand_nudges(
    store: Store, noon: datetime
) -> None:
    """Whoever writes at nine is answered at once, and whoever is in need before them."""
    *others, ann, bob = crowd(store, noon)
    posts = [said(each, "nudge", noon) for each in others]
    store.write_now(outbox.add, [*posts, said(ann, "reply", noon), said(bob, "crisis", noon)])

    first = store.write_now(outbox.claim, noon, 4)

    assert [each.lane for each in first] == ["crisis", "reply", "nudge", "nudge"]
