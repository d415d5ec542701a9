"""What a patient may ask for at any time: their data, their scores, a rest, a change, the door."""

from __future__ import annotations

import pytest

from tests.journeys.line import as_json
from tests.journeys.people import Person
from tests.journeys.scripts import GOAL, PLACE, STARTED_AT, WELCOME, onboarding
from tests.journeys.world import Json, World

HERS = "playing the cello for my nephew"
HIS = "rowing on the reservoir at dawn"


@pytest.fixture(scope="module")
def settled(shared_world: World) -> tuple[Person, Person]:
    """Two patients who have been through everything up to the first lesson."""
    both = []
    for goal in (HERS, HIS):
        patient = shared_world.patient()
        script = [goal if reply == GOAL[0] else reply for reply in onboarding()]
        patient.rushes(*script, "Not now")
        both.append(patient)
    for patient in both:
        patient.sees()
    return both[0], both[1]


def test_mydata_is_a_file_with_all_that_is_theirs_and_nobody_elses(
    world: World, settled: tuple[Person, Person]
) -> None:
    """Answers, scores, consent and settings, as JSON; no Telegram number, no other person."""
    her, him = settled

    hers, his = given(world, her), given(world, him)

    assert hers["settings"]["goal"] == HERS
    assert {"key": "goal", "value": HERS}.items() <= answer_to("goal", hers).items()
    assert {score["measure"] for score in hers["scores"]} == set(STARTED_AT)
    assert [consent["agreed"] for consent in hers["consents"]] == [True]
    assert HIS not in str(hers)
    assert HERS not in str(his)
    assert str(her.number) not in str(hers)


def test_progress_is_a_picture_and_the_same_in_words(
    world: World, settled: tuple[Person, Person]
) -> None:
    """Who has scores sees where they began; who has none is told so kindly."""
    newcomer = world.patient()
    newcomer.answers(*WELCOME)

    shown = settled[0].answers("/progress")

    assert [bubble.kind for bubble in shown].count("photo") == 1
    assert ": 5 of 10 today" in shown
    assert "Your picture starts with the first set of questions" in newcomer.answers("/progress")


def test_a_pause_is_silent_and_ends_with_a_question(
    world: World, settled: tuple[Person, Person]
) -> None:
    """Three days of rest without a reminder, then one; resume before that works as well."""
    her, him = settled

    assert "rest from the program" in her.answers("/pause", "3 days")
    assert "rest from the program" in him.answers("take a break", "Until I come back")
    assert "We go on where you stopped" in him.answers("/resume")
    world.skips(days=2)
    quiet = her.sees()
    world.skips(days=2)
    asked = her.sees()

    assert not quiet
    assert "Your pause is over, if you like" in asked
    assert "Welcome back" in her.answers("Go on")
    assert {world.kept(patient).state.phase for patient in settled} == {"learning"}
    him.sees()


def test_a_new_reminder_time_moves_the_next_reminder(
    world: World, settled: tuple[Person, Person]
) -> None:
    """A setting counts from the moment it is changed."""
    her, _ = settled

    assert "That is changed" in her.answers("/settings", "Reminder time", "6 pm")
    kept = world.kept(her)

    assert kept.values["nudge-time"] == "18:00"
    assert kept.state.nudge is not None
    assert kept.state.nudge.due_at.hour == 18  # London, in winter


def test_whoever_leaves_is_left_alone_and_may_come_back(
    world: World, settled: tuple[Person, Person]
) -> None:
    """No reminder follows; help lines stay, and /start opens the door again."""
    _, him = settled

    assert "You have left" in him.answers("/stop", "Yes, leave", "My health")
    world.skips(days=3)
    assert not him.sees()
    assert "Samaritans" in him.answers("/now")
    assert world.kept(him).state.phase == "withdrawn"
    assert "Setting up takes about" in him.answers("/start")
    assert world.kept(him).values["leave-why"] == "health"


@pytest.mark.parametrize(
    "command",
    ["/menu", "/help", "/now", "/flare", "/progress", "/pause", "/resume", "/person", "/settings"],
)
def test_every_command_is_of_use_in_the_middle_of_a_question(world: World, command: str) -> None:
    """Whatever is asked just now, a command is answered, and the question can be found again."""
    patient = world.patient()
    patient.answers(*WELCOME, PLACE[0])

    answer = patient.answers(command)
    patient.answers("later")
    again = patient.answers("/resume")

    assert answer
    assert again


def given(world: World, patient: Person) -> Json:
    """The data that /mydata sends, beside the same as a page."""
    files = [each.file for each in patient.answers("/mydata") if each.kind == "document"]
    page, data = (file or {} for file in files)
    assert (page["name"], data["name"]) == ("paceful-my-data.html", "paceful-my-data.json")
    assert "<html" in world.client.get(world.server.url + page["url"]).text
    return as_json(world.client.get(world.server.url + data["url"]).content)


def answer_to(key: str, whole: Json) -> Json:
    """The last answer under that key in the file."""
    return dict([answer for answer in whole["answers"] if answer["key"] == key][-1])
