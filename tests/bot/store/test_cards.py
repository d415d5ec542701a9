"""Cards come back in the order in which they were filled in, the replaced ones as history."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.keys import CannotOpen
from bot.store import cards, records
from bot.store.cards import Filed
from bot.store.people import Patient
from bot.store.store import Store
from flows.state import Kept

DAY = timedelta(days=1)
Enrol = Callable[..., Patient]


def card(number: int, words: str, at: datetime) -> Kept:
    """A card of that number with these words on it."""
    return Kept(
        number=number, card="thought-record", flow="exercise/record", title="A thought", at=at,
        text="I thought: {thought}", answers={"thought": words}, words={"thought": words},
    )  # fmt: skip


def test_a_changed_card_keeps_its_earlier_version(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """The one that holds has no end, the one before it ends when the new one begins."""
    ann, bob = enrol("ann"), enrol("bob")
    first, other = card(1, "it gets worse ñ", noon), card(2, "I never sleep", noon)
    changed = card(1, "it passes", noon + DAY)
    store.write_now(cards.file, ann.id, first, turn=3, replaces=None)
    store.write_now(cards.file, bob.id, first, turn=3, replaces=None)
    store.write_now(cards.file, ann.id, other, turn=5, replaces=None)

    store.write_now(cards.file, ann.id, changed, turn=9, replaces=1)

    assert store.read_now(records.of_patient, ann.id).cards == (
        Filed(first, 3, replaced_at=noon + DAY),
        Filed(other, 5),
        Filed(changed, 9),
    )
    assert store.read_now(cards.of_patient, bob.id) == [Filed(first, 3)]


def test_a_version_that_was_replaced_is_not_replaced_again(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Each version keeps the day on which the next one came."""
    for day in range(3):
        store.write_now(
            cards.file, patient.id, card(1, f"day {day}", noon + day * DAY), turn=day,
            replaces=1 if day else None,
        )  # fmt: skip

    ends = [each.replaced_at for each in store.read_now(cards.of_patient, patient.id)]

    assert ends == [noon + DAY, noon + 2 * DAY, None]


def test_words_do_not_move_to_another_card(store: Store, patient: Patient, noon: datetime) -> None:
    """Nobody puts the words of one card onto another by moving rows."""
    store.write_now(cards.file, patient.id, card(1, "words", noon), turn=1, replaces=None)
    move = "UPDATE cards SET number = 2"
    store.write_now(lambda unit: unit.connection.execute(text(move)).close())

    with pytest.raises(CannotOpen):
        store.read_now(cards.of_patient, patient.id)
