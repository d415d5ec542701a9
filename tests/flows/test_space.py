"""The checker plays every flow from every beginning: what it says is what patients would meet."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.effects import Send
from flows.events import Due, Event, Joined, Said, Tapped
from flows.program import Measure, Release
from flows.state import Frame, State
from flows.steps import Flow, Question
from flows.turn import turn
from flows.walk import explored, space, walk
from flows.walk.classes import Classes, score_of
from flows.walk.graph import Atlas
from flows.walk.leaps import Leaps
from flows.walk.worlds import cover
from flows.wording import UNKNOWN
from tests.flows.test_walk import MADE, NOW, PLACES, errors, flow, release_with, tiny
from tests.thorough import examples

KEYS = ("k1", "k2", "k3")
ASKED = {"choices": {"a": "One", "b": "Two"}}


def findings(release: Release, name: str) -> list[tuple[str, str]]:
    """The severity and text of what is found in one flow."""
    return [(found.severity, found.text) for found in walk(release) if found.flow == name]


def asks(*keys: str) -> list[dict[str, Any]]:
    """A question for each key, with two choices."""
    return [{"ask": key, "text": f"Which {key}?", **ASKED} for key in keys]


def test_a_placeholder_is_followed_through_every_answer() -> None:
    """Asked is not known: whoever skips, and whoever comes another way, is met too."""
    steps = [
        *asks("k1"),
        {"decide": [{"when": {"key": "k1", "known": True}, "goto": "said"}], "goto": "other"},
        {"id": "said", "say": "You said {k1}.", "goto": "end"},
        {"id": "other", "say": "You said {k1|nothing yet}."},
    ]

    assert errors(release_with(flow(MADE, *steps)), MADE) == []
    assert errors(release_with(flow(MADE, *asks("k1"), {"say": "You said {k1}."})), MADE) == [
        "{k1} is not known on the way k1 skipped: give it words for that, {k1|…}"
    ]


def test_a_long_page_of_own_words_is_no_flood() -> None:
    """Who writes to thirty questions, and takes a breath after each, comes to the end of them."""
    written = [{"write": f"w{n}", "text": f"What about {n}?"} for n in range(1, 31)]

    assert errors(release_with(flow(MADE, *written, {"say": "You said {w30}."})), MADE) == [
        "{w30} is not known on the way w30 skipped: give it words for that, {w30|…}"
    ]


def test_whoever_answered_does_not_hide_whoever_skipped() -> None:
    """Two who stand at the same question are two, when a text ahead shows what one never said."""
    made = flow(MADE, *asks("k1", "k2", "k3"), {"say": "You said {k1}."})

    assert errors(release_with(made), MADE) == [
        "{k1} is not known on the way k1 skipped: give it words for that, {k1|…}"
    ]


def test_what_setting_up_makes_sure_of_is_known_later() -> None:
    """The tiny pack asks for a goal until there is one, so every lesson may say it."""
    assert errors(release_with(flow(MADE, {"say": "You want {goal}."})), MADE) == []


def test_what_another_flow_may_have_asked_is_not_known() -> None:
    """A lesson's answer is there for those who had that lesson and answered it."""
    assert errors(release_with(flow(MADE, {"say": "So {boom-bust}."})), MADE) == [
        "{boom-bust} is not known at the beginning: give it words for that, {boom-bust|…}"
    ]


