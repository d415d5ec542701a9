"""What the care team offers is answered once, exactly, and changes only what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.effects import Reply, Settle, Toast
from flows.program import Release
from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.small import heard, shown
from tests.flows.starts import begin

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)
SLOTS = (("1", "Tue 3 Mar, 10:00"), ("2", "Wed 4 Mar, 15:30"), ("other", "Another time"),
         ("no", "No call"))  # fmt: skip
YES_NO = (("yes", "Yes, please"), ("no", "No, thank you"))
CALL = {"clinician": "Dr Lee", "minutes": "20", "zone": "Toronto", "times": "", "when": "Tue"}


def at(release: Release, place: str) -> Player:
    return begin(release, place, FIRST, zone="America/Toronto")


def replies(turned: Turn) -> list[tuple[int, str]]:
    return [(each.offer, each.value) for each in turned.effects if isinstance(each, Reply)]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("Tue 3 Mar, 10:00", "1"),
        ("tue 3 mar 10 00", "1"),
        ("2", "2"),
        ("No call", "no"),
        ("no", "no"),
        ("another time", "other"),
        ("5", None),
        ("0", None),
        ("Tue", None),
        ("Tue 3 Mar, 11:00", None),
        ("10:00", None),
        ("yes", None),
        ("stop", None),
        ("/stop", None),
        ("no idea", None),
    ],
)
def test_what_is_typed_chooses_a_time_only_if_it_is_exact(
    release: Release, words: str, value: str | None
) -> None:
    """Nobody is booked for a time that they did not name."""
    player = at(release, "planned-cbt")
    player.offered(1, "call", choices=SLOTS, values=CALL)

    assert replies(player.say(words)) == ([(1, value)] if value else [])


@pytest.mark.parametrize("words", ["2", "no", "yes"])
def test_short_words_answer_the_open_question_first(release: Release, words: str) -> None:
    """A number in the middle of questions is about pain, whatever was offered meanwhile."""
    player = at(release, "in-lesson-cbt")
    player.offered(1, "call", choices=SLOTS, values=CALL)

    assert replies(player.say(words)) == []
    assert len(player.state.offers) == 1


def test_a_number_much_later_is_no_answer(release: Release) -> None:
    """After other talk, "2" is not taken for the second time that was offered days ago."""
    player = at(release, "planned-cbt")
    player.offered(1, "call", choices=SLOTS, values=CALL)
    for words in ("/progress", "/cards"):
        player.say(words)

    assert replies(player.say("2")) == []
    assert replies(player.say("Wed 4 Mar, 15:30")) == [(1, "2")]


def test_two_taps_are_one_answer(release: Release) -> None:
    """The buttons go, and a tap that was on its way hears that it is closed."""
    player = at(release, "planned-cbt")
    offered = player.offered(1, "call", choices=SLOTS, values=CALL)

    first, second = player.forge(".offer.1.1"), player.forge(".offer.1.2")

    assert replies(first) == [(1, "1")]
    assert Settle(turn=offered.state.turn, chosen="Tue 3 Mar, 10:00") in first.effects
    assert replies(second) == []
    assert [e.text for e in second.effects if isinstance(e, Toast)] == [
        release.text("offer-gone").strip()
    ]


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        (("pace", "slow"), "pace", "slow"),
        (("track", "act"), "track", "act"),
        (("pack", "short"), "pack", "short"),
        (("pack", "whole"), "pack", "whole"),
    ],
)
@pytest.mark.parametrize("says", ["yes", "no"])
def test_only_a_yes_changes_the_program(
    release: Release, change: tuple[str, str], key: str, value: str, says: str
) -> None:
    """What is declined stays as it was, and both are told to the care team."""
    player = at(release, "in-lesson-cbt")
    before = player.state.answers
    player.offered(2, "proposal", choices=YES_NO, change=change, values={"what": "x"})

    turned = player.forge(f".offer.2.{says}")

    assert replies(turned) == [(2, says)]
    assert player.state.answers == ({**before, key: value} if says == "yes" else before)


def test_an_extra_done_before_can_be_proposed_again(release: Release) -> None:
    """A yes to it puts it on the way once more."""
    player = at(release, "planned-cbt")
    for offer in (1, 2):
        player.offered(offer, "proposal", choices=YES_NO, change=("addon", "sleep"), values={})
        player.forge(f".offer.{offer}.yes")

    assert player.state.addons == ("sleep",)


@pytest.mark.parametrize("place", ["new", "at-consent", "left", "in-crisis"])
def test_nobody_is_offered_anything_who_has_not_agreed_or_is_held(
    release: Release, place: str
) -> None:
    """It is kept, nothing is said, and no button of it does anything."""
    player = at(release, place)

    turned = player.offered(1, "call", choices=SLOTS, values=CALL)

    assert heard(turned) == []
    assert heard(player.reminded("call-soon", **CALL)) == []
    assert replies(player.forge(".offer.1.1")) == []
    assert len(player.state.offers) == 1


def test_the_menu_names_what_is_open(release: Release) -> None:
    """Whoever lost the bubble in a long chat finds it again."""
    player = at(release, "planned-cbt")
    assert "Calls, suggestions" not in shown(player.say("/menu"))
    player.offered(1, "call", choices=SLOTS, values=CALL)

    assert shown(player.say("/menu"))[0] == "Calls, suggestions"
    assert shown(player.forge(".calls"))[0] == "Tue 3 Mar, 10:00"


def test_leaving_closes_every_offer(release: Release) -> None:
    """Nothing of the care team's waits for somebody who has gone."""
    player = at(release, "planned-cbt")
    player.offered(1, "call", choices=SLOTS, values=CALL)
    player.say("/stop")
    player.choose("leave")

    assert player.state.offers == ()
    assert replies(player.forge(".offer.1.1")) == []


