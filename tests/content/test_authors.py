"""What authors type in a terminal, and what they read there."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli import authors
from tests.content.packs import TINY, Edit, copy_with


def paceful(*words: str, typed: str = "") -> Result:
    """The result of a command, with what was typed while it ran."""
    app = typer.Typer()
    authors.add_to(app)
    return CliRunner().invoke(app, [*words], input=typed)


def test_check_of_good_content_says_so() -> None:
    """Nothing wrong: one line, and exit status 0."""
    result = paceful("check", str(TINY))

    assert result.output == "No mistakes, 0 warnings.\n"
    assert result.exit_code == 0


def test_check_of_broken_content_leads_to_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One mistake, one line that an editor can jump to from here, and exit status 1."""
    copy_with(Edit("lessons/pacing.yaml", "more of {goal}", "more of {gaol}"), tmp_path)
    monkeypatch.chdir(tmp_path)

    result = paceful("check", "pack")

    assert result.output.splitlines() == [
        "pack/lessons/pacing.yaml:12: say-3: there is no placeholder gaol: did you mean goal?",
        "1 mistake, 0 warnings.",
    ]
    assert result.exit_code == 1


def test_check_counts_warnings_and_shows_them_when_asked(tmp_path: Path) -> None:
    """Warnings stop nothing, and stay out of the way until somebody wants them."""
    pack = str(
        copy_with(Edit("lessons/pacing.yaml", "Then make it smaller.", "small " * 61), tmp_path)
    )

    short, long = paceful("check", pack), paceful("check", pack, "--warnings")

    assert short.output == "No mistakes, 1 warning (--warnings shows each).\n"
    assert "warning: " in long.output
    assert "lessons/pacing.yaml:22: smaller: the bubble has 61 words" in long.output
    assert (short.exit_code, long.exit_code) == (0, 0)


def test_a_lesson_is_played_with_numbers_words_and_back() -> None:
    """A number is the button, words are words, and a rating's number is itself."""
    typed = "2\n2\nback\nnot really\n7\n"

    result = paceful("play", "pacing", "--content", str(TINY), typed=typed)

    questions = {"Does that happen to you?", "Once more?", "How sure are you?", "— the end —"}
    said = [line.removeprefix("> ") for line in result.output.splitlines()]
    assert [line for line in said if line in questions] == [
        "Does that happen to you?",
        "Once more?",
        "How sure are you?",
        "Does that happen to you?",
        "How sure are you?",
        "— the end —",
    ]


def test_play_shows_what_else_happens() -> None:
    """Scores and alerts are shown, and a crisis reply comes first here too."""
    typed = "4\nnearly every day\nI want to end my life\nquit\n"

    scored = paceful("play", "measure/mood", "--content", str(TINY), typed=typed)
    crisis = paceful(
        "play", "weekly", "--content", str(TINY), typed="I want to end my life\nquit\n"
    )

    assert "[score: mood 6]" in scored.output
    assert "[alert for the care team: mood-high, grey]" in scored.output
    assert scored.output.rstrip().endswith("— the end —")
    assert "[alert for the care team: crisis-words, red]" in crisis.output
    assert "Find a Helpline" in crisis.output


def test_play_ends_when_nothing_more_is_typed() -> None:
    """The end of the input is the end of the play."""
    result = paceful("play", "lesson/pacing", "--content", str(TINY))

    assert result.exit_code == 0
    assert "Many people in pain do a lot on a good day." in result.output
    assert "the end" not in result.output


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("journey", "learning --> paused: pause"),
        ("alert", "raised --> told: tell"),
        ("lesson/pacing", "boom_bust --> steady: rarely"),
        ("pacing", "steady --> smaller: answered"),
        ("mood", "item_1 --> item_2: answered"),
    ],
)
def test_a_graph_is_drawn_of_what_runs(name: str, drawn: str) -> None:
    """Mermaid's text of a flow, a measure, the journey, or an alert's life."""
    result = paceful("graph", name, "--content", str(TINY))

    assert result.exit_code == 0
    assert "stateDiagram-v2" in result.output
    assert drawn in result.output


def test_a_flow_that_is_not_there_has_a_near_name() -> None:
    """A misspelt name is answered with the one that was meant."""
    result = paceful("play", "lesson/paceing", "--content", str(TINY))

    assert result.exit_code == 2
    assert result.stderr == "there is no flow lesson/paceing: did you mean lesson/pacing?\n"
