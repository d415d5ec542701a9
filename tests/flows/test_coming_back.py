"""Coming back after leaving: what was learned stays learned, and what is asked anew is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.effects import Send
from flows.program import Release
from flows.rhythm import due_check
from flows.scene import Scene
from flows.steps import Question, Write, key_of
from flows.turn import Turn
from flows.wording import plain
from tests.flows.player import Player
from tests.flows.small import FIRST, heard, shown
from tests.flows.starts import begin

DAY = timedelta(days=1)
MOST_ANSWERS = 200
USUAL = {"country": "ca", "track": "act", "pack": "whole"}
LOW = {"ready-time": "2"}
LAST = ("start-now", "start-again", "short-over", "track-again", "closing-now")
HOLES = ("  ", " .", "****", "…", "on .", "{")
"""What a text reads like in which a word is missing."""


def returned(release: Release, place: str, **answers: str) -> tuple[Player, list[Turn]]:
    """Someone who left from there and came back 20 days later, up to the end of the set-up."""
    player = begin(release, place, FIRST, zone="America/Toronto")
    player.say("/stop")
    player.choose("leave")
    player.choose("none")
    list(player.wait(20 * DAY))
    turns = [player.say("/start")]
    while not is_set_up(player):
        assert len(turns) < MOST_ANSWERS, f"no end to {player.state.stack}"
        turns.append(answer(player, {**USUAL, **answers}))
    return player, turns


def is_set_up(player: Player) -> bool:
    """Whether the last question of the set-up is open, or nothing is."""
    return player.question() is None or player.state.stack[-1].step in LAST


def answer(player: Player, answers: dict[str, str]) -> Turn:
    """The open question answered as told, or in the way that leads on."""
    question = player.question()
    assert question is not None
    key, choices = key_of(question), list(getattr(question, "choices", {}))
    if key in answers:
        return player.choose(answers[key])
    if isinstance(question, Write):
        return player.choose(choices[0]) if choices else player.say(_typed(question))
    if player.state.phase == "screening" and "none" in choices:
        return player.choose("none")
    return player.answer_first()


def _typed(question: Question) -> str:
    return "toronto" if getattr(question, "read", "") == "zone" else "walk"


def is_whole(turned: Turn) -> bool:
    """Whether no bubble of the turn has a hole where a word should stand."""
    texts = [plain(e.text, e.values) for e in turned.effects if isinstance(e, Send)]
    return not [text for text in texts for hole in HOLES if hole in text]


def is_due(player: Player) -> str | None:
    """The questions that are due now."""
    check = due_check(Scene(player.release, player.journal[-1], player.state))
    return check.flow if check else None


def test_whoever_comes_back_goes_on_with_the_lesson_after_the_last_one(release: Release) -> None:
    """The lessons that were finished are not begun again, and the next one has its name."""
    player, turns = returned(release, "half-way-cbt", track="cbt")

    assert all(is_whole(turned) for turned in turns)
    assert "Your next lesson is" in heard(turns[-1])[-1]
    assert shown(turns[-1])[0] == "Start the lesson"
    player.choose("go")
    assert player.state.stack[0].flow == "lesson/cbt-thoughts"


def test_whoever_never_had_a_lesson_starts_with_the_first(release: Release) -> None:
    """As on the very first day."""
    player, turns = returned(release, "learning-cbt", track="cbt")

    assert all(is_whole(turned) for turned in turns)
    assert shown(turns[-1])[0] == "Start lesson 1"
    player.choose("go")
    assert player.state.stack[0].flow == "lesson/core-start"


@pytest.mark.parametrize("place", ["lessons-over", "graduated"])
def test_whoever_has_had_every_lesson_is_told_so_and_may_take_the_other_path(
    release: Release, place: str
) -> None:
    """No lesson is announced that is not there; the other path begins with its own first one."""
    player, turns = returned(release, place, track="act")

    assert all(is_whole(turned) for turned in turns)
    assert "every lesson" in heard(turns[-1])[-1]

    player.choose("other")
    player.choose("cbt")
    player.choose("go")

    assert player.state.phase == "learning"
    assert player.state.stack[0].flow == "lesson/cbt-loop"


def test_whoever_has_closed_the_course_is_followed_up_again_without_a_second_closing(
    release: Release,
) -> None:
    """The new start is counted from today, and the next questions come in three months."""
    player, _ = returned(release, "graduated", track="act")

    turned = player.choose("on")

    assert is_whole(turned)
    assert player.state.phase == "following_up"
    assert player.question() is None
    assert list(player.wait(80 * DAY)) == []
    list(player.wait(12 * DAY))
    player.say("/check")
    assert player.state.stack[0].flow == "flow/booster-3"


@pytest.mark.parametrize(("tap", "opens"), [("go", "flow/ending"), ("wait", None)])
def test_whoever_left_before_the_closing_may_have_it_now(
    release: Release, tap: str, opens: str | None
) -> None:
    """It is offered at once and stays open for later."""
    player, _ = returned(release, "lessons-over", track="act")
    offered = player.choose("on")
    assert "the closing" in heard(offered)[-1]

    turned = player.choose(tap)

    assert is_whole(turned)
    assert player.state.phase == "finishing"
    assert (player.state.stack[0].flow if player.state.stack else None) == opens
    assert is_due(player) == "flow/ending"


def test_the_half_way_stop_comes_once(release: Release) -> None:
    """Five lessons were behind them, and the stop too: it does not come on the day they return."""
    player = begin(release, "half-way-cbt", FIRST, zone="America/Toronto")
    player.say("/check")
    player.finish()
    half_way = player.state.finished("flow/middle")
    assert half_way is not None
    player.say("/stop")
    player.choose("leave")
    player.choose("none")
    player.say("/start")
    while not is_set_up(player):
        answer(player, {**USUAL, "track": "cbt"})

    player.choose("wait")

    assert is_due(player) is None
    assert player.state.finished("flow/middle") == half_way


def test_the_short_pack_of_the_first_time_holds_no_longer(release: Release) -> None:
    """Nobody is asked with high numbers, so the whole path it is: five lessons are left."""
    player, turns = returned(release, "short-lessons-over", track="cbt")

    assert "pack" not in player.state.answers
    assert "pack" not in player.state.words
    assert all(is_whole(turned) for turned in turns)
    player.choose("go")
    assert player.state.stack[0].flow == "lesson/cbt-calm"


@pytest.mark.parametrize(
    ("taps", "opens"),
    [(("whole", "go"), "lesson/cbt-calm"), (("short", "on", "go"), "flow/ending")],
)
def test_whoever_takes_the_short_pack_again_is_asked_about_the_rest(
    release: Release, taps: tuple[str, ...], opens: str
) -> None:
    """Its lessons are over, the others are not: the patient decides between them and the end."""
    player, turns = returned(release, "short-lessons-over", track="cbt", pack="short", **LOW)
    assert "short pack already" in heard(turns[-1])[-1]

    turns = [player.choose(tap) for tap in taps]

    assert all(is_whole(turned) for turned in turns)
    assert player.state.stack[0].flow == opens


def test_weeks_are_counted_from_the_new_start(release: Release) -> None:
    """Neither the pace nor the reminder of a lesson that waits looks back to the first time."""
    player, _ = returned(release, "half-way-cbt", track="cbt")
    player.choose("wait")

    assert player.state.learning_at is not None
    assert (player.now - player.state.learning_at) < DAY
    assert player.state.behind is None


def test_an_extra_that_was_chosen_before_is_still_there(release: Release) -> None:
    """Who asked for an extra and left before it came finds it again."""
    player = begin(release, "learning-cbt", FIRST, zone="America/Toronto")
    player.state = player.state.model_copy(update={"addons": ("sleep",)})
    player.say("/stop")
    player.choose("leave")
    player.choose("none")

    player.say("/start")

    assert player.state.addons == ("sleep",)
