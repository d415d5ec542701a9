"""Talks about life and death over days: asked, held, let go, and never simply forgotten."""

from __future__ import annotations

from datetime import timedelta

from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Practice, told_just

DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
DIRECT = "I would rather ask than guess. Are you thinking about ending your life?"
STOPPED = "I want to stop at what you wrote."
LAST = "The help lines stay at /now, day and night."
UNANSWERED = "The direct question that followed was not answered for a day."


async def test_someone_without_an_invitation_answers_the_direct_question_by_typing(
    open_practice: OpenPractice,
) -> None:
    """The closed door is no answer to somebody who says that they want to die."""
    practice = open_practice(enrolment="invite")
    lee = await practice.clinician(9, "Dr Lee")
    eve = practice.person(1)
    await eve.says("hello")
    assert told_just(eve.news(), "This program is open by invitation.")

    await eve.says("I want to die")
    assert told_just(eve.news(), "9-8-8", "I am a program", "One plain question.")
    await eve.says("yes")
    assert told_just(eve.news(), "Thank you for telling me.", "I am a program", "someone near you")
    await eve.says("not right now")
    assert told_just(eve.news(), "Then let a help line be with you", "what is true right now")
    await eve.says("I am safe for now")
    assert told_just(eve.news(), LAST)
    assert [each.rule for each in eve.alerts] == ["crisis-words", "crisis-yes"]
    assert len(lee.news()) == 3

    await eve.says("leave it for today")
    eve.news()
    await eve.says("hello")
    assert told_just(eve.news(), "This program is open by invitation.")


async def test_whoever_leaves_at_the_last_safety_question_is_reminded_as_before(
    practice: Practice,
) -> None:
    """They said that they are safe; the program comes back the next day, and then leaves off."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "learning-cbt")
    await ann.says("I want to die")
    await lee.taps("I have it")
    await ann.taps("No")
    assert LAST in ann.news()[-1]

    await practice.live(DAY)
    assert told_just(ann.news(), "A new lesson is ready")
    await practice.wait(AN_HOUR, times=10 * 24)
    assert told_just(ann.news(), "A new lesson is ready")
    assert [each.rule for each in ann.alerts][-1] == "nudges-unanswered"


async def test_whoever_never_answered_the_direct_question_is_not_reminded_of_lessons(
    practice: Practice,
) -> None:
    """The hold is there until they, or the care team, say otherwise."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "learning-cbt")
    await ann.says("I want to die")
    await lee.taps("I have it")
    ann.news()

    await practice.wait(AN_HOUR, times=10 * 24)

    assert ann.news() == []
    assert ann.state.held == "safety/crisis"


async def test_vague_words_that_are_never_explained_call_the_care_team_after_a_day_once(
    practice: Practice,
) -> None:
    """No alert at first; then one, which closing settles for good."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "learning-cbt")
    lee.news()
    await ann.says("I can't go on")
    assert told_just(ann.news(), STOPPED, DIRECT)

    await practice.live(DAY - timedelta(minutes=1))
    assert lee.news() == []
    await practice.live(timedelta(minutes=2))
    assert told_just(lee.news(), UNANSWERED)
    assert [(each.rule, each.tier) for each in ann.alerts] == [("check-unanswered", "amber")]

    await lee.taps("I have it")
    lee.news()
    await practice.live(2 * DAY)
    assert {"nothing has been done yet" in said for said in lee.news()} == {True}
    assert ann.news() == []

    await lee.taps("Close it")
    await lee.taps("Could not reach them")
    await lee.taps("3")
    assert told_just(ann.news(), "Your care team has closed this.")
    assert ann.state.held is None
    await practice.live(DAY)
    assert told_just(ann.news(), "A new lesson is ready")
    assert [each.fired_count for each in ann.alerts] == [1]


async def test_vague_words_that_are_explained_call_nobody(practice: Practice) -> None:
    """The patient said no within the day."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "learning-cbt")
    lee.news()
    await ann.says("I can't go on")
    await ann.taps("No")

    await practice.live(2 * DAY)

    assert lee.news() == []
    assert ann.alerts == []


async def test_vague_words_after_a_hold_was_lifted_are_asked_about(practice: Practice) -> None:
    """At the last safety question, where the patient has just said that they are safe."""
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to die")
    await ann.taps("No")
    ann.news()

    await ann.says("I just want it to be over")

    assert told_just(ann.news(), STOPPED, DIRECT)
    assert ann.state.held == "safety/unclear-words"


async def test_vague_words_while_the_hold_is_there_bring_the_same_question_back(
    practice: Practice,
) -> None:
    """The plainer question is open already."""
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to die")
    ann.news()

    await ann.says("I just want it to be over")

    assert told_just(ann.news(), "Please tap one", "One plain question.")
    assert ann.state.held == "safety/crisis"


async def test_back_after_later_asks_the_question_before(practice: Practice) -> None:
    """Whoever left can go back a step when they return, and is never met with silence."""
    ann = await practice.patient(1, "at-item-9")
    await ann.says("later")
    assert told_just(ann.news(), "Saved. Nothing is lost.")

    await ann.says("back")

    assert told_just(ann.news(), "8 of 10")
    assert ann.state.stack[-1].step == "item-8"
    await ann.chooses("1")
    assert told_just(ann.news(), "9 of 10")
