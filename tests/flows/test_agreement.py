"""The words of the agreement change: everybody is asked anew, help never waits, nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from flows import agreement
from flows.agreement import release_for
from flows.effects import Agree, GiveData, Raise, Relay, Send, Toast
from flows.events import Event
from flows.program import Release
from flows.steps import Flow
from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.small import FIRST, heard
from tests.flows.starts import begin, real_release

NEW, AGAIN, KEPT = "have changed", "First, your agreement", "that is noted"


@cache
def newer() -> Release:
    """The same content with one word more in the question of the agreement."""
    release = real_release()
    name = str(agreement.flow_of(release))
    flow = release.flow(name).model_dump(by_alias=True, exclude_unset=True)
    for step in flow["steps"]:
        if "consent" in step:
            step["text"] += " Truly."
    flows = {**release.flows, name: Flow.model_validate(flow)}
    return release.model_copy(update={"hash": "newer", "flows": flows})


class Reader(Player):
    """A patient of a service whose content was changed while they were in the middle of it."""

    def meet(self, event: Event) -> Turn:
        """The turn on the release that the service would take."""
        kept = {newer().hash: newer(), real_release().hash: real_release()}
        begun = kept[self.state.release] if self.state.stack else newer()
        self.release = release_for(newer(), begun, self.state, event)
        return super().meet(event)


def reader(place: str) -> Reader:
    """Somebody who came up to that place on the older content."""
    lived = begin(real_release(), place, FIRST, zone="America/Toronto")
    found = Reader(newer(), lived.now, zone="America/Toronto")
    found.first = found.state = lived.state
    found.sent = list(lived.sent)
    return found


def is_asked(turned: Turn) -> bool:
    """Whether this turn says that there is something new to agree to, or asks for it."""
    return any(NEW in text or AGAIN in text or "Truly." in text for text in heard(turned))


@pytest.mark.parametrize("act", ["hello", "/lesson", "/start"])
@pytest.mark.parametrize("place", ["at-path", "in-lesson-cbt", "nudged"])
def test_whatever_they_do_next_the_agreement_comes_first(place: str, act: str) -> None:
    """Once they say yes, what was open is where it was, on the content that it began on."""
    patient = reader(place)
    before = patient.state

    assert is_asked(patient.say(act))
    assert patient.state.phase == before.phase
    patient.say("go on")
    yes = patient.choose("agree")

    assert [each.agreed for each in yes.effects if isinstance(each, Agree)] == [True]
    assert any(KEPT in text for text in heard(yes))
    assert not is_asked(patient.say("/resume"))
    where = [(frame.flow, frame.step, frame.trail) for frame in before.stack]
    if before.stack and real_release().flow(before.stack[-1].flow).kind != "nudge":
        assert [(each.flow, each.step, each.trail) for each in patient.state.stack] == where
        assert patient.state.release == real_release().hash
        assert patient.state.asked == patient.state.turn, "its question is asked again"
    assert patient.state.answers.items() >= before.answers.items()


@pytest.mark.parametrize("place", ["new", "at-consent"])
def test_whoever_had_not_agreed_yet_is_asked_once_and_by_the_newest_words(place: str) -> None:
    """Also where the older words stood in the chat already, with buttons that answer no more."""
    patient = reader(place)
    patient.say("/start")
    if place == "new":
        patient.choose("go")

    patient.choose("agree")

    assert not is_asked(patient.say("hello"))


def test_what_helps_works_all_the_same() -> None:
    """Help lines, the care team, a copy, the way out: and still nothing of the program."""
    patient = reader("in-lesson-cbt")

    for act in ("/now", "/help"):
        assert not is_asked(patient.say(act)), act
    assert any(isinstance(each, GiveData) for each in patient.say("/mydata").effects)
    patient.say("/person")
    patient.choose("message")
    words = patient.say("My tablets ran out.")
    assert [each.text for each in words.effects if isinstance(each, Relay)] == [
        "My tablets ran out."
    ]

    assert is_asked(patient.say("/lesson"))


def test_words_of_dying_get_help_and_the_question_comes_after_it() -> None:
    """The safety talk is ended first; what was open before it is not lost."""
    patient = reader("in-lesson-cbt")
    lesson = patient.state.stack

    turned = patient.say("I want to die")
    assert all(each.lane == "crisis" for each in turned.effects if isinstance(each, Send))
    assert [each.rule for each in turned.effects if isinstance(each, Raise)] == ["crisis-words"]
    assert not is_asked(patient.choose("no"))
    patient.choose("go")
    assert patient.state.held is None

    assert is_asked(patient.say("hello"))
    patient.forge(".resume")
    patient.choose("agree")
    assert [each.step for each in patient.state.stack] == [each.step for each in lesson]


def test_words_to_the_care_team_are_passed_on_though_they_are_asked() -> None:
    """Also those that answer a question of the lesson's, which was open on the older words."""
    patient = reader("in-lesson-cbt")

    turned = patient.reply("It is worse today.")

    assert [each.text for each in turned.effects if isinstance(each, Relay)]


def test_no_is_leaving() -> None:
    """Nothing comes any more, the team hears of it, and help lines stay."""
    patient = reader("in-lesson-cbt")
    patient.say("hello")
    patient.say("go on")

    turned = patient.choose("decline")

    assert [each.agreed for each in turned.effects if isinstance(each, Agree)] == [False]
    assert [each.rule for each in turned.effects if isinstance(each, Raise)] == ["left"]
    assert (patient.state.phase, patient.state.stack) == ("withdrawn", ())
    clocks = ("nudge", "watch", "check", "cue", "behind_watch", "overdue_watch")
    assert [getattr(patient.state, clock) for clock in clocks] == [None] * len(clocks)
    for act in ("hello", "/lesson", "/check", "/flare", "/cards", "/settings"):
        patient.say(act)
        assert (patient.state.stack, patient.state.nudge) == ((), None), act
    assert "988" in heard(patient.say("/now"))[0]
    assert heard(patient.say("I want to die"))
    assert patient.state.held == "safety/crisis"


def test_a_nudge_tells_of_it_once_and_no_other_comes() -> None:
    """It names nothing of the program; whoever taps it reads the agreement."""
    patient = reader("planned-cbt")

    turns = list(patient.wait(timedelta(days=30)))

    said = [text for each in turns for text in heard(each)]
    assert len(said) == 1
    assert "something new to read" in said[0]
    assert patient.state.nudge is None
    assert patient.state.behind_watch is None
    assert any("Truly." in text for text in heard(patient.forge(".resume")))
    patient.choose("agree")
    assert patient.state.nudge is not None


def test_an_old_button_and_an_offer_wait_too() -> None:
    """A tap at what was asked before answers nothing; nobody is left without a word."""
    patient = reader("in-lesson-cbt")
    asked = patient.state.asked

    turned = patient.forge(f"{asked}.{'go'}")

    assert is_asked(turned)
    assert not [each for each in turned.effects if isinstance(each, Toast)]
    assert patient.say("later")
    assert is_asked(patient.say("/lesson"))


def test_another_time_to_keep_records_is_another_agreement() -> None:
    """How long is part of what they read; where the words do not name it, it does not matter."""
    release = real_release()

    assert agreement.terms(release, "10 years") != agreement.terms(release, "20 years")
