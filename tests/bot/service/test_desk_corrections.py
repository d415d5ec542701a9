"""A clinician changes an earlier message: what waits is changed, what has gone out is corrected."""

from __future__ import annotations

import pytest

from tests.bot.service.desk_people import Team, gather
from tests.bot.service.practice import Practice, told_just

WRONG, RIGHT = "See you on Tuesday", "See you on Thursday"


@pytest.fixture
async def team(practice: Practice) -> Team:
    """Two clinicians, and a patient who wrote to them."""
    return await gather(practice)


async def test_an_edit_before_send_changes_what_will_be_sent(team: Team) -> None:
    """The card is shown again with the new words; the patient reads those alone."""
    await team.lee.says(WRONG, to=team.ann.pseudonym)
    older = team.lee.button("Send")
    team.lee.news()

    await team.lee.edits(RIGHT)
    card = team.lee.news()
    assert told_just(card, "takes the place of what waited before")
    assert RIGHT in card[0]

    await team.lee.brings(older)
    told = team.ann.news()
    assert told_just(told, RIGHT)
    assert WRONG not in told[0]


async def test_an_edit_after_send_reaches_the_patient_as_a_correction(team: Team) -> None:
    """Both versions stay in the record, the second as a correction of the first."""
    await team.write(WRONG)

    await team.lee.edits(RIGHT)

    told = team.ann.news()
    assert told_just(team.lee.news(), "Your correction is on its way")
    assert told_just(told, "corrects an earlier message")
    assert RIGHT in told[0]
    assert team.messages == [("patient", False), ("team", False), ("team", True)]


async def test_a_correction_of_a_correction_corrects_the_first_message(team: Team) -> None:
    """However often somebody edits, it is one message."""
    await team.write(WRONG)
    await team.lee.edits("See you on Wednesday")
    await team.lee.edits(RIGHT)

    query = "SELECT id, corrects FROM messages WHERE clinician_id IS NOT NULL ORDER BY id"
    (first, _), *later = team.practice.rows(query)
    assert [corrects for _, corrects in later] == [first, first]


@pytest.mark.parametrize("text", [WRONG, f"  {WRONG}\n", "   "])
async def test_an_edit_that_changes_no_word_is_not_told(team: Team, text: str) -> None:
    """Telegram tells of edits that nobody can see, such as a link's preview."""
    await team.write(WRONG)

    await team.lee.edits(text)

    assert team.ann.news() == []
    assert team.lee.news() == []


async def test_an_edit_that_is_too_long_is_refused_and_the_first_words_stand(team: Team) -> None:
    """The same before and after sending."""
    await team.lee.says(WRONG, to=team.ann.pseudonym)
    await team.lee.edits("x" * 3001)
    await team.lee.taps("Send")
    assert told_just(team.ann.news(), WRONG)
    team.lee.news()

    await team.lee.edits("x" * 3001)

    assert told_just(team.lee.news(), "3001 letters, at most 3000")
    assert team.ann.news() == []


async def test_an_edit_of_what_was_cancelled_sends_nothing(team: Team) -> None:
    """The clinician decided against it."""
    await team.lee.says(WRONG, to=team.ann.pseudonym)
    await team.lee.taps("Cancel")
    team.lee.news()

    await team.lee.edits(RIGHT)

    assert told_just(team.lee.news(), "has not gone to any patient")
    assert team.ann.news() == []


async def test_words_whose_patient_is_not_chosen_yet_can_be_changed(team: Team) -> None:
    """The newest words go to whoever is chosen then."""
    await team.lee.says(WRONG)
    await team.lee.edits(RIGHT)
    await team.lee.taps(team.ann.pseudonym)
    await team.lee.taps("Send")

    assert told_just(team.ann.news(), RIGHT)


async def test_the_same_number_in_anothers_chat_is_another_message(team: Team) -> None:
    """Each chat counts its own messages; an edit corrects nobody else's words."""
    await team.write(WRONG)
    team.kim._written = team.lee._written

    await team.kim.edits(RIGHT)

    assert team.ann.news() == []
    assert told_just(team.kim.news(), "has not gone to any patient")


async def test_an_edit_of_a_command_is_no_command_and_no_message(team: Team) -> None:
    """It is answered, and does nothing."""
    await team.lee.says("/patients nobody")
    team.lee.news()

    await team.lee.edits(f"/patients {team.ann.pseudonym}")

    assert told_just(team.lee.news(), "has not gone to any patient")


async def test_a_correction_for_one_who_has_blocked_says_so(team: Team) -> None:
    """It is kept, and not delivered."""
    await team.write(WRONG)
    await team.ann.blocks()
    team.read()

    await team.lee.edits(RIGHT)

    assert "can't be reached" in team.lee.news()[0]
