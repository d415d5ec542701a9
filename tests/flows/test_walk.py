"""The checker and the engine agree: what would go wrong with a patient was found before."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import flows
from bot.content.reading import read
from flows.effects import Send
from flows.events import Joined, Tapped
from flows.program import Release
from flows.rule import ENGINE_RULES
from flows.state import Frame, State
from flows.steps import Flow
from flows.turn import Turn, turn
from flows.walk import walk
from flows.walk.graph import Atlas, Graph
from flows.walk.messages import ENGINE_TEXTS
from flows.walk.shown import MOST_BUBBLES
from flows.walk.wording import unkind
from tests.content.packs import TINY
from tests.thorough import examples

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
MADE, INNER = "flow/made", "flow/inner"
PLACES = ["s1", "s2", "s3", "s4", "s5", "end"]


@cache
def tiny() -> Release:
    """The tiny pack's release, in which nothing is wrong."""
    return read(TINY)


def release_with(*made: Flow) -> Release:
    """The tiny pack's release with these flows in it."""
    parts = {name: getattr(tiny(), name) for name in Release.model_fields}
    return Release(**{**parts, "flows": {**tiny().flows, **{flow.id: flow for flow in made}}})


def flow(name: str, *steps: dict[str, Any]) -> Flow:
    """A flow of these steps."""
    return Flow.model_validate({"id": name, "title": "Made", "steps": list(steps)})


def errors(release: Release, name: str) -> list[str]:
    """What the checker says against one flow."""
    return [f.text for f in walk(release) if f.flow == name and f.severity == "error"]