def test_a_flow_inside_may_say_what_its_caller_asked() -> None:
    """A flow that is only opened inside another is played there, with what is known there."""
    inner = flow("flow/inner", {"say": "Your {k1}."})
    ask_until_known = [
        *asks("k1"),
        {"decide": [{"when": {"key": "k1", "known": False}, "goto": "k1"}]},
        {"do": "flow/inner"},
    ]

    assert errors(release_with(flow(MADE, *ask_until_known), inner), "flow/inner") == []
    assert errors(release_with(flow(MADE, {"do": "flow/inner"}), inner), "flow/inner") != []


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ({"measure": "mood", "gte": 5}, "nothing"),
        ({"measure": "mood", "subscale": "first", "gte": 3}, "nothing"),
        ({"measure": "mood", "improved": "previous", "gte": 2}, "nothing"),
        ({"measure": "mood", "improved": "best", "lt": 0}, "nothing"),
        (
            {"all": [{"measure": "mood", "gte": 5}, {"measure": "mood", "item": 1, "lte": 2}]},
            "nothing",
        ),
        (
            {"all": [{"measure": "mood", "gte": 5}, {"measure": "mood", "item": 1, "lte": 1}]},
            "never",
        ),
        ({"any": [{"measure": "mood", "gte": 0}, {"measure": "mood", "known": False}]}, "always"),
        ({"key": "boom-bust", "in": ["often", "rarely"]}, "nothing"),
        ({"key": "confidence", "gte": 10}, "nothing"),
        ({"key": "goal", "known": False}, "never"),
        ({"done": "flow/weekly", "gte": 30}, "nothing"),
        ({"done": "flow/weekly", "lt": 0}, "never"),
        ({"fact": "weeks", "gte": 8}, "nothing"),
        ({"fact": "lessons_left", "is": 0}, "nothing"),
        ({"fact": "lessons", "gt": 5}, "never"),
        ({"fact": "phase", "is": "following_up"}, "nothing"),
        (
            {
                "all": [
                    {"key": "boom-bust", "is": "often"},
                    {"key": "confidence", "lte": 4},
                    {"fact": "weeks", "gte": 2},
                    {"done": "flow/weekly", "known": True},
                ]
            },
            "nothing",
        ),
    ],
)
def test_a_condition_must_be_able_to_fall_both_ways(when: dict[str, Any], found: str) -> None:
    """Some patient meets it so and some patient otherwise, or the author hears of it."""
    steps: list[dict[str, Any]] = [
        {"id": "fork", "decide": [{"when": when, "goto": "here"}], "goto": "there"},
        {"id": "here", "say": "Here.", "goto": "end"},
        {"id": "there", "say": "There."},
    ]

    said = findings(release_with(flow(MADE, *steps)), MADE)

    unreached = {"never": 1, "always": 1, "nothing": 0}[found]
    assert sum("no answer leads here" in text for _, text in said) == unreached
    assert [text for _, text in said if f"is {found} true here" in text] == [
        text for severity, text in said if severity == "warning" and "true here" in text
    ]


def test_every_threshold_of_a_measure_is_met_by_some_answers() -> None:
    """Two-item answers are told apart by bands, rules and conditions, without trying all."""
    release = tiny()
    atlas = Atlas(release)
    tests = Classes(atlas).tests.about(("measure", "mood"))

    tried = Classes(atlas).items("mood", frozenset(tests))

    totals = {score_of(release.measures["mood"], items).total for items in tried}
    assert None in totals
    assert {total is not None and total >= 5 for total in totals} == {True, False}
    assert {total is not None and total <= 2 for total in totals} == {True, False}
    assert {items[1] is not None and items[1] >= 2 for items in tried} == {True, False}
    assert len(tried) < 4 * 4


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=6),
    st.sets(st.sampled_from(range(6)), min_size=3, max_size=3),
)
def test_any_two_things_meet_in_some_world_and_all_of_one_condition(
    sizes: list[int], together: set[int]
) -> None:
    """Fewer worlds than all are played, and none that matters is left out."""
    group = sorted(place for place in together if place < len(sizes))

    worlds = list(cover(sizes, [group]))

    assert worlds[0] == (0,) * len(sizes)
    assert all(pick < size for world in worlds for pick, size in zip(world, sizes, strict=True))
    for places in [*combinations(range(len(sizes)), 2), tuple(group)]:
        met = {tuple(world[place] for place in places) for world in worlds}
        wanted = 1
        for place in places:
            wanted *= sizes[place]
        assert len(met) == wanted


def test_a_loop_through_two_flows_that_no_answer_leaves_is_found() -> None:
    """Each of the two flows has an end, and together they have none."""
    inner = flow("flow/inner", *asks("k1"))
    ever = {"all": [{"key": "k1", "is": "a"}, {"key": "k1", "is": "b"}]}
    outer: list[dict[str, Any]] = [
        {"id": "again", "do": "flow/inner"},
        {"decide": [{"when": ever, "goto": "end"}], "goto": "again"},
    ]

    said = errors(release_with(flow(MADE, *outer), inner), "flow/inner")

    assert said == ["at the beginning no answer leads to the end: let one of them do so"]


def test_bubbles_are_counted_over_flows_and_with_the_programs_own() -> None:
    """Two here, two there: a patient gets four in a row."""
    inner = flow("flow/inner", {"say": "Three."}, {"say": "Four."}, *asks("k1"))
    outer = flow(MADE, {"say": "One."}, {"say": "Two."}, {"id": "in", "do": "flow/inner"})

    said = [f for f in walk(release_with(outer, inner)) if "in a row" in f.text]

    assert [(f.flow, f.step) for f in said] == [(MADE, "in")]
    assert "with those of flow/inner" in said[0].text


def test_a_question_between_bubbles_or_a_wait_makes_them_fine() -> None:
    """Timed bubbles give as much rest as a question does."""
    says = [{"say": "One."}, {"say": "Two."}, {"say": "Three."}]
    wait = {"wait": 20, "text": "Breathe.", "choices": {"on": "Go on"}}

    assert errors(release_with(flow(MADE, *says, wait, *says)), MADE) == []


