"""A bubble that goes on by itself: in its own time, or at a tap, and never where it might harm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.effects import Cancel, Effect, Nudge, Send, Settle, Skip, Toast
from flows.events import Due
from flows.state import State, Waiting
from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.small import flow, heard, patient, release_with, shown

CHOICES = {"on": "Go on", "stop": "Enough for now"}
BREATHING = flow(
    "exercise/breathe",
    {"ask": "where", "text": "Where are you?", "choices": {"bed": "In bed", "chair": "In a chair"}},
    {"wait": 20, "text": "In.", "choices": CHOICES, "next": {"stop": "enough"}},
    {"wait": 60, "text": "Out.", "choices": CHOICES, "next": {"stop": "enough"}},
    {"id": "enough", "ask": "felt", "text": "How was it?", "choices": {"ok": "Good", "no": "Odd"}},
)


def breathing() -> Player:
    """Someone at the first breath, which takes twenty seconds."""
    player = patient(release_with(BREATHING))
    player.say("/breathe")
    player.choose("bed")
    return player


def cue(player: Player) -> Waiting:
    """The end of the wait that is open."""
    assert player.state.cue is not None, "nothing goes on by itself here"
    return player.state.cue


def end_of(player: Player, late: timedelta = timedelta()) -> Turn:
    """The turn at the end of the wait, or so much after it."""
    waiting = cue(player)
    player.now = waiting.due_at + late
    return player.meet(Due(at=player.now, key=waiting.key, due_at=waiting.due_at))


def only(turned: Turn, kind: type[Effect]) -> list[Effect]:
    return [effect for effect in turned.effects if isinstance(effect, kind)]


def kept(state: State) -> dict[str, object]:
    """What a wait must leave as it was."""
    names = ("nudge", "nudged_on", "unanswered", "last_seen_at", "silent", "answers")
    return {name: getattr(state, name) for name in names}


def test_a_wait_goes_on_by_itself() -> None:
    """Its bubble loses its buttons without a note, and the next comes as a reply at any hour."""
    player = breathing()
    before, asked = kept(player.state), player.state.asked
    due_at = cue(player).due_at

    turned = end_of(player)

    assert due_at - timedelta(seconds=20) == player.journal[-2].at
    assert heard(turned) == ["Out."]
    assert shown(turned) == ["Go on", "Enough for now"]
    assert [send.lane for send in turned.effects if isinstance(send, Send)] == ["reply"]
    assert only(turned, Settle) == [Settle(turn=asked or 0, chosen=None)]
    assert kept(player.state) == before


def test_each_wait_has_its_own_time() -> None:
    """One leads to the next, and the last to a question that waits for an answer."""
    player = breathing()
    end_of(player)

    assert cue(player).due_at == player.now + timedelta(seconds=60)
    assert heard(end_of(player)) == ["How was it?"]
    assert player.state.cue is None


@pytest.mark.parametrize(
    ("words", "follows"),
    [
        ("Go on", ["Out."]),
        ("1", ["Out."]),
        ("ok", ["Out."]),
        ("enough for now", ["How was it?"]),
        ("/skip", ["Out."]),
        ("mmm", ["Please tap a button.", "In."]),
    ],
)
def test_a_wait_goes_on_at_once_when_told_to(words: str, follows: list[str]) -> None:
    """Whoever types need not wait for the time to run out."""
    assert heard(breathing().say(words)) == follows


def test_enough_is_enough_though_the_bubble_has_just_gone_on() -> None:
    """The patient's thumb was slower than the clock: the exercise stops all the same."""
    player = breathing()
    first = player.state.asked
    end_of(player)

    assert heard(player.forge(f"{first}.stop")) == ["How was it?"]


@pytest.mark.parametrize("choice", ["on", "later", "made-up"])
def test_any_other_tap_on_a_bubble_that_has_gone_on_is_noted_already(choice: str) -> None:
    """Nobody is led past a breath by a tap that the clock was quicker than."""
    player = breathing()
    first = player.state.asked
    end_of(player)

    turned = player.forge(f"{first}.{choice}")

    assert heard(turned) == []
    assert only(turned, Toast)
    assert cue(player)


def test_enough_on_a_much_older_bubble_is_not_said_to_this_one() -> None:
    """What is stopped is what the patient has before them."""
    player = breathing()
    first = player.state.asked
    end_of(player)
    player.forge("made-up")

    assert heard(player.forge(f"{first}.stop")) == ["Out."]


def test_a_tap_before_the_time_takes_the_clock_away() -> None:
    """The cue is cancelled; should it come all the same, nothing is said twice."""
    player = breathing()
    waiting = cue(player)
    turned = player.choose("stop")

    late = player.meet(Due(at=waiting.due_at, key=waiting.key, due_at=waiting.due_at))

    assert Cancel(key=waiting.key, reason="not needed") in turned.effects
    assert "felt" not in player.state.answers
    assert heard(late) == []
    assert only(late, Skip) == [Skip(key=waiting.key, reason="replaced")]


@pytest.mark.parametrize(
    ("seconds", "follows"), [(0, ["Out."]), (60, ["Out."]), (61, []), (7200, [])]
)
def test_a_wait_that_was_slept_through_stays_open(seconds: int, follows: list[str]) -> None:
    """After an hour's outage nobody is talked to out of nowhere: a tap goes on."""
    player = breathing()

    assert heard(end_of(player, timedelta(seconds=seconds))) == follows
    if not follows:
        assert player.state.cue is None
        assert heard(player.choose("on")) == ["Out."]


def test_words_of_dying_stop_the_clock() -> None:
    """No breathing bubble comes between somebody in danger and the help lines."""
    player = breathing()
    waiting = cue(player)
    turned = player.say("I want to end my life")

    after = player.meet(Due(at=waiting.due_at, key=waiting.key, due_at=waiting.due_at))

    assert Cancel(key=waiting.key, reason="not needed") in turned.effects
    assert player.state.cue is None
    assert heard(after) == []


def test_a_wait_inside_a_safety_flow_waits_for_a_tap() -> None:
    """There the patient sets the pace."""
    calm = flow("exercise/calm", {"wait": 20, "text": "In.", "choices": CHOICES})
    steps = flow("safety/steps", {"do": "exercise/calm"}, {"safe": True})
    player = patient(release_with(calm, steps))

    player.say("/steps")

    assert player.question() is not None
    assert player.state.cue is None


def test_a_wait_left_for_later_begins_anew() -> None:
    """Going away takes its clock along; coming back shows it with its whole time."""
    player = breathing()
    left = player.say("/later")
    resumed = player.say("/resume")

    assert only(left, Cancel)
    assert heard(resumed) == ["In."]
    assert cue(player).due_at == player.now + timedelta(seconds=20)


def test_going_back_passes_over_the_waits() -> None:
    """Behind a timed exercise, "back" leads to the question before it."""
    player = breathing()
    end_of(player)
    player.choose("on")

    assert heard(player.say("back")) == ["Where are you?"]


def test_whoever_cannot_be_reached_is_not_waited_for() -> None:
    """Blocking the bot takes the clock away."""
    player = breathing()

    assert only(player.block(), Cancel)
    assert player.state.cue is None


def test_a_wait_counts_on_when_something_else_comes_in() -> None:
    """A clinician's words in the middle do not begin it anew."""
    player = breathing()
    before = cue(player)

    turned = player.hear("Dr Lee", "Hello.")

    assert cue(player) == before
    assert [e for e in only(turned, Nudge) if isinstance(e, Nudge) and e.key == before.key] == []
