"""Somebody without a key changes whose a contact is: patients are answered, operators told."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.store.tables import contacts
from tests.bot.service.practice import Person, Practice, told_just

ANN, BEN, SAM = 1, 2, 8
LINES = "Emergency: 911"
FORGED = "Somebody changed the database without our key: which chat is whose (contacts "
BROKEN: list[dict[str, object]] = [{"patient_id": None}, {"chat": b"x"}]


def forge(practice: Practice, whose: int, **values: object) -> None:
    """Change this patient's contact as somebody can who has no key."""
    theirs = contacts.c.patient_id == whose
    practice.run(update(contacts).where(theirs).values(values))


async def two_patients(practice: Practice) -> tuple[Person, Person, Person]:
    """Somebody who runs the service, and two patients."""
    sam = await practice.clinician(SAM, "Sam", "operator")
    ann, ben = await practice.patient(ANN, "at-consent"), await practice.patient(BEN, "at-consent")
    sam.news()
    return sam, ann, ben


@pytest.mark.parametrize("forged", BROKEN, ids=["number", "chat"])
async def test_words_of_need_get_help_and_an_alert_whatever_was_done_to_the_contact(
    practice: Practice, forged: dict[str, object]
) -> None:
    """The first words already; and operators hear of it."""
    sam, ann, _ = await two_patients(practice)
    forge(practice, ann.patient_id, **forged)

    await ann.says("I want to die")

    assert LINES in ann.news()[0]
    assert len(practice.rows("SELECT 1 FROM alerts WHERE rule = 'crisis-words'")) == 1
    assert sam.news() != []


async def test_others_in_the_batch_are_answered_and_the_forged_one_too(practice: Practice) -> None:
    """One row that was changed stops nobody; its owner does not even notice."""
    sam, ann, ben = await two_patients(practice)
    before = practice.rows("SELECT id, patient_id FROM contacts ORDER BY id")
    ann_id, ben_id = ann.patient_id, ben.patient_id
    forge(practice, ann_id, patient_id=None)
    forge(practice, ben_id, patient_id=ann_id)

    await practice.arrives(ben.wrote("/menu"), ann.wrote("/menu"))

    assert len(ann.news()) == len(ben.news()) == 1
    assert practice.rows("SELECT id, patient_id FROM contacts ORDER BY id") == before
    assert told_just(sam.news(), FORGED)