def test_help_is_asked_for_wherever_a_patient_can_stand() -> None:
    """Every position that a random talk comes to is one at which crisis words were tried."""
    found = explored(tiny())

    assert found is not None
    assert found.positions >= 15
    assert not [f for f in found.findings if "help" in f.text]


def test_a_reply_that_begins_with_something_else_is_found() -> None:
    """For one patient of two the help lines would not come first."""
    reply = tiny().flows["safety/crisis"]
    known = {"key": "goal", "known": True}
    first = {"id": "which", "decide": [{"when": known, "goto": "safe-now"}]}
    steps = [first, *(step.model_dump(exclude_none=True) for step in reply.steps)]
    jumped = Flow.model_validate({"id": reply.id, "title": reply.title, "steps": steps})

    said = errors(release_with(jumped), "safety/crisis")

    assert any(text.startswith("the help lines do not come first at ") for text in said)


def fourteen() -> Flow:
    """A flow at whose end fourteen answers matter together: five million ways."""
    keys = [f"k{number}" for number in range(14)]
    last = {"all": [{"key": key, "is": "a"} for key in keys]}
    fork = {"decide": [{"when": last, "goto": "here"}], "goto": "end"}
    return flow(MADE, *asks(*keys), fork, {"id": "here", "say": "All of one."})


def test_a_flow_in_which_everything_matters_is_still_proved() -> None:
    """Of very many states, those are played in which every two things meet, and every branch."""
    found = explored(release_with(fourteen()))

    assert found is not None
    assert found.findings == ()
    assert found.states < 3000


def test_too_many_states_are_said_and_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be played to the end is an error, and nothing else is claimed of it."""
    monkeypatch.setattr(space, "MOST_STATES", 50)

    assert errors(release_with(fourteen()), MADE) == [
        "more than 50 states: split this flow, or let fewer earlier answers matter"
    ]


def test_questions_that_were_seen_answered_are_leapt_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a measure that many people answer alike, all is found, and as long, with fewer states."""
    forks = [{"decide": [{"when": {"key": key, "is": "a"}, "goto": "end"}]} for key in KEYS]
    sad = {"decide": [{"when": {"measure": "mood", "gte": 4}, "goto": "end"}]}
    steps = [*asks(*KEYS), {"do": "measure/mood"}, sad, *forks, {"say": "It is {k1}."}]
    release = with_a_longer_mood(release_with(flow(MADE, *steps)))
    monkeypatch.setattr(space, "MANY_STATES", 0)

    leapt = explored(release)
    monkeypatch.setattr(Leaps, "over", lambda *_: ())
    walked = explored(release)

    assert leapt is not None
    assert walked is not None
    assert (leapt.findings, leapt.positions) == (walked.findings, walked.positions)
    assert any("{k1} is not known" in found.text for found in leapt.findings)
    assert leapt.lengths[MADE].longest.taps == walked.lengths[MADE].longest.taps
    assert leapt.states < walked.states


def with_a_longer_mood(release: Release) -> Release:
    """The release with twelve questions about mood in place of two."""
    mood = release.measures["mood"].model_dump(by_alias=True)
    mood |= {"items": [{**mood["items"][0], "text": f"Feeling {n}"} for n in range(12)]}
    mood |= {"range": [0, 36], "bands": [mood["bands"][0], {**mood["bands"][1], "upto": 36}]}
    measures = {**release.measures, "mood": Measure.model_validate(mood)}
    return release.model_copy(update={"measures": measures})


def test_taps_and_minutes_are_counted_on_the_typical_and_the_longest_way() -> None:
    """150 words a minute, 5 seconds a tap, and every wait in full; going round counts once."""
    words = " ".join(["word"] * 50)
    steps: list[dict[str, Any]] = [
        {"ask": "k1", "text": words, **ASKED, "next": {"b": "long"}, "goto": "end"},
        {"id": "long", "say": words},
        {"wait": 60, "text": words, "choices": {"on": "Go on"}, "goto": "k1"},
    ]

    found = explored(release_with(flow(MADE, *steps)))

    assert found is not None
    typical, longest = found.lengths[MADE].typical, found.lengths[MADE].longest
    assert (typical.taps, longest.taps) == (1, 1)
    # what the program itself says at the end is a second or two
    assert typical.minutes == pytest.approx((20 + 5) / 60, abs=0.05)
    assert longest.minutes == pytest.approx((20 + 5 + 20 + 20 + 60 + 20) / 60, abs=0.05)


