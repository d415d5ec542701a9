"""Content that knows nothing of what is open: it is closed, the patient told, nobody is lost."""

from __future__ import annotations

import pytest

from flows.effects import Raise, Send, Settle, Toast
from flows.program import Release
from tests.flows.player import Player
from tests.flows.small import FIRST, heard
from tests.flows.starts import STARTS, begin

CLOSED = "The program was renewed"


def moved(release: Release, place: str) -> Player:
    """Someone who lived up to there on other content, and whose next turn is on this one."""
    player = begin(release, place, FIRST, zone="America/Toronto")
    player.state = player.state.model_copy(update={"release": "another"})
    return player


@pytest.mark.parametrize("place", [name for name in STARTS if name != "new"])
def test_from_every_place_the_next_words_find_a_way_on(release: Release, place: str) -> None:
    """Nothing of the old talk is open, and whoever had begun and had something open is told."""
    player = moved(release, place)
    before = player.state
    had = bool(before.stack) and before.phase != "consenting"

    turned = player.say("hello")

    told = any(CLOSED in text for text in heard(turned))
    assert told == (had and before.held is None)
    assert before.asked is None or Settle(turn=before.asked) in turned.effects
    assert (player.state.scores, player.state.done) == (before.scores, before.done)
    assert not any(CLOSED in text for text in heard(player.say("hello"))), "told once"


def test_a_tap_at_a_question_that_is_gone_is_not_said_to_be_noted(release: Release) -> None:
    """An answer about dying that could not be kept must not seem to be."""
    player = moved(release, "at-item-9")

    turned = player.choose("3")

    toasts = [each.text for each in turned.effects if isinstance(each, Toast)]
    assert toasts == [release.text("moved-on")]
    assert CLOSED in heard(turned)[0]
    assert "/now" in heard(turned)[0]
    assert player.state.stack[0].flow == "flow/baseline", "the questions begin anew"


def test_whoever_is_reached_by_the_clock_first_is_told_at_their_own_next_word(
    release: Release,
) -> None:
    """The clock closes what was open; a tap at it afterwards is still no answer."""
    player = moved(release, "at-item-9")
    asked = player.state.asked
    assert player.state.nudge is not None
    player.wait_for(player.state.nudge)

    turned = player.forge(f"{asked}.3")

    assert release.text("already") not in [e.text for e in turned.effects if isinstance(e, Toast)]
    assert CLOSED in heard(turned)[0]


def test_words_of_dying_get_help_first_and_nothing_else_is_said(release: Release) -> None:
    """That something was closed can wait."""
    player = moved(release, "in-lesson-cbt")

    turned = player.say("I want to die")

    assert all(each.lane == "crisis" for each in turned.effects if isinstance(each, Send))
    assert [each.rule for each in turned.effects if isinstance(each, Raise)] == ["crisis-words"]
    player.choose("no")
    player.choose("go")
    assert player.state.held is None


@pytest.mark.parametrize("held", ["safety/crisis", "safety/of-long-ago"])
@pytest.mark.parametrize("act", ["hello", "/start", "/lesson", ".tap"])
def test_a_hold_stands_and_its_question_is_asked_again(
    release: Release, held: str, act: str
) -> None:
    """Also by a tap at the old question, and where the old safety talk has gone."""
    player = moved(release, "in-crisis")
    player.state = player.state.model_copy(update={"held": held})

    turned = player.choose("no") if act == ".tap" else player.say(act)

    assert player.state.held == "safety/crisis"
    assert player.state.stack[-1].flow == "safety/crisis"
    assert player.state.asked == player.state.turn
    assert not any(CLOSED in text for text in heard(turned))
