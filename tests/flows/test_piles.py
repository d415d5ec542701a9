"""Several talks lie on one another: what is asked for comes up, and none of the others is lost."""

from __future__ import annotations

from typing import Any

import pytest

from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.small import flow, heard, patient, release_with, tiny

CHOICES = {"yes": "Yes", "no": "No"}


def question(key: str) -> dict[str, Any]:
    """A question that reads as its key."""
    return {"ask": key, "text": key, "choices": CHOICES}


CALM = flow("exercise/calm", question("calm-1"), question("calm-2"))
RECORD = flow("exercise/record", question("record-1"), {"do": "exercise/calm"})
LESSON = flow("lesson/hello", question("lesson-1"), {"do": "exercise/calm"}, question("lesson-2"))
WEEKLY = flow("flow/weekly", question("weekly-1"), question("weekly-2"))
ANGER = flow("addon/anger", question("anger-1"), question("anger-2"))
EXTRA = flow("flow/extra", {"open": "addon"})
MOOD = flow("flow/mood", {"do": "measure/mood"})


def learner() -> Player:
    """Someone whose lesson and weekly questions are open to them, and an extra besides."""
    program = tiny().program.model_dump(by_alias=True)
    release = release_with(
        CALM, RECORD, LESSON, WEEKLY, ANGER, EXTRA, MOOD,
        checks=[{"flow": "flow/weekly", "every_days": 7}],
        addons={"anger": "addon/anger"},
        tracks={key: {"title": "t", "lessons": ["lesson/hello"]} for key in program["tracks"]},
    )  # fmt: skip
    return patient(release, addons=("anger",))


def asked(turned: Turn) -> str:
    """The last thing that is said, which is the question."""
    return heard(turned)[-1]


def names(player: Player) -> list[str]:
    """The open flows from the bottom up."""
    return [frame.flow.rpartition("/")[2] for frame in player.state.stack]


@pytest.mark.parametrize(
    ("open_", "again"),
    [("/hello", "/lesson"), ("/anger", "/extra"), ("/weekly", "/check")],
)
def test_what_is_asked_for_comes_before_what_was_opened_later(open_: str, again: str) -> None:
    """The lesson's button leads to the lesson, though an exercise lies above it."""
    player = learner()
    first = asked(player.say(open_))
    second = asked(player.choose("yes"))
    assert first != second
    player.say("/later")
    player.say("/record")
    player.say("/later")

    assert asked(player.say(again)) == second
    assert names(player)[0] == "record"


def test_a_lesson_that_waits_for_an_exercise_comes_up_with_it() -> None:
    """What a flow is doing is a part of it, and leads back into it."""
    player = learner()
    player.say("/hello")
    player.choose("yes")
    player.say("/later")
    player.say("/weekly")
    player.say("/later")

    assert asked(player.say("/lesson")) == "calm-1"
    assert names(player) == ["weekly", "hello", "calm"]
    player.choose("yes")
    assert asked(player.choose("yes")) == "lesson-2"
    assert asked(player.choose("yes")) == "Lesson done."
    assert asked(player.say("/resume")) == "weekly-1"


def test_an_older_talk_opened_again_takes_nothing_else_away() -> None:
    """That nothing is lost holds for a lesson above an exercise that is begun anew."""
    player = learner()
    player.say("/record")
    player.choose("yes")
    player.say("/later")
    player.say("/hello")
    player.choose("yes")
    player.choose("yes")
    player.say("/later")

    assert asked(player.say("/record")) == "record-1"
    assert names(player) == ["hello", "calm", "record"]
    assert asked(player.say("/lesson")) == "calm-2"


def test_an_exercise_begun_anew_still_leads_back_into_its_lesson() -> None:
    """The lesson that was doing it goes on after it, and what lay between keeps its place."""
    player = learner()
    player.say("/hello")
    player.choose("yes")
    player.choose("yes")
    player.say("/later")
    player.say("/weekly")
    player.choose("yes")
    player.say("/later")

    assert asked(player.say("/calm")) == "calm-1"
    assert names(player) == ["weekly", "hello", "calm"]
    player.choose("yes")
    assert asked(player.choose("yes")) == "lesson-2"
    assert asked(player.choose("yes")) == "Lesson done."
    assert asked(player.say("/resume")) == "weekly-2"


def test_a_talk_is_open_once_however_often_it_is_asked_for() -> None:
    """Opened by itself and inside a lesson, it is begun anew in one place."""
    player = learner()
    player.say("/calm")
    player.say("/hello")
    player.choose("yes")
    for _ in range(3):
        player.say("/calm")

    assert names(player) == ["hello", "calm"]
    assert [frame.waiting for frame in player.state.stack] == [True, False]


def test_half_of_a_questionnaire_is_kept() -> None:
    """Answers given to its items are there when it is taken up again."""
    player = learner()
    player.say("/calm")
    player.say("/mood")
    player.choose("1")

    player.say("/calm")

    assert names(player) == ["mood", "mood", "calm"]
    assert player.state.stack[1].items == {1: 1}
