"""A clinician takes a conversation over from the program and hands it back; nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from bot.service import care
from bot.store import people
from tests.bot.service.desk_people import Team, gather
from tests.bot.service.practice import Person, Practice, told_just


@pytest.fixture
async def team(practice: Practice) -> Team:
    """Two clinicians, and a patient in the middle of the mood questions."""
    return await gather(practice, "at-mood-questions")


async def take_over(team: Team, clinician: Person) -> None:
    """Open the card, and take over from there."""
    await clinician.says(f"/patients {team.ann.pseudonym}")
    await clinician.taps("Take over")


async def test_taken_over_in_the_middle_of_a_questionnaire_and_handed_back(team: Team) -> None:
    """The program is silent, then asks the same item again; the answers before it still count."""
    await team.ann.chooses("1")
    team.read()
    before = team.ann.state.stack
    await take_over(team, team.lee)
    assert "Dr Lee" in team.ann.news()[0]
    team.lee.news()

    await team.ann.says("it is a hard day")
    assert told_just(team.lee.news(), "it is a hard day")
    assert team.kim.news() == []
    told = team.ann.news()
    assert not [text for text in told if "over the last two weeks" in text.lower()]

    await team.lee.taps("Hand back")
    assert team.ann.state.taken_by is None
    assert [frame.items for frame in team.ann.state.stack] == [frame.items for frame in before]
    assert len(team.ann.news()) >= 1
    await team.ann.chooses("0")
    assert team.ann.state.stack[-1].items[2] == 0


async def test_taking_over_twice_happens_once(team: Team) -> None:
    """The second tap is answered with a notice."""
    await team.lee.says(f"/patients {team.ann.pseudonym}")
    button = team.lee.button("Take over")
    await team.practice.arrives(team.lee.tapped(button), team.lee.tapped(button))

    assert len([text for text in team.ann.news() if "Dr Lee" in text]) == 1
    assert len([text for text in team.lee.news() if "You have taken over." in text]) == 1


async def test_a_colleague_takes_over_from_a_colleague(team: Team) -> None:
    """Each is told; the patient's words go to the newest of the two."""
    await take_over(team, team.lee)
    card = team.lee.button("Hand back")
    await team.kim.says(f"/patients {team.ann.pseudonym}")
    assert "Dr Lee has taken over" in team.kim.news()[0]
    await team.kim.brings(card.replace("back", "take"))
    assert any("Kim has taken over" in text for text in team.lee.news())
    team.read()

    await team.ann.says("who reads this?")
    assert told_just(team.kim.news(), "who reads this?")
    assert team.lee.news() == []

    await team.lee.brings(card)
    assert told_just(team.kim.news(), "Dr Lee handed the conversation")
    assert team.ann.state.taken_by is None


async def test_handing_back_what_nobody_took_changes_nothing(team: Team) -> None:
    """A late tap on an old card."""
    await take_over(team, team.lee)
    button = team.lee.button("Hand back")
    await team.lee.brings(button)
    team.read()

    await team.lee.brings(button)

    assert team.ann.news() == []
    assert team.lee.news() == []


async def test_crisis_words_break_the_silence(team: Team) -> None:
    """Help comes first, and the clinicians hear of it."""
    await take_over(team, team.lee)
    team.read()

    await team.ann.says("I want to die")

    assert "988" in team.ann.news()[0]
    assert any("Red: act now" in text for text in team.lee.news())


async def test_a_patient_who_goes_back_to_the_program_is_free_of_it(team: Team) -> None:
    """Whoever had taken over is told, and may take over again."""
    await take_over(team, team.lee)
    team.read()

    await team.ann.says("/resume")
    assert "went back to the program" in team.lee.news()[-1]
    assert team.practice.rows("SELECT taken_by FROM patients") == [(None,)]

    await take_over(team, team.lee)
    assert team.ann.state.taken_by == "Dr Lee"


async def test_the_clinicians_first_words_still_show_to_whom(team: Team) -> None:
    """Taking over is no proof that it is the right patient."""
    await take_over(team, team.lee)
    team.read()

    await team.lee.says("I am here", to="You have taken over")

    assert told_just(team.lee.news(), f"To {team.ann.pseudonym}?")


async def test_the_words_of_a_conversation_whose_clinician_left_reach_the_others(
    team: Team,
) -> None:
    """Nobody writes into the void."""
    await take_over(team, team.lee)
    team.practice.run(sql("UPDATE clinicians SET disabled_at = '2027-01-13 00:00:00' WHERE id=1"))
    team.read()

    await team.ann.says("hello?")

    assert told_just(team.kim.news(), "hello?")


async def test_a_restart_forgets_neither_who_took_over_nor_where_the_patient_was(
    team: Team,
) -> None:
    """The process dies while a clinician writes."""
    await take_over(team, team.lee)
    team.practice.start(team.practice.site.release)
    team.practice.clock.moment += timedelta(days=1)
    team.read()

    await team.ann.says("good morning")
    assert told_just(team.lee.news(), "good morning")
    await team.lee.says(f"/patients {team.ann.pseudonym}")
    await team.lee.taps("Hand back")

    assert team.ann.state.taken_by is None
    assert team.ann.state.stack


async def test_one_who_left_is_not_taken_over(team: Team) -> None:
    """The program has nothing to be silent about."""
    await team.ann.says("/stop")
    await team.ann.chooses("leave")
    await team.ann.chooses("none")
    team.read()

    await take_over(team, team.lee)

    assert "has left the program" in team.lee.news()[-1]
    assert team.ann.state.taken_by is None


async def test_a_second_take_over_outlives_the_end_of_the_first(team: Team) -> None:
    """The patient's way back waits while another takes over: that one has it, and hands it back."""
    await take_over(team, team.lee)
    team.read()
    await team.practice.intake.keep([team.ann.wrote("/resume")])
    store, now = team.practice.store, team.practice.clock.now()
    ann = store.read_now(people.load, [team.ann.patient_id])[team.ann.patient_id]
    kim = next(each for each in store.read_now(people.clinicians) if each.name == "Kim")
    store.write_now(care.take_over, team.practice.site, kim, ann, at=now, name="race")

    await team.practice.work()

    assert team.ann.state.taken_by == "Kim"
    assert team.practice.rows("SELECT taken_by FROM patients") == [(kim.id,)]
    await team.kim.brings(f"card.{ann.id}.back")
    assert team.ann.state.taken_by is None


async def test_a_silence_whose_row_was_lost_can_still_be_ended(team: Team) -> None:
    """Whatever the table says, a hand-back reaches a program that is silent."""
    await take_over(team, team.lee)
    team.practice.run(sql("UPDATE patients SET taken_by = NULL"))

    await team.kim.brings(f"card.{team.ann.patient_id}.back")

    assert team.ann.state.taken_by is None


async def test_one_who_agreed_to_nothing_is_taken_over_only_for_an_alert(
    practice: Practice,
) -> None:
    """Words of someone who has not agreed are not gathered, unless they are in danger."""
    lee, bob = await practice.clinician(9, "Dr Lee"), await practice.patient(1, "at-consent")
    await lee.says(f"/patients {bob.pseudonym}")
    await lee.taps("Take over")
    assert "has not agreed" in lee.news()[-1]
    assert bob.state.taken_by is None

    await bob.says("I want to die")
    await lee.taps("Take over")

    assert bob.state.taken_by == "Dr Lee"
