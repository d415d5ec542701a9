"""What a branch may ask about: answers, scores and their change, what was done, the course."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.conditions import Known, holds, in_words
from flows.program import Release
from flows.state import Done, Score, State
from flows.steps import Condition
from tests.flows.small import FIRST, flow, heard, patient, release_with, tiny

# half past midnight in Sydney, where it is still the evening before in UTC
NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)


def scored(total: float | None, days_ago: int, *items: int, **subscales: float) -> Score:
    """The mood score of some days ago."""
    at = NOW - timedelta(days=days_ago)
    numbered: dict[int, int | None] = dict(enumerate(items, 1))
    return Score(measure="mood", at=at, turn=1, total=total, items=numbered, subscales=subscales)


KNOWN = Known(
    state=State(
        release="any",
        answers={"zone": "Australia/Sydney", "goal": "garden", "sure": 4},
        scores=(
            scored(5, 30, 3, 2),
            scored(2, 20, 1, 1),
            scored(6, 10, 3, 3),
            scored(3, 1, 1, 2, first=1),
        ),
        done=(
            Done(flow="lesson/old", at=NOW - timedelta(days=9)),
            # an hour ago in hours, and yesterday on the patient's calendar
            Done(flow="addon/sleep", at=NOW - timedelta(hours=1)),
        ),
    ),
    at=NOW,
    facts={"phase": "learning", "lessons": 3, "lessons_left": 6, "weeks": 4},
    measures=tiny().measures,
)
YES: tuple[dict[str, Any], ...] = (
    {"key": "goal", "is": "garden"},
    {"key": "sure", "lte": 4},
    {"key": "nothing", "known": False},
    {"measure": "mood", "gte": 3, "lte": 3},
    {"measure": "mood", "item": 2, "is": 2},
    {"measure": "mood", "subscale": "first", "is": 1.0},
    {"measure": "mood", "subscale": "second", "known": False},
    {"measure": "mood", "improved": "baseline", "gte": 2, "lte": 2},
    {"measure": "mood", "improved": "best", "gte": -1, "lte": -1},
    {"measure": "mood", "improved": "previous", "gte": 3, "lte": 3},
    {"measure": "peg", "improved": "baseline", "known": False},
    {"done": "lesson/old", "gte": 9, "lte": 9},
    {"done": "addon/sleep", "is": 1},
    {"done": "addon/anger", "known": False},
    {"fact": "phase", "in": ["learning", "finishing"]},
    {"fact": "lessons", "gte": 3},
    {"fact": "lessons_left", "lt": 7},
    {"fact": "weeks", "is": 4},
    {"all": [{"key": "goal", "known": True}, {"fact": "weeks", "gt": 3}]},
    {"any": [{"key": "goal", "is": "walk"}, {"fact": "weeks", "gt": 3}]},
    {"any": [{"all": [{"key": "sure", "gte": 1}, {"done": "lesson/old", "known": True}]}]},
    {"is": 4},
    {"all": [{"gte": 4}, {"lte": 4}]},
)
NO: tuple[dict[str, Any], ...] = (
    {"key": "goal", "is": "walk"},
    {"key": "goal", "gte": 1},
    {"measure": "mood", "improved": "baseline", "gt": 2},
    {"measure": "mood", "improved": "best", "gte": 0},
    {"measure": "mood", "subscale": "second", "gte": 0},
    {"measure": "peg", "gte": 0},
    {"done": "addon/sleep", "lt": 1},
    {"done": "addon/anger", "gte": 0},
    {"fact": "phase", "is": "paused"},
    {"fact": "weeks", "gt": 4},
    {"all": [{"key": "goal", "known": True}, {"fact": "weeks", "gt": 4}]},
    {"any": [{"key": "goal", "is": "walk"}, {"fact": "weeks", "gt": 4}]},
    {"any": [{"is": 5}, {"lt": 4}]},
)


@pytest.mark.parametrize("written", YES, ids=str)
def test_what_is_true_of_the_patient_holds(written: dict[str, Any]) -> None:
    """Each subject is read where it is kept; nothing named means the answer just given."""
    assert holds(Condition.model_validate(written), KNOWN, own_key="sure")


@pytest.mark.parametrize("written", NO, ids=str)
def test_what_is_not_true_or_not_known_does_not_hold(written: dict[str, Any]) -> None:
    """A comparison with something unknown is never true."""
    assert not holds(Condition.model_validate(written), KNOWN, own_key="sure")


@pytest.mark.parametrize("since", ["baseline", "best", "previous"])
def test_one_score_has_not_changed(since: str) -> None:
    """Nothing is called better or the same before there are two."""
    once = Known(
        KNOWN.state.model_copy(update={"scores": (scored(5, 1),)}), NOW, {}, KNOWN.measures
    )
    condition = Condition.model_validate({"measure": "mood", "improved": since, "known": True})

    assert not holds(condition, once)


@pytest.mark.parametrize(
    "written",
    [
        {"measure": "mood", "gte": 0},
        {"measure": "mood", "item": 1, "gte": 0},
        {"measure": "mood", "subscale": "first", "gte": 0},
        {"measure": "mood", "improved": "baseline", "known": True},
    ],
    ids=str,
)
def test_what_was_left_out_today_is_not_known_from_an_older_score(written: dict[str, Any]) -> None:
    """Whoever skips the questions is not told how heavy "this week" is by those of another week."""
    skipped = (*KNOWN.state.scores, scored(None, 0))
    today = Known(KNOWN.state.model_copy(update={"scores": skipped}), NOW, {}, KNOWN.measures)

    assert not holds(Condition.model_validate(written), today)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"key": "goal", "is": "walk"}, "goal is walk"),
        ({"measure": "mood", "item": 2, "gte": 1}, "mood.2 gte 1"),
        ({"measure": "mood", "subscale": "first", "lt": 2}, "mood.first lt 2"),
        ({"measure": "mood", "improved": "best", "gte": 1}, "mood improved since best gte 1"),
        ({"done": "addon/sleep", "known": False}, "days since addon/sleep known False"),
        ({"fact": "weeks", "gte": 4}, "weeks gte 4"),
        ({"all": [{"fact": "weeks", "gte": 4}, {"is": "a"}]}, "weeks gte 4 and answer is a"),
        (
            {"any": [{"is": "a"}, {"all": [{"lt": 1}, {"gt": 0}]}]},
            "(answer is a or (answer lt 1 and answer gt 0))",
        ),
    ],
)
def test_a_condition_reads_in_a_diagram(written: dict[str, Any], words: str) -> None:
    """Whoever looks at the picture of a flow sees what each branch asks."""
    assert in_words(Condition.model_validate(written)) == words


TALK = flow(
    "flow/talk",
    {
        "decide": [
            {"when": {"fact": "phase", "is": "paused"}, "goto": "paused"},
            {
                "when": {"all": [{"key": "goal", "known": True}, {"done": "flow/talk", "lt": 2}]},
                "goto": "again",
            },
        ]
    },
    {"id": "first", "say": "You want more of {goal|what matters\nto you}.", "goto": "end"},
    {"id": "paused", "say": "A pause.", "goto": "end"},
    {"id": "again", "say": "So soon."},
)


def test_branches_follow_what_is_known_in_a_talk() -> None:
    """The same flow says something else once it was finished, for as long as it says."""
    player = patient(release_with(TALK), answers={"zone": "UTC", "goal": "garden"})

    first, again = player.say("/talk"), player.say("/talk")
    player.now += timedelta(days=2)
    later = player.say("/talk")

    assert [heard(each) for each in (first, again, later)] == [
        ["You want more of garden."],
        ["So soon."],
        ["You want more of garden."],
    ]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "You want more of what matters to you."),
        ({"goal": "time in my garden"}, "You want more of time in my garden."),
    ],
)
def test_a_text_has_words_for_what_was_not_said(answers: dict[str, str], words: str) -> None:
    """Behind the bar stands what is shown to whoever skipped the question."""
    player = patient(release_with(TALK), answers={"zone": "UTC", **answers})

    assert heard(player.say("/talk")) == [words]


@pytest.mark.parametrize(
    ("hours", "asked"),
    [(0, False), (9, False), (10, True), (24, True)],
)
def test_a_measure_is_asked_once_a_day(hours: int, asked: bool) -> None:
    """It passes silently until the patient's own midnight, and what follows it is said."""
    made = flow("flow/made", {"do": "measure/mood"}, {"say": "Thank you."})
    # the first turn is at two in the afternoon in UTC
    player = patient(release_with(made))
    player.say("/made")
    player.choose("1")
    player.choose("1")
    scores = player.state.scores
    player.now = FIRST + timedelta(hours=hours)

    turned = player.say("/made")

    assert len(scores) == 1
    assert (heard(turned) == ["Thank you."]) is not asked
    assert (player.question() is not None) is asked


