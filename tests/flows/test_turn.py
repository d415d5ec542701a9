"""Single turns that no conversation shows well: order of care, stale taps, doors that stay shut."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows.effects import Agree, Cancel, Effect, Raise, Record, Relay, Send, Settle, Skip, Toast
from flows.events import Due, Edited, Joined, Said
from flows.program import Release
from flows.turn import Turn, begin_state, turn
from flows.wording import plain
from tests.flows.player import Player
from tests.flows.starts import STARTS, begin

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)


def bubbles(turned: Turn) -> list[str]:
    return [plain(e.text, e.values).strip() for e in turned.effects if isinstance(e, Send)]


def only(turned: Turn, kind: type[Effect]) -> list[Effect]:
    return [effect for effect in turned.effects if isinstance(effect, kind)]


def at(release: Release, place: str) -> Player:
    return begin(release, place, FIRST, zone="America/Toronto")


def test_the_same_event_leads_to_the_same_turn(release: Release) -> None:
    """No clock and no chance: a turn decided twice is one decision."""
    player = at(release, "in-lesson-cbt")
    event = Said(at=FIRST + timedelta(hours=2), text="7")

    assert turn(release, player.state, event) == turn(release, player.state, event)


@pytest.mark.parametrize("place", STARTS)
def test_stop_and_one_tap_leave_the_program(release: Release, place: str) -> None:
    """From every place a story begins at: two moves, and nothing is scheduled any more."""
    player = at(release, place)

    player.say("/stop")
    player.choose("leave")

    assert player.state.phase == "withdrawn"
    assert player.state.nudge is None


@pytest.mark.parametrize("place", STARTS)
@pytest.mark.parametrize("words", ["/now", "help me", "sos"])
def test_help_now_answers_everywhere(release: Release, place: str, words: str) -> None:
    """The numbers to call are in the first bubble, whatever was going on."""
    player = at(release, place)

    assert "Emergency:" in bubbles(player.say(words))[0]


def test_help_now_works_before_any_invitation(release: Release) -> None:
    """Whoever may not enter still gets help lines, and is told how to get in."""
    player = Player(release, FIRST, invited=False)
    player.meet(Joined(at=FIRST, invited=False))

    asked, told = player.say("/now"), player.say("hello")

    assert "Emergency:" in bubbles(asked)[0]
    assert bubbles(told) == [release.text("need-invite").strip()]
    assert player.state.stack == ()


def test_an_invitation_opens_the_door(release: Release) -> None:
    """A code that comes later lets the same person in."""
    player = Player(release, FIRST, invited=False)
    player.say("hello")

    player.meet(Joined(at=player.now, invited=True))

    assert player.state.invited
    assert player.state.stack[0].flow == "flow/welcome"


def test_the_agreement_is_kept_with_its_words(release: Release) -> None:
    """What was agreed to is every word that was shown, not only the question."""
    player = at(release, "at-consent")

    agreed = only(player.choose("agree"), Agree)[0]

    assert isinstance(agreed, Agree)
    assert agreed.agreed
    assert all(
        text.strip() in agreed.text
        for step in release.flow("flow/consent").steps[:4]
        for whole in (getattr(step, "say", ""), getattr(step, "text", ""))
        # how long records are kept is filled in
        for text in re.split(r"\{keeps.*?\}", whole)
    )


def test_a_number_among_words_of_dying_is_kept_and_help_comes_first(release: Release) -> None:
    """Both are true at once: the pain is 8, and this person needs help now."""
    player = at(release, "in-lesson-cbt")

    turned = player.say("8 and I want to die")

    assert [e.value for e in turned.effects if isinstance(e, Record)] == [8]
    assert "Emergency:" in bubbles(turned)[0]
    assert player.state.held == "safety/crisis"


def test_words_of_dying_are_no_answer_to_an_open_question(release: Release) -> None:
    """They are not kept as a goal, and not repeated later as one."""
    player = at(release, "measured")

    turned = player.say("I want to die")

    assert not only(turned, Record)
    assert "goal" not in player.state.answers


def test_an_edit_answers_nothing(release: Release) -> None:
    """Yesterday's 3 made into an 8 must not answer today's question."""
    player = at(release, "in-lesson-cbt")
    before = player.state

    turned = player.meet(Edited(at=player.now, text="8"))

    assert not only(turned, Record)
    assert player.state.asked == before.asked
    assert player.state.stack == before.stack


def test_words_for_a_clinician_answer_no_question(release: Release) -> None:
    """A reply to a clinician goes to the clinician, and the lesson's question stays open."""
    player = at(release, "in-lesson-cbt")
    asked = player.state.asked

    turned = player.reply("7")

    assert only(turned, Relay) == [Relay(text="7")]
    assert not only(turned, Record)
    assert player.state.asked == asked


def test_a_second_tap_is_only_noticed(release: Release) -> None:
    """A finger that slips twice answers once."""
    player = at(release, "in-baseline")
    first = player.state.asked
    player.forge(f"{first}.5")

    again = player.forge(f"{first}.5")

    assert only(again, Toast) == [Toast(text=release.text("already"))]
    assert not only(again, Record)


def test_a_tap_on_an_old_question_takes_its_buttons_away(release: Release) -> None:
    """It is said that the question has moved on, and the open one is asked again."""
    player = at(release, "at-mood-questions")
    old, open_before = 2, player.state.stack

    turned = player.forge(f"{old}.agree")

    assert Settle(turn=old) in turned.effects
    assert not only(turned, Record)
    assert bubbles(turned)
    assert player.state.stack == open_before


