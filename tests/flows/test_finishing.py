"""After the last lesson: the closing, going on to the rest, the visits, and the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.effects import Raise, Relay
from flows.scene import Scene
from flows.state import Done
from flows.turn import Turn
from flows.way import move
from tests.flows.courses import MONDAY, begun
from tests.flows.player import Player
from tests.flows.small import heard, shown

DAY = timedelta(days=1)


def learn(player: Player) -> list[Turn]:
    """Take the lesson that waits, to its end."""
    return [player.say("/lesson"), *player.finish()]


def after_the_last_lesson(**answers: str) -> Player:
    """Someone of the short pack who finishes its last lesson on the day that it opens."""
    player = begun(pack="short", **answers)
    while player.state.phase == "learning":
        list(player.wait(DAY))
        learn(player)
    return player


def following_up() -> Player:
    """Someone whose closing was just finished."""
    player = after_the_last_lesson()
    list(player.wait(10 * DAY))
    learn(player)
    return player


def go_on(player: Player, pack: str) -> None:
    """Choose this pack, and make the move that leads back to the lessons."""
    answers = {**player.state.answers, "pack": pack}
    chosen = player.state.model_copy(update={"answers": answers})
    player.state = move(Scene(player.release, player.journal[-1], chosen), "more").state


def rules(turns: list[Turn]) -> list[str]:
    """The alerts that these turns raise."""
    return [each.rule for turned in turns for each in turned.effects if isinstance(each, Raise)]


def test_the_last_lesson_says_when_the_closing_opens() -> None:
    """The course is not over with its last lesson: the closing waits for its day."""
    player = begun(pack="short")
    last: list[Turn] = []
    while player.state.phase == "learning":
        list(player.wait(DAY))
        last = learn(player)

    assert player.state.phase == "finishing"
    assert "the closing" in heard(last[-1])[-1]
    assert "The closing opens on" in heard(player.say("/lesson"))[-1]
    assert heard(player.say("/check"))[-1].startswith("No questions are due")


def test_the_lesson_button_opens_the_closing_on_its_day() -> None:
    """Nobody has to know that the closing is a set of questions."""
    player = after_the_last_lesson()
    list(player.wait(10 * DAY))

    player.say("/lesson")

    assert player.state.stack[-1].flow == "flow/ending"


@pytest.mark.parametrize(
    "command", ["/menu", "/flare", "/progress", "/help", "/settings", "/cards"]
)
def test_everything_but_lessons_stays_open_after_the_closing(command: str) -> None:
    """What was learned can be used on: only lessons are over."""
    player = following_up()

    assert "don't know that one" not in heard(player.say(command))[0]
    assert player.state.phase == "following_up"


def test_between_the_visits_no_nudge_comes() -> None:
    """The next nudge is that of the first visit, three months on, and nothing waits before."""
    player = following_up()
    closed = player.now
    assert player.state.nudge is not None

    assert (player.state.nudge.due_at - closed).days in {89, 90}
    assert list(player.wait(80 * DAY)) == []


def test_a_visit_that_was_put_off_is_offered_again_and_then_no_more() -> None:
    """Two days later once more; two without an answer end the reminders."""
    player = following_up()
    closed = player.now.date()

    turns = list(player.wait(120 * DAY))
    days = [(day - closed).days for day in player.nudge_days if day > closed]

    assert days == [90, 92]
    assert "nudges-unanswered" in rules(turns)


def test_whoever_chose_the_short_pack_may_go_on_to_the_rest() -> None:
    """The other lessons follow where the course stood; the closing comes again after them."""
    player = following_up()
    go_on(player, pack="whole")

    turns = learn(player)

    assert heard(turns[0])[0] == "Shall we?"
    assert player.state.finished("lesson/cbt-calm") is not None
    assert player.state.phase == "learning"


def test_nobody_goes_on_to_lessons_that_are_not_there() -> None:
    """With every lesson of the pack finished, going on changes nothing."""
    player = following_up()

    go_on(player, pack="short")

    assert player.state.phase == "following_up"


def test_a_pack_made_short_after_its_lessons_leads_to_the_closing() -> None:
    """Whoever wants less is not left waiting for a lesson that never comes."""
    player = begun()
    done = ("core-start", "cbt-loop", "cbt-pacing", "cbt-plan")
    lived = tuple(Done(flow=f"lesson/{name}", at=MONDAY) for name in done)
    short = {**player.state.answers, "pack": "short"}
    player.state = player.state.model_copy(update={"done": lived, "answers": short})

    player.say("/lesson")

    assert player.state.phase == "finishing"


def test_after_the_last_visit_nothing_comes_any_more() -> None:
    """The course is finished: no nudge, and /check says kindly that nothing is planned."""
    player = following_up()
    while player.state.phase == "following_up" and player.state.nudge is not None:
        player.wait_for(player.state.nudge)
        player.finish()

    assert player.state.phase == "finished"
    assert player.state.nudge is None
    assert heard(player.say("/check"))[-1].startswith("No more questions are planned")
    assert len(shown(player.say("/menu"))) >= 7


def test_an_extra_waits_behind_the_lessons_and_before_the_plan() -> None:
    """The extra that was chosen is offered on a day that has nothing else."""
    player = begun()
    program = player.release.program.model_copy(update={"addons": {"rest": "exercise/breathing"}})
    player.release = player.release.model_copy(update={"program": program})
    learn(player)
    list(player.wait(DAY))
    learn(player)
    player.state = player.state.model_copy(update={"addons": ("rest",)})

    turns = list(player.wait(DAY))

    assert "extra" in heard(turns[-1])[0]
    player.finish()
    assert player.state.finished("exercise/breathing") is not None


def test_leaving_is_told_once_and_its_reason_follows_as_words() -> None:
    """Two taps, and the person has left; the optional why comes after, for the team to read."""
    player = begun()
    player.say("/stop")

    left = player.choose("leave")
    why = player.choose("time")

    assert player.state.phase == "withdrawn"
    assert rules([left, why]) == ["left"]
    assert [each.text for each in why.effects if isinstance(each, Relay)] == [
        "It takes too much time"
    ]


@pytest.mark.parametrize("answer", ["none", "skip"])
def test_who_gives_no_reason_has_none_told(answer: str) -> None:
    """Not even the reason that they gave when they left before."""
    player = begun(**{"leave-why": "time"})
    player.say("/stop")
    player.choose("leave")

    last = player.say(answer) if answer == "skip" else player.choose(answer)

    assert [each for each in last.effects if isinstance(each, Relay)] == []
    assert player.state.stack == ()
