"""Words between a patient and the care team: none is lost, whoever is gone and whatever closes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.service.post import Gone, Verdict
from tests.bot.service.messenger import Call
from tests.bot.service.practice import Person, Practice, told_just

HELP_ME = "I took pills an hour ago"


@pytest.fixture
async def lee(practice: Practice) -> Person:
    """A clinician."""
    return await practice.clinician(9, "Dr Lee")


@pytest.fixture
async def kim(practice: Practice) -> Person:
    """Another one."""
    return await practice.clinician(8, "Kim")


@pytest.fixture
async def ann(practice: Practice, lee: Person, kim: Person) -> Person:
    """A patient in danger to whom the first clinician has written."""
    patient = await practice.patient(1)
    await patient.says("I want to die")
    await lee.taps("I have it")
    await lee.says("How are you now?", to="Red: act now")
    await lee.taps("Send")
    patient.news(), lee.news(), kim.news()
    return patient


def lose(practice: Practice, person: Person) -> None:
    """From now on this person's chat is gone."""

    def fault(call: Call) -> Verdict | None:
        gone = call.chat == str(person.number)
        return Gone("Forbidden: bot was blocked by the user") if gone else None

    practice.messenger.fault = fault


async def test_what_a_patient_answers_goes_to_whoever_has_the_alert(
    practice: Practice, ann: Person, lee: Person, kim: Person
) -> None:
    """To them alone, as long as they can be reached."""
    await ann.says("not good", to="How are you now?")

    assert lee.news() == [f"{ann.pseudonym} writes:\n\nnot good"]
    assert kim.news() == []


async def test_words_for_a_clinician_whose_chat_is_gone_reach_the_others(
    practice: Practice, ann: Person, lee: Person, kim: Person
) -> None:
    """Whoever took the alert has left the messenger; somebody must read this."""
    lose(practice, lee)

    await ann.says("not good", to="How are you now?")

    assert kim.news() == [f"{ann.pseudonym} writes:\n\nnot good"]
    assert ann.state.reachable


async def test_words_that_reach_nobody_do_not_go_round_for_ever(
    practice: Practice, ann: Person, lee: Person, kim: Person
) -> None:
    """Both have blocked the bot: each is tried once, and not again because the other is gone."""
    tried: list[str] = []

    def fault(call: Call) -> Verdict | None:
        tried.append(call.chat)
        practice.clock.moment += timedelta(seconds=1)
        if call.chat == str(ann.number) or len(tried) > 20:
            return None
        return Gone("Forbidden: bot was blocked by the user")

    practice.messenger.fault = fault
    await ann.says("not good", to="How are you now?")

    assert [tried.count(str(each.number)) for each in (lee, kim)] == [1, 1]


async def test_what_everyone_was_told_is_not_told_twice_because_one_is_gone(
    practice: Practice, ann: Person, lee: Person, kim: Person
) -> None:
    """An alert went to all of them anyway."""
    lose(practice, lee)
    bob = await practice.patient(2)

    await bob.says("I want to die")

    assert told_just(kim.news(), "Red: act now")


async def test_an_answer_begun_before_the_alert_was_closed_arrives(
    practice: Practice, ann: Person, lee: Person
) -> None:
    """The clinician closes while the patient is still typing."""
    await ann.taps("Answer")
    await lee.taps("Close it")
    await lee.taps("We spoke")
    lee.news()

    await ann.says(HELP_ME)

    assert [text for text in lee.news() if HELP_ME in text] == [
        f"{ann.pseudonym} writes:\n\n{HELP_ME}"
    ]
    assert "Thank you." in ann.news()[-1]
    assert ann.state.held is None


async def test_words_meant_for_the_team_before_anyone_has_joined_wait_for_the_first(
    practice: Practice,
) -> None:
    """Whoever joins hears of the alert, and reads what came with it."""
    bob = await practice.patient(2)
    await bob.says("/person")
    await bob.taps("Write to them")
    await bob.says("please call me on Monday")

    lee = await practice.clinician(9, "Dr Lee")

    said = f"{bob.pseudonym} writes:\n\nplease call me on Monday"
    assert told_just(lee.news(), "Welcome, Dr Lee.", "The patient asked for a person.", said)


@pytest.mark.parametrize("way", ["edit", "caption", "edit while taken over"])
async def test_changed_words_and_captions_for_the_team_reach_it(
    practice: Practice, lee: Person, way: str
) -> None:
    """Two tablets that become twenty, and what stands under a picture, are words like any other."""
    ann = await practice.patient(1, "placed")
    await lee.says(f"/patients {ann.pseudonym}")
    await lee.taps("Write")
    await lee.says("Hello there")
    await lee.taps("Send")
    if way == "edit while taken over":
        await lee.says(f"/patients {ann.pseudonym}")
        await lee.taps("Take over")
    if way == "caption":
        lee.news()
        await ann.sends_photo("I took twenty tablets", to="Hello there")
    else:
        await ann.says("I took two tablets", to="Hello there" if way == "edit" else None)
        lee.news(), ann.news()
        await ann.edits("I took twenty tablets")
        assert "passed on your changed words" in ann.news()[-1]

    assert any("twenty tablets" in text for text in lee.news())