@pytest.mark.parametrize("data", ["{asked}.11", "{asked}.yes", "{asked}.", ".no-such", "x", "-1.5"])
def test_a_tap_that_no_button_makes_changes_nothing(release: Release, data: str) -> None:
    """Data can be forged: only what was offered counts."""
    player = at(release, "in-baseline")
    before = player.state

    turned = player.forge(data.format(asked=before.asked))

    assert not only(turned, Record)
    assert player.state.stack == before.stack
    assert player.state.answers == before.answers


def test_a_nudge_that_was_replaced_is_skipped(release: Release) -> None:
    """A row of an older plan that still comes due is kept as skipped, with its reason."""
    player = at(release, "planned-cbt")
    due = Due(at=player.now, key="day:2026-03-02T09:00", due_at=player.now)

    turned = player.meet(due)

    assert only(turned, Skip) == [Skip(key=due.key, reason="replaced")]
    assert not bubbles(turned)


@pytest.mark.parametrize(
    ("place", "clock", "minutes_late", "reason"),
    [
        ("planned-cbt", "2026-03-04 12:30", 150, "late"),
        ("planned-cbt", "2026-03-04 03:00", 0, "quiet hours"),
        ("nudged", "2026-03-04 15:00", 0, "one a day"),
    ],
)
def test_a_nudge_at_a_bad_time_is_skipped_with_its_reason(
    release: Release, place: str, clock: str, minutes_late: int, reason: str
) -> None:
    """Whatever made it come due then, the patient's day and night are looked at once more."""
    player = at(release, place)
    waiting = player.state.nudge
    assert waiting is not None
    moment = datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo("America/Toronto"))

    due_at = moment - timedelta(minutes=minutes_late)
    turned = player.meet(Due(at=moment, key=waiting.key, due_at=due_at))

    assert only(turned, Skip) == [Skip(key=waiting.key, reason=reason)]
    assert not bubbles(turned)


def test_a_nudge_is_skipped_while_the_patient_is_here(release: Release) -> None:
    """Who wrote ten minutes ago needs no reminder."""
    player = at(release, "learning-cbt")
    waiting = player.state.nudge
    assert waiting is not None
    moment = player.now + timedelta(minutes=10)

    turned = player.meet(Due(at=moment, key=waiting.key, due_at=moment))

    assert only(turned, Skip) == [Skip(key=waiting.key, reason="here now")]
    assert not bubbles(turned)


def test_a_crisis_stops_the_nudges_and_safety_brings_them_back(release: Release) -> None:
    """Nobody is reminded of a plan while the question of safety is open."""
    player = at(release, "planned-cbt")
    key = player.state.nudge.key if player.state.nudge else ""

    in_crisis = player.say("I want to die")
    assert only(in_crisis, Cancel) == [Cancel(key=key, reason="not needed")]
    player.choose("no")

    assert player.state.nudge is not None


def test_one_crisis_talk_at_a_time(release: Release) -> None:
    """However often it is asked for, one safety talk lies over the lesson, not several."""
    player = at(release, "in-crisis")

    for words in ("/start", "I want to die", "/resume", "/start"):
        player.say(words)

    assert [frame.flow for frame in player.state.stack].count("safety/crisis") == 1


def test_a_block_with_an_alert_open_is_told_to_the_team(release: Release) -> None:
    """They cannot be reached any more, and somebody was waiting for them."""
    player = at(release, "learning-cbt")
    quiet = player.block()
    player.come_back()
    player.say("/person")
    player.choose("contact")

    loud = player.block()

    assert not only(quiet, Raise)
    assert [e.rule for e in loud.effects if isinstance(e, Raise)] == ["unreachable"]
    assert player.state.nudge is None


def test_a_blocked_patient_is_not_nudged(release: Release) -> None:
    """A nudge that comes due all the same is skipped."""
    player = at(release, "planned-cbt")
    waiting = player.state.nudge
    player.block()

    turned = player.wait_for(waiting)

    assert not bubbles(turned)
    assert only(turned, Skip)


def test_a_state_is_made_for_a_release(release: Release) -> None:
    """Someone new stands nowhere yet, and a turn notes the release it was taken on."""
    state = begin_state(release, invited=True)

    turned = turn(release, state, Joined(at=FIRST))

    assert (state.turn, state.stack, state.release) == (0, (), release.hash)
    assert turned.state.turn == 1


def test_asking_for_a_person_twice_around_a_crisis_loses_no_safety_question(
    release: Release,
) -> None:
    """The direct question waits below, however often another talk is opened above it."""
    player = at(release, "in-lesson-cbt")
    player.say("/person")
    player.say("I want to die")

    player.say("/person")

    assert "safety/crisis" in [frame.flow for frame in player.state.stack]


def test_words_of_dying_written_for_the_care_team_reach_them(release: Release) -> None:
    """Help comes first, and the message is not kept from those it was written to."""
    player = at(release, "learning-cbt")
    player.say("/person")
    player.choose("message")

    turned = player.say("I want to die, please call me")

    assert "This comes before everything else" in bubbles(turned)[0]
    assert only(turned, Relay) == [Relay(text="I want to die, please call me")]


def test_words_of_dying_in_an_exercise_are_nobody_elses(release: Release) -> None:
    """What was not written to a person is not passed on: the alert carries no words."""
    player = at(release, "suitable")
    player.choose("later")

    assert only(player.say("I want to die"), Relay) == []
