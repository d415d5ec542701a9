"""Suggested feedback: what fits whom, how the patient's own words stand in it, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.content.grades import grade
from flows.events import Cleared
from flows.feedback import filled, fitting
from flows.program import Feedback, Release
from flows.scene import Scene
from flows.state import Done, Score, State
from flows.walk.feedback import feedback
from flows.walk.graph import Atlas
from tests.flows.starts import real_release

AT = datetime(2027, 1, 13, 15, tzinfo=UTC)
EASY = 6


def score(measure: str, total: float, days: int) -> Score:
    return Score(measure=measure, at=AT - timedelta(days=days), turn=1, total=total, items={})


def fit(**known: Any) -> list[str]:
    """The names of everything that fits such a patient, in order."""
    usual: dict[str, Any] = {"release": "x", "phase": "learning", "last_seen_at": AT}
    weeks = {"learning_at": AT - timedelta(days=21)}
    scene = Scene(real_release(), Cleared(at=AT), State(**{**usual, **weeks, **known}))
    return [each.feedback for each in fitting(scene, 99)]


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ({"answers": {"plan-done": "did"}}, "plan-kept"),
        ({"answers": {"plan-done": "notyet"}}, "plan-not-yet"),
        ({"answers": {"look-back-how": "some"}}, "plan-part"),
        ({"answers": {"plan-done": "rest"}}, "rest-day"),
        ({"answers": {"look-back-why": "big"}}, "plan-too-big"),
        ({"answers": {"plan-confidence": 4}}, "plan-unsure"),
        ({"answers": {"goal": "walk"}}, "goal"),
        ({"scores": (score("peg", 4, 20), score("peg", 7, 1))}, "scores-heavier"),
        ({"scores": (score("phq-9", 8, 20), score("phq-9", 14, 1))}, "scores-heavier"),
        ({"last_seen_at": AT - timedelta(days=14)}, "quiet"),
        ({"done": (Done(flow="exercise/flare", at=AT - timedelta(days=7)),)}, "flare"),
        ({"addons": ("sleep",)}, "sleep"),
        ({"learning_at": AT - timedelta(days=6)}, "first-week"),
        ({"phase": "paused"}, "on-a-pause"),
        ({"phase": "following_up"}, "follow-up"),
    ],
)
def test_each_suggestion_fits_its_own_moment(known: dict[str, Any], wanted: str) -> None:
    """It is there then, and not for a patient about whom nothing of it is known."""
    assert wanted in fit(**known)
    assert wanted not in fit()


@pytest.mark.parametrize(
    ("known", "unwanted"),
    [
        ({"scores": (score("peg", 4, 20), score("peg", 6.9, 1))}, "scores-heavier"),
        ({"last_seen_at": AT - timedelta(days=13)}, "quiet"),
        ({"done": (Done(flow="exercise/flare", at=AT - timedelta(days=8)),)}, "flare"),
        ({"answers": {"plan-confidence": 5}}, "plan-unsure"),
        ({"learning_at": AT - timedelta(days=7)}, "first-week"),
    ],
)
def test_just_beyond_its_moment_it_fits_no_more(known: dict[str, Any], unwanted: str) -> None:
    """One step on the other side of each limit."""
    assert unwanted not in fit(**known)


def test_the_patients_own_words_stand_in_it_and_others_where_there_are_none() -> None:
    """The plan is quoted as it was written; nothing in it is taken for a placeholder."""
    release = real_release()
    kept = next(each for each in release.feedback if each.feedback == "plan-kept")
    state = State(release="x", words={"plan-what": "walk to the {gate}"})

    with_plan = filled(Scene(release, Cleared(at=AT), state), kept)
    without = filled(Scene(release, Cleared(at=AT), State(release="x")), kept)

    assert "“walk to the {gate}”" in with_plan
    assert "“your plan”" in without


def test_every_suggestion_is_easy_to_read() -> None:
    """Grade six at most, each of them, and short."""
    hard = {each.feedback: grade(each.text) for each in real_release().feedback}
    assert len(hard) == 16
    assert not {name: found for name, found in hard.items() if found is None or found > EASY}


SOUND: dict[str, Any] = {"feedback": "one", "title": "One", "quiet_days": 3, "text": "How are you?"}


def found(*suggested: dict[str, Any], **program: Any) -> list[str]:
    release = real_release()
    plan = release.program.model_copy(update=program)
    feedbacks = tuple(Feedback.model_validate({**SOUND, **each}) for each in suggested)
    changed: Release = release.model_copy(update={"feedback": feedbacks, "program": plan})
    return [each.text for each in feedback(Atlas(changed))]


def test_a_sound_suggestion_passes() -> None:
    """So that each refusal below is about what it names."""
    assert found({}) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"quiet_days": None}, "it would fit everyone"),
        ({"extra": "slep"}, "there is no add-on slep: did you mean sleep?"),
        ({"when": {"key": "plan-don", "is": "did"}}, "there is no question plan-don"),
        ({"text": "Your {plan-wat|plan}"}, "there is no placeholder plan-wat"),
        ({"text": "Your {plan-what}"}, "{plan-what} may not be known"),
        ({"text": "**Well** done"}, "take the stars away"),
        ({"text": "word " * 91}, "91 words: at most 90"),
        ({"text": "You should have done it"}, "“should have” is not used here"),
    ],
)
def test_what_could_not_be_said_is_refused(wrong: dict[str, Any], says: str) -> None:
    """Each mistake has its sentence."""
    assert [text for text in found(wrong) if says in text]


def test_two_of_one_name_and_calls_out_of_order_are_refused() -> None:
    """A button would not know which is meant; a later call would come first."""
    assert found({}, {}) == ["there are 2 suggestions called one"]
    assert found({}, calls={"start": 4, "middle": 0}) == [
        "the weeks of the calls must rise, from 0 on"
    ]
