"""A lesson in small parts: each can be begun, passed over, or left, and said in simpler words."""

from __future__ import annotations

import pytest

from flows.effects import Record, Settle
from flows.steps import Flow
from tests.flows.player import Player
from tests.flows.small import flow, heard, patient, release_with, shown

LESSON = flow(
    "lesson/made",
    {"say": "Welcome."},
    {"part": "idea", "text": "First: one idea.", "minutes": 2},
    {"say": "Pain makes many circles.", "simpler": "Pain goes round."},
    {"say": "Each one can be met.", "simpler": "You can step in."},
    {"ask": "circle", "text": "Do you know one?", "choices": {"y": "One I know", "n": "Not yet"}},
    {"part": "practice", "text": "Next: a practice."},
    {"write": "plan-what", "text": "What will you try?"},
    {"say": "That is a plan."},
)
GOES_ON = ["Pain makes many circles.", "Each one can be met.", "Do you know one?"]
PASSES = ["Next: a practice."]


def learner(lesson: Flow = LESSON) -> Player:
    """Someone at the first part of the lesson."""
    player = patient(release_with(lesson))
    player.say("/made")
    return player


@pytest.mark.parametrize(
    ("words", "follows"),
    [
        ("Go on", GOES_ON),
        ("go on", GOES_ON),
        ("yes", GOES_ON),
        ("ok", GOES_ON),
        ("1", GOES_ON),
        ("Skip part", PASSES),
        ("/skip", PASSES),
        ("2", PASSES),
        ("later", ["Later."]),
        ("3", ["Later."]),
        ("what is this", ["Please tap a button.", "First: one idea."]),
    ],
)
def test_a_part_understands_what_people_type(words: str, follows: list[str]) -> None:
    """Go on, skip, and later work in words as they do by their buttons."""
    assert heard(learner().say(words)) == follows


@pytest.mark.parametrize(("choice", "follows"), [("go", GOES_ON), ("pass", PASSES)])
def test_a_part_is_begun_or_passed_over_by_a_tap(choice: str, follows: list[str]) -> None:
    """Whichever it is, nothing is kept as an answer, and the prompt says what was chosen."""
    player = learner()
    asked = player.state.asked

    turned = player.choose(choice)

    labels = {"go": "Go on", "pass": "Skip part"}
    assert heard(turned) == follows
    assert [e for e in turned.effects if isinstance(e, Record)] == []
    assert Settle(turn=asked or 0, chosen=labels[choice]) in turned.effects
    assert set(player.state.answers) == {"zone"}


def test_the_last_part_passed_over_ends_the_lesson() -> None:
    """No part is left: the lesson is finished, and nothing of the part was said."""
    player = learner()
    player.choose("pass")

    turned = player.choose("pass")

    assert "That is a plan." not in heard(turned)
    assert player.state.finished("lesson/made") == player.now


def test_a_part_left_for_later_is_offered_again() -> None:
    """The place is kept: the same part asks when the patient comes back."""
    player = learner()
    player.choose("later")

    assert heard(player.say("/resume")) == ["First: one idea."]


def test_back_leads_to_the_part_before() -> None:
    """A part that was begun by mistake can be gone back to."""
    player = learner()
    player.choose("go")

    assert heard(player.say("back")) == ["First: one idea."]


def test_a_part_can_lead_elsewhere_than_to_the_step_below() -> None:
    """Its `goto` is where "go on" leads; skipping still leads to the part below."""
    lesson = flow(
        "lesson/made",
        {"part": "one", "text": "One?", "goto": "far"},
        {"part": "two", "text": "Two?"},
        {"id": "far", "ask": "far", "text": "Far?", "choices": {"a": "Here", "b": "There"}},
    )

    assert heard(learner(lesson).choose("go")) == ["Far?"]
    assert heard(learner(lesson).choose("pass")) == ["Two?"]


