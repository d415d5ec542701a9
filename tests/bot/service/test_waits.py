"""A timed bubble through the whole service: it goes on by itself, after a restart as well."""

from __future__ import annotations

from datetime import timedelta

from flows.program import Release
from tests.bot.service.practice import Person, Practice
from tests.flows.small import flow, release_with

CHOICES = {"on": "Go on", "stop": "Enough for now"}
BREATHING = flow(
    "exercise/breathe",
    {"wait": 20, "text": "In.", "choices": CHOICES, "next": {"stop": "enough"}},
    {"wait": 40, "text": "Out.", "choices": CHOICES},
    {"id": "enough", "ask": "felt", "text": "How was it?", "choices": {"ok": "Good", "no": "Odd"}},
)


def content() -> Release:
    """Content with an exercise of two breaths."""
    return release_with(BREATHING)


async def breather(practice: Practice) -> Person:
    """Someone who has just read the first of two breaths."""
    practice.start(content())
    ann = practice.person(1)
    await ann.says("/start")
    await ann.taps("I agree")
    await ann.says("/breathe")
    assert ann.news()[-1] == "In."
    return ann


def cues(ann: Person) -> list[tuple[str, str | None]]:
    """What became of each wait."""
    return [(each.state, each.reason) for each in ann.nudges if each.key.startswith("cue:")]


async def test_a_timed_exercise_runs_by_itself(practice: Practice) -> None:
    """Each bubble comes when its time is there, and not before."""
    ann = await breather(practice)

    await practice.live(timedelta(seconds=19))
    assert ann.news() == []
    await practice.live(timedelta(seconds=1))
    assert ann.news() == ["Out."]
    await practice.live(timedelta(seconds=40))
    assert ann.news() == ["How was it?"]
    assert cues(ann) == [("sent", None), ("sent", None)]


async def test_a_restart_does_not_hold_the_breath(practice: Practice) -> None:
    """The clock of a wait is kept in the database, not in the process."""
    ann = await breather(practice)

    practice.start(content())
    await practice.live(timedelta(seconds=20))

    assert ann.news() == ["Out."]


async def test_after_an_outage_the_bubble_waits_for_a_tap(practice: Practice) -> None:
    """Nobody is talked to out of nowhere; the button still goes on."""
    ann = await breather(practice)

    await practice.wait(timedelta(minutes=3))
    assert ann.news() == []
    assert cues(ann) == [("skipped", "late")]
    await ann.taps("Go on")

    assert ann.news() == ["Out."]


async def test_a_tap_in_between_is_not_followed_by_a_second_bubble(practice: Practice) -> None:
    """Whoever stops early hears nothing of the exercise any more."""
    ann = await breather(practice)

    await ann.taps("Enough for now")
    ann.news()
    await practice.live(timedelta(minutes=2))

    assert ann.news() == []
    assert cues(ann) == [("cancelled", "not needed")]
