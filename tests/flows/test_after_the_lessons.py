"""Once the lessons are over, what the patient is told still holds: pauses, changes, visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.effects import Raise, Send
from flows.steps import Ask
from flows.turn import Turn
from tests.flows.courses import MONDAY
from tests.flows.player import Player
from tests.flows.small import heard
from tests.flows.starts import begin, real_release
from tests.flows.test_finishing import after_the_last_lesson, following_up

DAY = timedelta(days=1)
STOPS = "Reminders stop until your pause is over"


def change(player: Player, setting: str, value: str) -> None:
    """Choose this in the settings."""
    player.say("/settings")
    if setting == "pack":
        player.choose("lessons")
    player.choose(setting)
    player.choose(value)


def until_asked_for_the_rest() -> Player:
    """Someone of the short pack, in the closing, at the offer of the other lessons."""
    player = begin(real_release(), "short-lessons-over", MONDAY)
    player.say("/lesson")
    while not (isinstance(question := player.question(), Ask) and question.ask == "pack"):
        player.answer_first()
    return player


def said_on(turns: list[Turn]) -> str:
    """Everything that was said in these turns."""
    return "\n".join(words for turned in turns for words in heard(turned))


@pytest.mark.parametrize("way", ["/pause", "/stop"])
def test_a_pause_before_the_closing_holds(way: str) -> None:
    """No reminder comes while the patient rests, and going on leads back to the closing."""
    player = after_the_last_lesson()
    player.say(way)
    if way == "/stop":
        player.choose("rest")

    paused = player.choose("14")
    quiet = list(player.wait(13 * DAY))
    player.say("/resume")

    assert STOPS in said_on([paused])
    assert [each for turned in quiet for each in turned.effects if isinstance(each, Send)] == []
    assert player.state.phase == "finishing"
    player.say("/lesson")
    assert player.state.stack[-1].flow == "flow/ending"


@pytest.mark.parametrize("way", ["/pause", "/stop"])
def test_after_the_closing_nobody_is_told_of_a_pause_that_is_none(way: str) -> None:
    """There is nothing to pause, and the patient hears when the next questions come."""
    player = following_up()
    turned = player.say(way)
    if way == "/stop":
        turned = player.choose("rest")

    assert STOPS not in said_on([turned])
    assert "3, 6 and 12 months" in said_on([turned])
    assert player.state.phase == "following_up"


def test_while_setting_up_nobody_is_told_that_reminders_stop() -> None:
    """Whoever turns from leaving to a pause hears the truth, and how to end every reminder."""
    player = begin(real_release(), "in-baseline", MONDAY)
    player.say("/stop")

    turned = player.choose("rest")

    assert STOPS not in said_on([turned])
    assert "/stop" in said_on([turned])


def test_a_pause_asked_for_on_a_pause_gets_the_new_length() -> None:
    """The longer rest that was chosen is the one that is kept."""
    player = begin(real_release(), "paused", MONDAY)
    began = player.now
    player.say("/pause")

    player.choose("14")

    assert player.state.phase == "paused"
    assert player.state.paused_until is not None
    assert (player.state.paused_until.date() - began.date()).days == 14


@pytest.mark.parametrize("begun", [after_the_last_lesson, following_up])
@pytest.mark.parametrize(
    ("setting", "value"), [("pack", "whole"), ("track", "act")], ids=["pack", "path"]
)
def test_a_change_of_the_course_after_its_lessons_opens_the_rest(
    begun: Callable[[], Player], setting: str, value: str
) -> None:
    """What the settings say is true: the lessons that are left can be taken."""
    player = begun()
    list(player.wait(10 * DAY))
    change(player, setting, value)

    turned = player.say("/lesson")

    assert player.state.phase == "learning"
    assert heard(turned)[0] == "Shall we?"


def test_a_change_that_leaves_no_lesson_changes_nothing_else() -> None:
    """The pack that was chosen before leads nowhere new."""
    player = following_up()

    change(player, "pack", "short")

    assert player.state.phase == "following_up"


def test_see_the_other_path_after_the_lessons_opens_its_lessons() -> None:
    """What /fit says is changed is changed, as in the settings."""
    player = following_up()
    player.say("/fit")
    for choice in ("not-me", "path", "act"):
        player.choose(choice)

    assert player.state.phase == "learning"


def test_whoever_goes_on_to_the_rest_is_not_at_once_behind() -> None:
    """The lessons begin to wait now: no word of a long wait, no questions on the same day."""
    player = until_asked_for_the_rest()
    list(player.wait(3 * DAY))
    player.say("/resume")
    player.choose("whole")

    asked = player.say("/check")
    turns = list(player.wait(2 * DAY))

    assert "No questions are due" in said_on([asked])
    assert "A new lesson is ready" in said_on(turns)
    assert "waited a while" not in said_on(turns)


def test_each_visit_is_offered_whether_or_not_the_last_one_was_answered() -> None:
    """Two unanswered reminders are told once for each visit, and the next visit starts anew."""
    player = following_up()
    closed = player.now.date()

    turns = list(player.wait(500 * DAY))

    days = [(day - closed).days for day in player.nudge_days if day > closed]
    raised = [e.rule for turned in turns for e in turned.effects if isinstance(e, Raise)]
    assert days == [90, 92, 180, 182, 365, 367]
    assert raised == ["nudges-unanswered"] * 3


def test_a_visit_left_half_done_gives_way_to_the_next() -> None:
    """Nobody is asked in the sixth month what was meant for the third."""
    player = following_up()
    list(player.wait(91 * DAY))
    player.say("/check")
    player.say("later")
    list(player.wait(100 * DAY))

    player.say("/check")

    assert [frame.flow for frame in player.state.stack] == ["flow/booster-6"]


def test_a_question_of_the_closing_does_not_stand_before_a_visit() -> None:
    """The offer that was left open waits below; the visit that is due begins."""
    player = until_asked_for_the_rest()
    player.say("later")
    player.now += 91 * DAY

    player.say("/check")
    visit = player.state.stack[-1].flow
    player.finish()

    assert visit == "flow/booster-3"
    assert player.state.finished("flow/booster-3") is not None
