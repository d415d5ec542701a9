"""The half-way stop looks at how it goes, whatever was answered that morning."""

from __future__ import annotations

import pytest

from flows.effects import Raise
from flows.steps import Item, Write
from flows.turn import Turn
from tests.flows.courses import MONDAY
from tests.flows.player import Player
from tests.flows.starts import begin, real_release


def answered(player: Player, pain: str) -> list[Turn]:
    """Every turn to the end of what is open, the pain items answered so."""
    turns = []
    while (question := player.question()) is not None:
        if isinstance(question, Item) and question.measure == "peg":
            turns.append(player.choose(pain))
        elif isinstance(question, Write) and question.choices:
            turns.append(player.choose(next(iter(question.choices))))
        else:
            turns.append(player.answer_first())
    return turns


def alerts_of_pain(turns: list[Turn]) -> list[str]:
    """The alerts that these turns raise about pain, in order."""
    raises = (each for turned in turns for each in turned.effects if isinstance(each, Raise))
    return [each.rule for each in raises if any(fact.measure == "peg" for fact in each.facts)]


@pytest.mark.parametrize("same_day", [True, False])
@pytest.mark.parametrize(("pain", "alerts"), [("5", ["no-gain-midcourse"]), ("3", [])])
def test_no_gain_half_way_is_told_whenever_pain_was_asked_that_day(
    same_day: bool, pain: str, alerts: list[str]
) -> None:
    """Questions in the morning, the fifth lesson, then the stop: the score of the day counts."""
    player = begin(real_release(), "lesson/cbt-activity", MONDAY)
    if same_day:
        player.say("/check")
        assert alerts_of_pain(answered(player, pain)) == []
    player.say("/lesson")
    answered(player, pain)

    at_the_stop = [player.say("/check"), *answered(player, pain)]

    assert player.state.finished("flow/middle") is not None
    assert alerts_of_pain(at_the_stop) == alerts
    days = [score.at.date() for score in player.state.scores_of("peg")]
    assert len(days) == len(set(days))
