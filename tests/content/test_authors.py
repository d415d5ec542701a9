"""What authors type in a terminal, and what they read there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli import authors
from bot.content.reading import read
from bot.keys import new_key
from flows.machine import definition
from flows.machines import mermaid
from tests.content.packs import TINY, Edit, copy_with

SHIPPED = Path(__file__).parents[2] / "content"
TODAY = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""A month after the tiny pack was verified."""


@pytest.fixture(autouse=True)
def _today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run on that day, whenever the tests do."""
    offset = tmp_path / "offset"
    offset.write_text(str((TODAY - datetime.now(UTC)).total_seconds()), encoding="ascii")
    monkeypatch.setenv("CLOCK_OFFSET_FILE", str(offset))


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


def test_check_says_the_same_of_what_it_takes_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With keys, the next check takes up what this one found, unless it is to be fresh."""
    monkeypatch.setenv("SECRET_KEYS", new_key())
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    said = [paceful("check", str(TINY), *words).output for words in ((), (), ("--fresh",))]

    assert said == ["No mistakes, 0 warnings.\n"] * 3
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["checked.sealed"]


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
        copy_with(Edit("lessons/pacing.yaml", "Then make it smaller.", "Rest. " * 61), tmp_path)
    )

    short, long = paceful("check", pack), paceful("check", pack, "--warnings")

    assert short.output == "No mistakes, 1 warning (--warnings shows each).\n"
    assert "warning: " in long.output
    assert "lessons/pacing.yaml:22: smaller: the bubble has 61 words" in long.output
    assert (short.exit_code, long.exit_code) == (0, 0)


def test_editors_get_a_list_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each mistake and warning with its file, line and step; the exit status stays the same."""
    pack = copy_with(Edit("lessons/pacing.yaml", "more of {goal}", "more of {gaol}"), tmp_path)
    crisis = (pack / "crisis.yaml").read_text(encoding="utf-8")
    unsure = crisis.replace("verified: true", "verified: false")
    (pack / "crisis.yaml").write_text(unsure, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    broken, good = paceful("check", "pack", "--json"), paceful("check", str(TINY), "--json")

    assert json.loads(broken.stdout) == [
        {
            "file": "pack/lessons/pacing.yaml",
            "line": 12,
            "severity": "error",
            "step": "say-3",
            "text": "there is no placeholder gaol: did you mean goal?",
        },
        {
            "file": None,
            "line": None,
            "severity": "warning",
            "step": None,
            "text": "not yet verified by a person: crisis phrase lists (1)",
        },
    ]
    assert (broken.exit_code, json.loads(good.stdout), good.exit_code) == (1, [], 0)


def test_check_gives_schemas_and_a_checklist(tmp_path: Path) -> None:
    """Printed as one document, written as files, or a list to sign: each instead of the proof."""
    printed = paceful("check", "--schema")
    written = paceful("check", "--schema-to", str(tmp_path / "schemas"))
    review = paceful("check", str(TINY), "--review")

    files = {path.stem: json.loads(path.read_bytes()) for path in tmp_path.glob("schemas/*.json")}
    assert json.loads(printed.stdout)["$defs"] == files
    assert {printed.exit_code, written.exit_code, review.exit_code} == {0}
    assert review.stdout.startswith(f"# Clinical review\n\nRelease: `{read(TINY).hash}`\n")


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


def test_enter_ends_a_wait(tmp_path: Path) -> None:
    """Nobody sits through twenty seconds in a terminal; Enter alone means nothing elsewhere."""
    wait = "  - {wait: 20, text: Breathe out., choices: {on: Go on}}\n"
    flow = f"exercise: slow\ntitle: Slow\nsteps:\n{wait}{wait}  - {{say: That was slow.}}\n"
    pack = copy_with(Edit("exercises/slow.yaml", "", flow), tmp_path)

    result = paceful("play", "slow", "--content", str(pack), typed="\n\n")
    stuck = paceful("play", "pacing", "--content", str(TINY), typed="\n\n")

    assert result.output.count("… 20 seconds: press Enter when they are over") == 2
    assert result.output.rstrip().endswith("That was slow.\n— the end —")
    assert stuck.output.count("Does that happen to you?") == 1


def test_a_flow_is_played_as_a_saved_person() -> None:
    """What June answered and scored long ago is there: her picture is told in words."""
    result = paceful("play", "graduation", "--as", "june", "--content", str(SHIPPED), typed="1\n")

    assert "  What matters to me: Tend my small garden" in result.output
    assert "  Pain: 7.33, 5.33" in result.output
    assert "Lessons finished: 9" in result.output


def test_play_names_what_there_is_to_play() -> None:
    """Every flow under its kind, then the saved people; a misspelt one has a near name."""
    listed = paceful("play", "--list", "--content", str(SHIPPED)).output.splitlines()
    wrong = paceful("play", "cbt-loop", "--as", "jun", "--content", str(SHIPPED))

    named = {line.split()[0] for line in listed if line.startswith("  ")}
    assert set(read(SHIPPED).all_flows) <= named
    assert {"june", "rosa"} <= named
    assert (wrong.exit_code, wrong.stderr) == (2, "there is no person jun: did you mean june?\n")


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


def test_every_flow_can_be_drawn() -> None:
    """Each arrow of each diagram leads from a state that is named to one that is named."""
    for name, flow in read(SHIPPED).all_flows.items():
        drawn = mermaid(definition(flow), flow.title)
        states = set(re.findall(r'^  state "[^"]*" as (\w+)$', drawn, re.MULTILINE))
        arrows = re.findall(r"^  ?(\S+) --> ([^\s:]+)", drawn, re.MULTILINE)

        assert len(states) == len(flow.names) + 1, name
        assert len(arrows) >= len(flow.names), name
        assert {end for arrow in arrows for end in arrow} <= {*states, "[*]"}, name


def test_a_flow_that_is_not_there_has_a_near_name() -> None:
    """A misspelt name is answered with the one that was meant."""
    result = paceful("play", "lesson/paceing", "--content", str(TINY))

    assert result.exit_code == 2
    assert result.stderr == "there is no flow lesson/paceing: did you mean lesson/pacing?\n"
