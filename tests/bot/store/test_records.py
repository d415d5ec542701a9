"""What a patient answered, scored, agreed to and wrote comes back for export as it was."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.keys import CannotOpen
from bot.store import alerts, nudges, people, records, releases, thread
from bot.store.people import Patient
from bot.store.records import Answer, Consent
from bot.store.store import Store
from bot.store.unit import Unit
from flows.state import Score

Enrol = Callable[..., Patient]


def test_everything_about_a_patient_comes_back_and_nothing_about_others(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """The file behind /mydata is whole, and holds nobody else's data."""
    ann, bob = enrol("ann"), enrol("bob")
    answers = (
        Answer(3, "flow/goal", "goal", "goal", "walk to the lake ñ", noon),
        Answer(4, "flow/goal", "confidence", "confidence", 7, noon),
    )
    scores = (
        Score(measure="phq-9", at=noon, turn=9, total=11.0, items={1: 2, 9: None},
              subscales={"core": 1.5}, prorated=True),
        Score(measure="peg", at=noon, turn=9, total=None, items={1: None}),
    )  # fmt: skip
    consents = (Consent(1, "1", "hash", "en", True, noon),)
    for each in answers:
        store.write_now(records.answer, ann.id, each)
    for score in scores:
        store.write_now(records.score, ann.id, score)
    store.write_now(records.consent, ann.id, consents[0])
    store.write_now(records.answer, bob.id, Answer(1, "f", "s", "k", "other", noon))
    store.write_now(thread.add, patient_id=ann.id, text="Please call me", at=noon)
    store.write_now(nudges.set, ann.id, "plan", noon, "2026-11-21 10:00", 9)
    store.write_now(
        alerts.raise_, patient_id=ann.id, rule="r", tier="red", facts="[]", at=noon,
        deadline_at=None, window_hours=24,
    )  # fmt: skip

    whole = store.read_now(records.of_patient, ann.id)

    assert (whole.patient, whole.answers) == (ann, answers)
    assert (whole.scores, whole.consents) == (scores, consents)
    assert [each.text for each in whole.messages] == ["Please call me"]
    assert [each.rule for each in whole.alerts] == ["r"]
    assert [each.key for each in whole.nudges] == ["plan"]
    assert [each.value for each in store.read_now(records.of_patient, bob.id).answers] == ["other"]


def test_an_unknown_patient_has_no_records(store: Store) -> None:
    """A wrong number is an error, not an empty file."""
    with pytest.raises(KeyError):
        store.read_now(records.of_patient, 404)


def test_an_answer_moved_to_another_question_does_not_open(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Nobody turns a no into a yes by moving rows."""
    store.write_now(records.answer, patient.id, Answer(1, "f", "s", "agree", "no", noon))
    store.write_now(
        lambda unit: unit.connection.execute(text("UPDATE answers SET key = 'x'")).close()
    )

    with pytest.raises(CannotOpen):
        store.read_now(records.of_patient, patient.id)


def test_a_thread_keeps_who_wrote_what(store: Store, patient: Patient, noon: datetime) -> None:
    """Patient and care team, in the order in which they wrote."""
    store.write_now(_join, noon)
    later = noon + timedelta(minutes=3)
    store.write_now(thread.add, patient_id=patient.id, text="How are you?", at=noon, clinician_id=1)
    store.write_now(thread.add, patient_id=patient.id, text="Tired.", at=later)

    written = store.read_now(thread.of, patient.id)

    assert [(each.clinician_id, each.text, each.at) for each in written] == [
        (1, "How are you?", noon),
        (None, "Tired.", later),
    ]


def test_words_cannot_be_put_into_anothers_mouth(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """A patient's message does not pass for a clinician's."""
    store.write_now(_join, noon)
    store.write_now(thread.add, patient_id=patient.id, text="Tired.", at=noon)
    claim = "UPDATE messages SET clinician_id = 1"
    store.write_now(lambda unit: unit.connection.execute(text(claim)).close())

    with pytest.raises(CannotOpen):
        store.read_now(thread.of, patient.id)


def test_a_release_is_kept_as_it_was_first(store: Store, noon: datetime) -> None:
    """The exact words that a patient saw can always be shown."""
    assert store.write_now(releases.keep, "hash", "first", noon)
    assert not store.write_now(releases.keep, "hash", "second", noon)

    assert store.read_now(releases.get, "hash") == "first"
    assert store.read_now(releases.get, "other") is None


def _join(unit: Unit, at: datetime) -> None:
    people.join_clinician(unit, lookup="l", chat="5", name="Grey", role="clinician", at=at)