def test_what_was_never_seen_is_taken_back_in_silence(release: Release) -> None:
    """Held back and withdrawn: the patient need not know."""
    player = at(release, "in-crisis")
    player.offered(1, "call", choices=SLOTS, values=CALL)

    assert heard(player.offer_closed(1, "withdrawn")) == []
    assert player.state.offers == ()


@pytest.mark.parametrize(("words", "value"), [("yes", "yes"), ("1", "yes"), ("no", "no")])
def test_bare_words_answer_a_suggestion_while_a_lesson_rests(
    release: Release, words: str, value: str
) -> None:
    """What was left for later asks nothing, and neither does a reminder of it from before."""
    for days in (0, 2):
        player = at(release, "in-lesson-cbt")
        player.say("later")
        reminded = list(player.wait(timedelta(days=days)))
        assert bool(reminded) is bool(days)
        player.offered(2, "proposal", choices=YES_NO, change=("pace", "slow"), values={})

        assert replies(player.say(words)) == [(2, value)]


def test_a_reminder_after_the_suggestion_is_answered_first(release: Release) -> None:
    """What was read last is what a bare word is about."""
    player = at(release, "in-lesson-cbt")
    player.say("later")
    player.offered(2, "proposal", choices=YES_NO, change=("pace", "slow"), values={})
    assert list(player.wait(timedelta(days=2)))

    assert replies(player.say("yes")) == []
    assert player.state.offers


def test_a_reminder_before_the_suggestion_keeps_its_own_answers(release: Release) -> None:
    """Its label still takes the lesson up again."""
    player = at(release, "in-lesson-cbt")
    player.say("later")
    assert list(player.wait(timedelta(days=2)))
    player.offered(2, "proposal", choices=YES_NO, change=("pace", "slow"), values={})

    assert replies(player.say("go on")) == []
    assert player.state.asked is not None
    assert not player.state.stack[-1].resting


def test_a_tap_while_the_program_is_held_does_not_say_that_the_offer_is_gone(
    release: Release,
) -> None:
    """It can wait, and it is still there afterwards."""
    player = at(release, "planned-cbt")
    player.offered(1, "call", choices=SLOTS, values=CALL)
    player.say("I want to die")

    turned = player.forge(".offer.1.2")

    toasts = [each.text for each in turned.effects if isinstance(each, Toast)]
    assert toasts == [release.text("offer-held").strip()]
    assert replies(turned) == []
    assert [each.id for each in turned.state.offers] == [1]
