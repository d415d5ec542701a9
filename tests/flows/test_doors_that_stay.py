"""The safety question and the agreement are doors that no command leads around."""

from __future__ import annotations

import pytest

from flows.effects import Agree, File, Keep, Raise, Record
from flows.program import Release
from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.small import FIRST, heard
from tests.flows.starts import STARTS, begin

OF_THE_PROGRAM = ("exercises", "addons", "fit", "flare", "settings")
KEEPING = (Record, File, Keep, Agree)


def at(release: Release, place: str) -> Player:
    return begin(release, place, FIRST, zone="America/Toronto")


def asked_of_dying(player: Player) -> bool:
    """Whether the open question is one of a safety talk."""
    return player.state.asked is not None and player.state.stack[-1].flow.startswith("safety/")


def kept(turned: Turn) -> list[object]:
    """What of the patient's answers this turn keeps."""
    return [effect for effect in turned.effects if isinstance(effect, KEEPING)]


def left_in_crisis(release: Release) -> Player:
    """Someone who wrote of dying, and then left the program instead of answering."""
    player = at(release, "in-crisis")
    player.say("stop")
    player.choose("leave")
    player.choose("none")
    return player


def test_coming_back_after_crisis_words_brings_the_question_again(release: Release) -> None:
    """The one who left, wrote of dying and sends /start is asked; "no" opens the way back."""
    player = at(release, "left")
    player.say("I want to die")

    player.say("/start")

    assert asked_of_dying(player)
    assert player.state.held is not None
    assert player.state.phase == "withdrawn"

    player.choose("no")
    player.finish()
    welcomed = player.say("/start")

    assert heard(welcomed)[0].startswith("Hello. This is **Paceful**")
    assert player.state.phase == "consenting"


@pytest.mark.parametrize("words", ["/start", "hello", *(f"/{name}" for name in OF_THE_PROGRAM)])
def test_whoever_left_in_a_crisis_is_asked_at_the_next_word(release: Release, words: str) -> None:
    """Leaving ends the program, not the care: the hold stands until it is answered."""
    player = left_in_crisis(release)

    turned = player.say(words)

    assert asked_of_dying(player), heard(turned)
    assert player.state.held is not None
    assert kept(turned) == []


@pytest.mark.parametrize("place", STARTS)
def test_no_command_of_the_program_leads_around_the_hold(release: Release, place: str) -> None:
    """From every place a story begins at, even where the safety talk itself was left behind."""
    player = at(release, place)
    player.say("I want to die")
    player.say("/stop")
    player.choose("leave")
    player.choose("none")

    for name in OF_THE_PROGRAM:
        player.say(f"/{name}")

        assert player.state.held is not None, name
        assert asked_of_dying(player), name


@pytest.mark.parametrize("name", OF_THE_PROGRAM)
@pytest.mark.parametrize("place", ["new", "at-consent", "left"])
def test_nothing_is_asked_or_kept_without_an_agreement(
    release: Release, place: str, name: str
) -> None:
    """Before the yes, and after leaving, the program's talks stay shut and say how they open."""
    player = at(release, place)
    before = player.state.stack

    told = player.say(f"/{name}")

    assert kept(told) == []
    assert [frame.flow for frame in player.state.stack] == [frame.flow for frame in before]
    assert "/start" in heard(told)[0]
    assert "/now" in heard(told)[0]


def test_no_answer_is_kept_before_the_agreement(release: Release) -> None:
    """What is typed at a shut door is no answer to anything, and the agreement is asked again."""
    player = at(release, "at-consent")
    turns = [player.say(words) for words in ("/exercises", "thoughts", "at work", "it is awful")]

    assert [effect for turned in turns for effect in kept(turned)] == []
    assert player.state.stack[-1].flow == "flow/consent"


def test_who_said_no_to_the_agreement_is_not_asked_by_other_doors(release: Release) -> None:
    """A no stands; help lines, a person and the way back in stay open."""
    player = at(release, "at-consent")
    player.choose("decline")

    turned = player.say("/exercises")

    assert kept(turned) == []
    assert not player.state.stack
    assert "Emergency:" in heard(player.say("/now"))[0]
    player.say("/person")
    assert player.state.stack[-1].flow == "flow/person"


def test_an_old_card_is_not_changed_by_someone_who_left(release: Release) -> None:
    """The card can be looked at, but what it would ask anew is not asked."""
    player = at(release, "lessons-over")
    changeable = [c.number for c in player.state.cards if c.flow.startswith("exercise/")]
    assert changeable, "there is a card to change"
    player.say("/stop")
    player.choose("leave")
    player.choose("none")

    turned = player.forge(f".card-change-{changeable[-1]}")

    assert not player.state.stack
    assert kept(turned) == []


def test_help_that_keeps_nothing_is_open_to_all(release: Release) -> None:
    """A crisis asked for by command is answered before any agreement, and told."""
    player = at(release, "at-consent")

    turned = player.say("/crisis")

    assert [each.rule for each in turned.effects if isinstance(each, Raise)] == ["crisis-asked"]
    assert asked_of_dying(player)
