"""Codes, slips and strangers: nobody becomes a patient, or somebody else, by mistake."""

from __future__ import annotations

import pytest

from tests.bot.service.practice import Practice, told_just

WRONG = "That code is not valid."


async def test_a_wrong_code_twice_makes_nobody_a_patient(practice: Practice) -> None:
    """A clinician who mistyped can still join with the right one."""
    lee = practice.person(9)
    await lee.says("/start WRONGCODE1")
    await lee.says("/start WRONGCODE2")
    assert told_just(lee.news(), WRONG, WRONG)
    assert practice.rows("SELECT count(*) FROM patients") == [(0,)]

    await lee.says(f"/start {practice.code('Dr Lee')}")
    assert told_just(lee.news(), "Welcome, Dr Lee.")


async def test_a_wrong_code_from_a_patient_keeps_their_place(practice: Practice) -> None:
    """They are asked again what they were asked."""
    ann = await practice.patient(1, "at-consent")
    before = ann.state

    await ann.says("/start WRONGCODE1")

    assert ann.state.stack == before.stack
    assert len(ann.news()) == 1


@pytest.mark.parametrize("text", ["/@paceful_bot", "/", "//", "/ help"])
async def test_a_slash_without_a_command_is_answered(practice: Practice, text: str) -> None:
    """A slip of the thumb is no fault of ours."""
    ann = await practice.patient(1, "at-consent")

    await ann.says(text)

    assert len(ann.news()) == 1
    assert practice.rows("SELECT DISTINCT outcome FROM inbox") == [("done",)]


@pytest.mark.parametrize("is_new", [True, False])
async def test_a_word_of_need_behind_start_is_not_a_code(practice: Practice, is_new: bool) -> None:
    """From somebody new, and from a patient: help, the question, and an alert."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = practice.person(1) if is_new else await practice.patient(1, "at-consent")
    lee.news()

    await ann.says("/start suicidal")

    assert told_just(ann.news(), "9-8-8", "I am a program", "One plain question.")
    assert told_just(lee.news(), "Red: act now")
    assert [each.rule for each in ann.alerts] == ["crisis-words"]


async def test_a_patient_cannot_join_the_team_and_uses_up_no_code(practice: Practice) -> None:
    """Their words stay a patient's; whoever the code was meant for can still use it."""
    ann = await practice.patient(1, "at-consent")
    code = practice.code("Dr Lee")

    await ann.says(f"/start {code}")
    assert told_just(ann.news(), "This account takes part as a patient")

    lee = practice.person(9)
    await lee.says(f"/start {code}")
    assert told_just(lee.news(), "Welcome, Dr Lee.")
    await ann.says("I want to die")
    assert "9-8-8" in ann.news()[0]
    assert told_just(lee.news(), "Red: act now")


async def test_a_stranger_who_only_blocks_the_bot_is_nobody(practice: Practice) -> None:
    """No patient, no answer, no alert."""
    stranger = practice.person(5)

    await stranger.blocks()

    assert practice.rows("SELECT count(*) FROM patients") == [(0,)]
    assert practice.rows("SELECT count(*) FROM contacts") == [(0,)]
    assert practice.rows("SELECT outcome FROM inbox") == [("ignored",)]
    assert practice.messenger.tried == []