def test_a_part_that_takes_too_long_is_found_from_door_to_door() -> None:
    """Two parts of two minutes are fine, one of four is not."""
    door = {"text": "Next.", "minutes": 2}
    wait = {"wait": 120, "text": "Breathe.", "choices": {"on": "Go on"}}
    two = [{"part": "one", **door}, wait, {"part": "two", **door}, wait]
    made = {"id": "lesson/made", "title": "Made", "minutes": 4, "evidence": ["10.1000/x"]}

    def parts_of(steps: list[dict[str, Any]]) -> list[str]:
        release = release_with(Flow.model_validate({**made, "steps": steps}))
        return [text for _, text in findings(release, "lesson/made") if "this part" in text]

    assert parts_of(two) == []
    assert parts_of([two[0], wait, wait]) == [
        "this part may take 4.1 minutes, and 3 are enough: split it"
    ]


def step(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any step of several kinds, going anywhere, saying and asking a few keys."""
    anywhere, key = st.sampled_from(PLACES), st.sampled_from(KEYS)
    case = st.fixed_dictionaries(
        {
            "when": st.one_of(
                key.map(lambda k: {"key": k, "is": "a"}),
                key.map(lambda k: {"key": k, "known": True}),
                st.just({"measure": "mood", "gte": 3}),
            ),
            "goto": anywhere,
        }
    )
    onward = st.none() | anywhere
    return st.one_of(
        st.fixed_dictionaries({"say": key.map(lambda k: f"It is {{{k}}}."), "goto": onward}),
        st.fixed_dictionaries({"decide": st.lists(case, min_size=1, max_size=2), "goto": onward}),
        st.fixed_dictionaries(
            {
                "ask": key,
                "text": key.map(lambda k: f"Now {{{k}|this}}?"),
                "choices": st.just(ASKED["choices"]),
                "next": st.dictionaries(st.sampled_from(["a", "b"]), anywhere),
                "goto": onward,
            }
        ),
        st.fixed_dictionaries({"do": st.just("measure/mood"), "goto": onward}),
        st.just({"wait": 5, "text": "Wait.", "choices": {"on": "On"}}),
    ).map(lambda made: {"id": name, **made})


FLOWS = st.tuples(*(step(name) for name in PLACES[:-1])).map(lambda steps: flow(MADE, *steps))


def next_event(release: Release, state: State, pick: int) -> Event:
    """What this patient does next: a button, skipping, or waiting."""
    top = state.stack[-1]
    question = release.flow(top.flow).step(top.step)
    assert isinstance(question, Question)
    choices: list[Event] = [
        Tapped(at=NOW, turn=state.asked, choice=choice)
        for choice in getattr(question, "choices", {})
    ]
    choices.append(Said(at=NOW, text="/skip"))
    if state.cue is not None:
        choices.append(Due(at=state.cue.due_at, key=state.cue.key, due_at=state.cue.due_at))
    return choices[pick % len(choices)]


@settings(settings.get_profile("engine"), max_examples=examples(20))
@given(FLOWS, st.lists(st.integers(0, 11), max_size=15))
def test_what_a_patient_meets_was_met_by_the_checker(made: Flow, picks: list[int]) -> None:
    """Nobody sees an unknown word, or a step called unreachable, that was not found before."""
    release = release_with(made, flow("flow/asker", *asks(*KEYS)))
    found = [f for f in walk(release) if f.severity == "error"]
    if any("leads to the end" in f.text or "round without" in f.text for f in found):
        return
    unknown = {f.text.partition(" is not known")[0] for f in found if "is not known" in f.text}
    shut = {f.step for f in found if "leads here" in f.text or "leads to this step" in f.text}

    state = State(
        release=release.hash,
        phase="learning",
        stack=(Frame(flow=MADE, step="s1"),),
        answers={"goal": "to walk"},
        words={"goal": "to walk"},
    )
    taken = turn(release, state, Joined(at=NOW))
    for pick in [*picks, None]:
        for sent in [effect for effect in taken.effects if isinstance(effect, Send)]:
            missing = {f"{{{key}}}" for key, value in sent.values.items() if value == UNKNOWN}
            assert missing <= unknown
        assert not {frame.step for frame in taken.state.stack if frame.flow == MADE} & shut
        if pick is None or taken.state.asked is None:
            break
        taken = turn(release, taken.state, next_event(release, taken.state, pick))


def test_what_did_not_change_need_not_be_played() -> None:
    """All is read, but only the flows are played in which the named ones open, and setting up."""
    release = release_with(flow(MADE, {"say": "So {boom-bust}."}))

    def shown(*only: str) -> bool:
        return any("{boom-bust} is not known" in found.text for found in walk(release, only=only))

    assert shown(MADE)
    assert not shown("exercise/breathing")