def test_what_was_said_can_be_said_more_simply_once() -> None:
    """Each bubble since the last question comes again in its easier words, then the question."""
    player = learner()
    offered = shown(player.choose("go"))

    turned = player.press("Simpler")

    assert "Simpler" in offered
    assert heard(turned) == ["Pain goes round.", "You can step in.", "Do you know one?"]
    assert "Simpler" not in shown(turned)


def test_simpler_words_are_offered_at_the_next_question_only() -> None:
    """An answered question leaves them behind."""
    player = learner()
    player.choose("go")

    assert "Simpler" not in shown(player.choose("y"))
    assert heard(player.say("/simpler")) == ["Simpler none.", "Next: a practice."]


def test_simpler_words_outlast_a_break() -> None:
    """Whoever left before reading on is offered them when they come back."""
    player = learner()
    player.choose("go")
    player.say("/later")

    assert "Simpler" in shown(player.say("/resume"))


def test_asking_for_simpler_words_is_no_answer_to_a_written_question() -> None:
    """It is not kept as somebody's plan."""
    player = learner()
    player.choose("pass")
    player.choose("go")

    turned = player.say("easier")

    assert heard(turned) == ["Simpler none.", "What will you try?"]
    assert "plan-what" not in player.state.answers


def test_a_consent_is_given_to_its_own_words() -> None:
    """What is agreed to is what was shown: nothing simpler is offered there."""
    choices = {"agree": "I agree", "decline": "No"}
    consent = {"consent": "1", "text": "Do you agree?", "choices": choices}
    said = {"say": "We keep your answers.", "simpler": "We keep them."}
    player = patient(release_with(flow("flow/made", said, consent)))

    assert "Simpler" not in shown(player.say("/made"))
    assert heard(player.say("/simpler"))[0] == "Simpler none."


def test_vague_words_at_a_part_are_met_with_a_question() -> None:
    """Even where the same words would leave the part for later, care comes first."""
    release = release_with(LESSON)
    phrases = release.crisis.phrases["en"].model_copy(update={"soft": ("later",)})
    crisis = release.crisis.model_copy(update={"phrases": {"en": phrases}})
    player = patient(release.model_copy(update={"crisis": crisis}))
    player.say("/made")

    player.say("later")

    assert player.state.held == "safety/crisis"
    assert player.state.stack[0].step == "idea"


def test_a_measure_keeps_its_words() -> None:
    """Its items are asked as printed, whatever was said before in simpler words."""
    simple = {"say": "Now some questions.", "simpler": "Questions."}
    player = patient(release_with(flow("flow/made", simple, {"do": "measure/mood"})))

    turned = player.say("/made")

    assert "Simpler" not in shown(turned)
    assert heard(player.say("/simpler"))[0] == "Simpler none."


@pytest.mark.parametrize("words", ["Skip part", "/skip"])
def test_a_talk_that_ends_with_its_part_passed_over_ends_with_a_word(words: str) -> None:
    """Nobody is left before a silent screen, wondering whether the tap was seen."""
    last = {"part": "idea", "text": "First: one idea."}
    player = patient(release_with(flow("addon/made", last, {"say": "Pain goes round."})))
    player.say("/made")

    turned = player.say(words)

    assert player.state.stack == ()
    assert heard(turned) == [player.release.text("nothing-open").strip()]


def test_a_talk_that_ends_silently_over_another_leads_back_to_it() -> None:
    """What lay open below was left for later, and one tap goes on with it."""
    menu = {"ask": "which", "text": "Which one?", "choices": {"none": "None right now"}}
    resting = flow("exercise/list", menu).model_copy(update={"rest_after": True})
    player = patient(release_with(LESSON, resting))
    player.say("/made")
    player.say("/list")

    turned = player.choose("none")

    assert heard(turned) == ["Later."]
    assert player.state.stack[-1].resting
    assert heard(player.press(shown(turned)[0])) == ["First: one idea."]
