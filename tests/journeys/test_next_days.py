"""The days after the first: reminders at the patient's time, the next lesson, the weekly check."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.journeys.conftest import NewWorld
from tests.journeys.people import Bubble
from tests.journeys.scripts import PLACE, WELCOME, onboarding
from tests.journeys.world import World

LONDON = ZoneInfo("Europe/London")
NINE = time(9)
PNG = b"\x89PNG\r\n\x1a\n"
PLAN = "How did it go with your small plan?"
LESSON_ENDS = "That is the end of this lesson"
NEARER = "5"
CHECK = ("6", "6", "6", NEARER, "Several days", "Not at all", "Not at all", "Not at all")


def test_a_plan_is_asked_about_daily_until_the_check_and_the_next_lesson(world: World) -> None:
    """At the patient's own time, once a day; then come the week's questions and lesson three."""
    patient = world.patient()
    patient.rushes(*onboarding())
    patient.answers("Start lesson 1")
    patient.goes_along(until=LESSON_ENDS)

    world.skips(until=at(world, NINE, days=1) - timedelta(minutes=1))
    assert not patient.sees()
    world.skips(minutes=1)
    assert "A new lesson is ready" in patient.sees()
    patient.answers("Start")
    patient.goes_along(until=LESSON_ENDS)
    for _ in range(5):
        world.skips(until=at(world, NINE, days=0 if world.now.hour < NINE.hour else 1))
        assert [PLAN in bubble.text for bubble in patient.sees()] == [True]
        assert "That counts" in patient.answers("I did it")
    world.skips(days=1)
    assert "Your questions are ready" in patient.sees()
    week = patient.answers("Start", *CHECK)
    world.skips(days=1)
    assert "A new lesson is ready" in patient.sees()
    third = patient.answers("Start")

    [picture] = [bubble for bubble in week if bubble.kind == "photo"]
    assert is_a_picture(world, picture)
    # drawing takes a moment, and the chat shows that something is coming
    assert world.calls("sendChatAction", patient)
    assert "began at 5, now 6" in week
    assert "Today is about good days and bad days" in third
    kept = world.kept(patient)
    assert kept.state.finished("flow/weekly")
    assert kept.state.stack[0].flow == "lesson/cbt-pacing"
    past = [nudge.state for nudge in kept.records.nudges if nudge.due_at < world.now]
    assert past.count("sent") == 8
    # the time that was assumed before the patient chose one
    assert set(past) <= {"sent", "cancelled"}


def test_two_unanswered_reminders_are_followed_by_silence_and_a_grey_flag(world: World) -> None:
    """Nobody is pestered; the care team is told quietly, and a word from the patient is enough."""
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE)

    world.skips(days=5)
    reminders = patient.sees()
    back = patient.answers("I am here again")

    assert [("I kept your place" in bubble.text) for bubble in reminders] == [True, True]
    assert ("nudges-unanswered", "grey") in [each[:2] for each in world.kept(patient).alerted]
    assert back
    assert world.kept(patient).state.nudge is not None


def test_a_reminder_missed_while_the_bot_was_away_is_dropped_with_its_reason(
    new_world: NewWorld,
) -> None:
    """Three hours late it would only confuse; the next day is as usual."""
    world = new_world()
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE)

    world.bot.stops()
    world.lets_pass(timedelta(hours=27))
    world.bot.starts()
    world.until_quiet()
    late = patient.sees()
    world.skips(days=1)

    assert not late
    assert len(patient.sees()) == 1
    [missed, *_] = world.kept(patient).records.nudges
    assert (missed.state, missed.reason) == ("skipped", "late")


def test_pain_that_has_reliably_grown_is_told_with_its_scores(world: World) -> None:
    """The weekly check compares with the start, and the clinician sees both numbers and why."""
    lee = world.clinician("Dr Lee")
    patient = world.patient()
    patient.rushes(*onboarding())
    patient.sees()

    world.skips(days=8)
    patient.sees()
    lee.sees()
    patient.answers("/check", "9", "9", "9", NEARER, *["Not at all"] * 4)
    alert = lee.sees().with_words("(peg-worse)")

    assert "now 9, at the start 5, best 5." in alert.text
    assert "10.1016/j.jpain.2023.07.028" in alert.text
    rules = [rule for rule, *_ in world.kept(patient).alerted]
    assert {"peg-worse", "peg-worse-percent"} <= set(rules)


def at(world: World, hour: time, *, days: int) -> datetime:
    """That hour by the patient's own clock, so many days from now."""
    day = world.now.astimezone(LONDON).date() + timedelta(days=days)
    return datetime.combine(day, hour, LONDON) + timedelta(seconds=5)


def is_a_picture(world: World, bubble: Bubble) -> bool:
    """Whether the file of a bubble is a PNG of a size that can be read on a phone."""
    assert bubble.file is not None
    content = world.client.get(world.server.url + bubble.file["url"]).content
    width, height = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
    return content.startswith(PNG) and width >= 600 and height >= 300