def step(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any step of a few kinds, going anywhere."""
    anywhere = st.sampled_from(PLACES)
    onward = st.none() | anywhere
    case = {"when": st.just({"key": "s1", "is": "a"}), "goto": anywhere}
    return st.one_of(
        st.fixed_dictionaries({"say": st.just("Words."), "goto": onward}),
        st.fixed_dictionaries({"do": st.just(INNER), "goto": onward}),
        st.fixed_dictionaries(
            {"decide": st.tuples(st.fixed_dictionaries(case)).map(list), "goto": onward}
        ),
        st.fixed_dictionaries(
            {
                "ask": st.just(name),
                "text": st.just("Which?"),
                "choices": st.just({"a": "One", "b": "Two"}),
                "next": st.dictionaries(st.sampled_from(["a", "b"]), anywhere),
                "goto": onward,
            }
        ),
    ).map(lambda made: {"id": name, **made})


def sources() -> list[str]:
    """The engine's own code."""
    paths = Path(flows.__path__[0]).rglob("*.py")
    return [path.read_text(encoding="utf-8") for path in paths]


def texts_named_in(source: str) -> list[str]:
    """The fixed texts that code asks for by name."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [call.args[1] for call in calls if _is_message(call) and len(call.args) > 1]
    return [str(node.value) for node in named if isinstance(node, ast.Constant)]


def _is_message(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in {"message", "worded"}


MADE_FLOWS = st.tuples(*(step(name) for name in PLACES[:-1])).map(lambda s: flow(MADE, *s))
INNER_FLOWS = st.lists(st.sampled_from(["say", "ask"]), min_size=1, max_size=3).map(
    lambda kinds: flow(INNER, *(inner_step(kind, n) for n, kind in enumerate(kinds)))
)


def inner_step(kind: str, number: int) -> dict[str, Any]:
    """A bubble or a question of the inner flow."""
    if kind == "say":
        return {"say": "Inner words."}
    return {"ask": f"inner-{number}", "text": "Inner?", "choices": {"a": "One", "b": "Two"}}


def played(release: Release, choices: list[str]) -> list[Turn]:
    """The turns of somebody who answers so."""
    start = State(release=release.hash, phase="learning", stack=(Frame(flow=MADE, step="s1"),))
    turns = [turn(release, start, Joined(at=NOW))]
    for choice in choices:
        state = turns[-1].state
        if state.asked is None:
            break
        turns.append(turn(release, state, Tapped(at=NOW, turn=state.asked, choice=choice)))
    return turns


def bubbles(taken: Turn) -> int:
    """How many bubbles came before the question of a turn, if it asks one."""
    sent = sum(isinstance(effect, Send) for effect in taken.effects)
    return sent - (taken.state.asked is not None)


@settings(settings.get_profile("engine"), max_examples=examples(15))
@given(MADE_FLOWS, INNER_FLOWS, st.lists(st.sampled_from(["a", "b"]), max_size=12))
def test_a_flow_that_the_checker_lets_through_never_floods_a_patient(
    made: Flow, inner: Flow, choices: list[str]
) -> None:
    """However people answer: no endless turn, no more bubbles in a row than allowed."""
    release = release_with(made, inner)
    floods = [text for text in errors(release, MADE) if "round" in text or "in a row" in text]
    event(f"found {len(floods)}")
    if floods:
        return

    turns = played(release, choices)

    assert max(map(bubbles, turns)) <= MOST_BUBBLES
    assert all(taken.state.asked or not taken.state.stack for taken in turns)


@settings(settings.get_profile("engine"), max_examples=examples(15))
@given(MADE_FLOWS, INNER_FLOWS, st.lists(st.sampled_from(["a", "b"]), max_size=12))
def test_no_step_is_met_that_the_checker_called_unreachable(
    made: Flow, inner: Flow, choices: list[str]
) -> None:
    """What nobody can reach is never reached."""
    release = release_with(made, inner)
    reached = Graph(made).reached
    if any("round without a question" in text for text in errors(release, MADE)):
        return

    frames = [frame for taken in played(release, choices) for frame in taken.state.stack]

    assert {frame.step for frame in frames if frame.flow == MADE} <= reached


LOOPS = [
    # a bubble that leads to itself
    ({"id": "a", "say": "Hi.", "goto": "a"},),
    # a branch that goes back without asking
    (
        {"ask": "x", "text": "?", "choices": {"y": "Yes"}},
        {"id": "b", "say": "Hi."},
        {"decide": [{"when": {"key": "x", "is": "y"}, "goto": "b"}]},
    ),
    # a flow inside that asks nothing
    (
        {"id": "a", "do": "flow/quiet"},
        {"decide": [{"when": {"key": "goal", "known": True}, "goto": "a"}]},
    ),
]


@pytest.mark.parametrize("steps", LOOPS)
def test_a_loop_that_asks_nothing_is_found(steps: tuple[dict[str, Any], ...]) -> None:
    """Such a loop would send bubbles until Telegram stops the bot."""
    release = release_with(flow(MADE, *steps), flow("flow/quiet", {"say": "Hush."}))

    assert "these steps go round without a question: put one in between" in errors(release, MADE)


def test_a_loop_with_a_question_is_fine() -> None:
    """Asking again until it is clear is what safety flows do."""
    question = {"ask": "x", "text": "?", "choices": {"y": "Yes", "n": "No"}, "next": {"n": "a"}}

    assert errors(release_with(flow(MADE, {"id": "a", "say": "Hi."}, question)), MADE) == []


def test_a_step_that_only_skipping_reaches_counts_as_reached() -> None:
    """Authors answer a skipped question there; in a safety flow nothing can be skipped."""
    steps: tuple[dict[str, Any], ...] = (
        {"ask": "x", "text": "/now?", "choices": {"y": "Yes"}, "next": {"y": "end"}},
        {"say": "Skipped.", "goto": "end"},
    )
    plain, safety = flow(MADE, *steps), flow("safety/made", *steps)
    release = release_with(plain, safety)

    assert errors(release, MADE) == []
    assert errors(release, "safety/made") == [
        "nothing leads to this step: lead an answer there, or take it away"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("You should have rested.", True),
        ("You Should\nhave rested.", True),
        ("You _should_ **have** rested.", True),
        ("A cure is not promised.", True),
        ("Secure your seat.", False),
        ("This is obscure.", False),
        ("The shoulder should heal.", False),
    ],
)
def test_refused_words_are_found_whole_and_through_marks(text: str, found: bool) -> None:
    """Capitals, line breaks and marks hide nothing; parts of other words are left alone."""
    assert bool(list(unkind(text))) is found


def test_the_rules_known_to_the_checker_are_those_the_engine_raises() -> None:
    """A rule that the engine raises and nobody wrote would stop a turn."""
    text = "\n".join(sources())

    assert set(re.findall(r'Raise\(rule="([a-z0-9-]+)"', text)) == ENGINE_RULES


def test_the_texts_known_to_the_checker_are_those_the_engine_says() -> None:
    """A text that the engine says and nobody wrote would stop a turn."""
    said = {name for source in sources() for name in texts_named_in(source)}

    assert len(said) > 15
    assert said <= ENGINE_TEXTS.keys()


def test_a_flow_that_opens_itself_is_found_and_the_rest_still_checked() -> None:
    """A circle stops only the checks that would never come back from it."""
    release = release_with(
        flow(MADE, {"do": INNER}, {"say": "{nobody-asked}"}), flow(INNER, {"do": MADE})
    )

    assert errors(release, MADE) == [
        "there is no placeholder nobody-asked: write it, or name another one",
        "flow/inner opens this flow again, without an end: take one of the two away",
    ]


def test_every_flow_of_the_tiny_pack_is_drawn() -> None:
    """The checker sees what the engine sees, measures too."""
    assert Atlas(tiny()).graphs.keys() == tiny().all_flows.keys()
