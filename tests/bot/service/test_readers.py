"""Who hears of which alert: the roles its rule reaches, and never nobody."""

from __future__ import annotations

from datetime import timedelta

from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Person, Practice, told_just

YELLOW, RED = "Yellow: at the weekly review", "Red: act now"


async def is_not_seen_yet(patient: Person) -> None:
    """Say that no professional has looked at the pain, which raises a yellow alert."""
    for value in ("yes", "none", "yes", "no"):
        await patient.chooses(value)


async def a_day_passes(practice: Practice) -> None:
    """Time in which everybody's digest comes."""
    await practice.tick()
    await practice.live(timedelta(days=1))


async def test_a_yellow_alert_is_for_clinicians_and_a_red_one_for_the_lead_too(
    practice: Practice,
) -> None:
    """The lead is not called for the weekly review, and is called when it matters."""
    lee = await practice.clinician(9, "Dr Lee")
    kim = await practice.clinician(8, "Kim", "lead")
    ann = await practice.patient(1, "placed")
    lee.news(), kim.news()

    await is_not_seen_yet(ann)
    await a_day_passes(practice)
    assert any(YELLOW in text for text in lee.news())
    assert kim.news() == []

    await ann.says("I want to die")
    assert told_just(lee.news(), RED)
    assert told_just(kim.news(), RED)


async def test_whoever_was_not_told_is_not_bothered_when_it_is_taken(practice: Practice) -> None:
    """Only those who were told hear who has it and how it ended."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim", "lead")
    ann = await practice.patient(1, "placed")
    await is_not_seen_yet(ann)
    await a_day_passes(practice)
    lee.news(), kim.news()

    for label in ("1", "I have it", "Close it", "We spoke"):
        await lee.taps(label)

    assert kim.news() == []
    assert [each.state for each in ann.alerts] == ["closed"]


async def test_a_role_that_nobody_has_falls_back_to_everyone(practice: Practice) -> None:
    """A lead alone in the team hears of everything, and so does one who joins later."""
    ann = await practice.patient(1, "placed")
    await is_not_seen_yet(ann)

    kim = await practice.clinician(8, "Kim", "lead")
    await a_day_passes(practice)

    assert any(YELLOW in text for text in kim.news())


async def test_a_lead_who_joins_hears_of_what_reaches_a_lead(practice: Practice) -> None:
    """Beside a clinician, of the red alert that waits, and not of the yellow one."""
    await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "placed")
    await is_not_seen_yet(ann)
    await ann.says("I want to die")

    kim = await practice.clinician(8, "Kim", "lead")

    told = "\n".join(kim.news())
    assert RED in told
    assert YELLOW not in told


async def test_whoever_sends_crisis_gets_help_first_and_is_reported(practice: Practice) -> None:
    """In the middle of a question, with the lines in the first bubble and a red alert."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "in-baseline")
    lee.news()

    await ann.says("/crisis")

    assert "9-8-8" in ann.news()[0]
    assert [(each.rule, each.tier) for each in ann.alerts] == [("crisis-asked", "red")]
    assert told_just(lee.news(), RED)


async def test_crisis_is_answered_without_an_invitation(open_practice: OpenPractice) -> None:
    """Nobody who asks for this help is asked for a code first."""
    stranger = open_practice(enrolment="invite").person(7)

    await stranger.says("/lesson")
    asked = stranger.news()
    await stranger.says("/crisis")

    assert not any("9-8-8" in text for text in asked)
    assert "9-8-8" in stranger.news()[0]
