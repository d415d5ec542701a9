"""Poisonous updates on their whole way: kept, marked, answered if they have a sender, and past."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.service.practice import Practice, told_just
from tests.poison import mutants

Json = dict[str, Any]
NOT_READ = "I could not read that."
ASKED = "Do you agree"
ALICE, BOB = 1, 2


def outcomes(practice: Practice) -> Counter[str]:
    """How many rows of the inbox ended in which way."""
    return Counter(str(row[0]) for row in practice.rows("SELECT outcome FROM inbox"))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(mutants.mutant(person=BOB) | mutants.mutant(), min_size=8, max_size=8))
async def test_any_poison_is_marked_and_nobody_waits_for_it(
    practice: Practice, poison: list[Json]
) -> None:
    """Alice is answered in the same batch, Bob can go on, and no turn fails three times."""
    alice, bob = practice.person(ALICE), practice.person(BOB)
    for each in (alice, bob):
        await each.says("/start")
    alice.news(), bob.news()

    await practice.arrives(*poison, alice.wrote("/now"))
    assert any("please contact one of these now" in said for said in alice.news())

    bob.news()
    await bob.says("/now")
    assert any("please contact one of these now" in said for said in bob.news())
    assert set(outcomes(practice)) <= {"done", "ignored", "unread"}


@pytest.mark.parametrize(
    "part",
    [
        {"message": {"text": 7}},
        {"message": {}},
        {"of_next_year": {"x": "y" * 500_000}},
        {"edited_message": {"text": None}},
        {"callback_query": {"data": "1.yes"}},
    ],
    ids=["number", "empty", "unknown kind of 500 kB", "edit", "tap without a name"],
)
async def test_whoever_sent_it_is_told_and_the_open_question_stands(
    practice: Practice, part: Json
) -> None:
    """One sentence, then the question once more; it is answered as if nothing had been."""
    bob = await practice.patient(BOB, "at-consent")
    question, before = bob.state.stack, outcomes(practice)

    await practice.arrives(practice.number(mutants.belonging(part, BOB)))

    told = bob.news()
    assert NOT_READ in told[0]
    assert len(told) == 2
    assert bob.state.stack[-1].step == question[-1].step
    assert outcomes(practice) - before == {"unread": 1}
    await bob.chooses("agree")
    assert "consent" in bob.state.answers


async def test_words_of_need_in_what_nobody_can_read_get_help(practice: Practice) -> None:
    """An unknown kind of message with a sentence in it: help first, and an alert."""
    bob = await practice.patient(BOB, "at-consent")
    odd = {"of_next_year": {"text": "I want to die"}}

    await practice.arrives(practice.number(mutants.belonging(odd, BOB)))

    assert "Emergency: 911" in bob.news()[0]
    assert [each.rule for each in bob.alerts] == ["crisis-words"]


async def test_what_is_nobodys_is_kept_sealed_and_marked(practice: Practice) -> None:
    """Nobody is answered, nobody becomes a patient, and its body stays for whoever looks."""
    odd = {"of_next_year": {"words": "of somebody"}}

    await practice.arrives(
        practice.number(odd), practice.number({"junk": "\x00"}), practice.number({})
    )
    await practice.arrives(practice.number(mutants.belonging({"of_next_year": {}}, 77)))

    rows = practice.rows("SELECT outcome, body FROM inbox")
    assert [outcome for outcome, _ in rows] == ["unread"] * 4
    assert all(body and b"somebody" not in body for _, body in rows)
    assert practice.rows("SELECT count(*) FROM patients") == [(0,)]
    assert practice.messenger.taken == []


async def test_a_clinician_is_told_that_only_text_can_be_read(practice: Practice) -> None:
    """The same for the care team, in their own words."""
    lee = await practice.clinician(9, "Dr Lee")
    lee.news()

    await practice.arrives(practice.number(mutants.belonging({"of_next_year": {"x": 1}}, 9)))

    assert told_just(lee.news(), "I can only pass on text")


async def test_a_reaction_a_pinned_message_or_a_channel_answers_nothing(
    practice: Practice,
) -> None:
    """No row, no word, and the open question stands as it was."""
    bob = await practice.patient(BOB, "at-consent")
    before, state = outcomes(practice), bob.state

    await practice.arrives(
        practice.number(mutants.belonging({"message_reaction": {"new_reaction": []}}, BOB)),
        practice.number(mutants.belonging({"message": {"pinned_message": {}}}, BOB)),
        practice.number({"channel_post": {"chat": {"id": -5, "type": "channel"}, "text": "x"}}),
    )

    assert (outcomes(practice), bob.state, bob.news()) == (before, state, [])
