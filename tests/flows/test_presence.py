"""A clinician writes in the program's place: nothing is lost, and danger is never overheard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.effects import Nudge, Raise, Record, Relay, Send
from flows.program import Release
from flows.state import State
from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.small import flow, heard, patient, release_with
from tests.flows.starts import STARTS, begin

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)
ASKED = [place for place in STARTS if place not in {"new", "in-crisis"}]


def at(release: Release, place: str) -> Player:
    return begin(release, place, FIRST, zone="America/Toronto")


def relayed(turned: Turn) -> list[str]:
    return [each.text for each in turned.effects if isinstance(each, Relay)]


def open_places(state: State) -> list[tuple[str, str]]:
    return [(frame.flow, frame.step) for frame in state.stack]


@pytest.mark.parametrize("place", ASKED)
def test_from_any_place_the_program_comes_back_to_the_same_question(
    release: Release, place: str
) -> None:
    """Words in between answer nothing of the program's, and the question is asked once more."""
    player = at(release, place)
    before = player.state

    player.taken_over("Dr Lee")
    between = [player.say(words) for words in ("7", "no", "skip", "go on", "later")]
    player.handed_back("Dr Lee")

    assert [words for turned in between for words in relayed(turned)] == [
        "7", "no", "skip", "go on", "later",
    ]  # fmt: skip
    assert player.state.answers == before.answers
    assert open_places(player.state) == open_places(before)
    assert (player.state.asked is None) == (before.asked is None)


@pytest.mark.parametrize("place", STARTS)
def test_words_of_dying_break_the_silence(release: Release, place: str) -> None:
    """The lines come first, an alert is raised, the clinician reads the words."""
    player = at(release, place)
    player.taken_over("Dr Lee")

    turned = player.say("I want to die")

    assert "lines" in next(e for e in turned.effects if isinstance(e, Send)).values
    assert "crisis-words" in [e.rule for e in turned.effects if isinstance(e, Raise)]
    assert relayed(turned) == ["I want to die"]


def test_a_no_to_the_clinician_is_no_answer_to_the_safety_question(release: Release) -> None:
    """Who wrote last is whom the words answer; the buttons stay the program's."""
    player = at(release, "in-crisis")
    player.taken_over("Dr Lee")
    player.hear("Dr Lee", "Is somebody with you?")

    turned = player.say("no")

    assert relayed(turned) == ["no"]
    assert [e for e in turned.effects if isinstance(e, Record)] == []
    assert player.state.held is not None

    player.choose("no")
    assert player.state.answers["crisis-now"] == "no"


def test_nudges_wait_until_the_clinician_is_done(release: Release) -> None:
    """A week with a clinician brings no nudge; the day after, they come again."""
    player = at(release, "planned-cbt")
    player.taken_over("Dr Lee")

    week = list(player.wait(timedelta(days=7)))
    player.handed_back("Dr Lee")
    after = list(player.wait(timedelta(days=2)))

    assert [text for turned in week for text in heard(turned)] == []
    assert [e for turned in week for e in turned.effects if isinstance(e, Nudge)]
    assert [text for turned in after for text in heard(turned)]


def test_a_wait_does_not_go_on_by_itself_meanwhile() -> None:
    """No breathing bubble comes between two people's words; afterwards it begins anew."""
    breath = flow("exercise/breathe", {"wait": 20, "text": "In.", "choices": {"on": "Go on"}})
    player = patient(release_with(breath))
    player.say("/breathe")

    player.taken_over("Dr Lee")
    assert player.state.cue is None

    assert heard(player.handed_back("Dr Lee"))[-1] == "In."
    assert player.state.cue is not None


def test_an_acknowledgement_is_said_once_and_again_after_an_hour(release: Release) -> None:
    """Two people talk; the program does not answer each word."""
    player = at(release, "planned-cbt")
    player.taken_over("Dr Lee")

    first, second = player.say("Hello"), player.say("How are you")
    player.now += timedelta(hours=1)
    later = player.say("Are you there")

    assert [len(heard(each)) for each in (first, second, later)] == [1, 0, 1]


@pytest.mark.parametrize("words", ["/resume", "/pause", "/stop", "stop"])
def test_the_patient_can_end_it(release: Release, words: str) -> None:
    """A clinician who forgot to hand back holds nobody."""
    player = at(release, "planned-cbt")
    player.taken_over("Dr Lee")

    player.say(words)

    assert player.state.taken_by is None
    assert heard(player.handed_back("Dr Lee")) == []


def test_a_state_of_before_can_be_read(release: Release) -> None:
    """Whoever was in the middle of something when this was new goes on."""
    player = at(release, "in-lesson-cbt")
    older = player.state.model_dump(
        mode="json", exclude={"taken_by", "passed_on_at", "heard", "offers"}
    )

    assert State.model_validate(older) == player.state