def test_a_measure_that_is_switched_off_is_passed_over() -> None:
    """It has no text here: nobody is asked, and nothing counts as done."""
    release = release_with(flow("flow/made", {"do": "measure/mood"}, {"say": "Thank you."}))
    mood = release.measures["mood"]
    bare = tuple(item.model_copy(update={"text": ""}) for item in mood.items)
    off = {"mood": mood.model_copy(update={"items": bare})}
    parts = {name: getattr(release, name) for name in Release.model_fields}
    player = patient(Release(**{**parts, "measures": off}))

    assert heard(player.say("/made")) == ["Thank you."]
    assert player.state.finished("measure/mood") is None


def test_a_measure_with_too_many_gaps_is_not_asked_again_the_same_day() -> None:
    """Whoever left it out today is not pressed."""
    made = flow("flow/made", {"do": "measure/mood"}, {"say": "Thank you."})
    unscored = scored(None, 0).model_copy(update={"at": FIRST})
    player = patient(release_with(made), scores=(unscored,))

    assert heard(player.say("/made")) == ["Thank you."]


def test_an_extra_that_was_chosen_opens_once() -> None:
    """`add` keeps the choice, `open: addon` begins it, and afterwards there is none."""
    release = release_with(
        flow("flow/pick", {"add": "sleep"}, {"add": "sleep"}, {"say": "Noted."}),
        flow("flow/extra", {"open": "addon"}),
        flow("addon/sleep", {"say": "About {addon_title|nothing}."}),
        addons={"sleep": "addon/sleep"},
    )
    player = patient(release)

    turns = [player.say(each) for each in ("/extra", "/pick", "/extra", "/extra")]

    assert [heard(turned) for turned in turns] == [
        ["Addon none."],
        ["Noted."],
        ["About Made."],
        ["Addon none."],
    ]
    assert player.state.addons == ("sleep",)
