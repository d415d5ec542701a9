"""`paceful backtest`: changed rules tried on a table of scores, and on simulated people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import program
from bot.content.cohorts import read_cohort, read_outcomes
from bot.content.mistakes import ContentError
from tests.flows.starts import real_release

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "content" / "escalation.yaml"
COHORT, OUTCOMES = HERE / "cohort.csv", HERE / "outcomes.csv"
HEAD = "patient,at,measure,total,item1,item9\n"


def told(*arguments: str | Path) -> str:
    """What the command prints."""
    done = CliRunner().invoke(program(), ["backtest", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def changed(folder: Path, old: str, new: str) -> Path:
    """The present rules with these words changed."""
    file, text = folder / "rules.yaml", RULES.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return file


def test_the_present_rules_on_the_example_gain_and_lose_nobody() -> None:
    """The example file of the documentation can be played as it is."""
    said = told(RULES, "--cohort", COHORT, "--outcomes", OUTCOMES, "--clinicians", "2")
    assert "3 patients, 6 scores, 3 weeks (cohort.csv)" in said
    assert "nobody would gain an alert" in said
    assert "nobody would lose an alert" in said
    assert "Not played, for they need no score: crisis-words" in said


def test_a_changed_rule_says_whom_it_would_miss(tmp_path: Path) -> None:
    """A higher threshold for PEG loses Ann, a lower one for PHQ-9 finds Cem."""
    higher = changed(tmp_path, "worse_by: 3.0", "worse_by: 3.5")
    assert "1 lose an alert of peg-worse: ann" in told(higher, "--cohort", COHORT)
    lower = changed(tmp_path, "gte: 20", "gte: 8")
    assert "1 gain an alert of phq9-severe: cem" in told(lower, "--cohort", COHORT)
    assert "nobody would gain" in told(lower, "--cohort", COHORT, "--against", lower)


def test_json_holds_the_same_numbers(tmp_path: Path) -> None:
    """For those who draw their own tables."""
    higher = changed(tmp_path, "worse_by: 3.0", "worse_by: 3.5")
    found = json.loads(told(higher, "--cohort", COHORT, "--outcomes", OUTCOMES, "--json"))
    assert found["lost"] == {"peg-worse": ["ann"]}
    assert (found["patients"], found["scores"], found["weeks"]) == (3, 6, 3)
    assert {each["name"]: each["alerts"] for each in found["tiers"]} == {
        "amber": 2,
        "yellow": 1,
        "all": 3,
    }
    total = {each["name"]: each for each in found["accuracy"]}["all"]
    assert (total["sensitivity"]["hits"], total["sensitivity"]["of"]) == (1, 1)
    assert (total["specificity"]["hits"], total["specificity"]["of"]) == (1, 2)


def test_simulated_people_come_with_their_own_outcomes() -> None:
    """Those who were made to get worse are who an alert should find; the same people each time."""
    first, again = (json.loads(told(RULES, "--json")) for _ in range(2))
    assert first == again
    amber = {each["name"]: each for each in first["accuracy"]}["amber"]
    assert amber["sensitivity"]["of"] == 40
    assert amber["sensitivity"]["hits"] > 30


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("ann,yesterday,peg,5,,", "at is no moment such as 2026-03-02T09:00: yesterday"),
        ("ann,2026-03-02,pge,5,,", "there is no measure pge: did you mean peg?"),
        ("ann,2026-03-02,peg,11,,", "peg goes from 0 to 10: 11 is outside"),
        ("ann,2026-03-02,peg,five,,", "total is no number: five"),
        ("ann,2026-03-02,peg,nan,,", "total is no number: nan"),
        ("ann,2026-03-02,peg,,,", "there is neither a total nor an item"),
        ("ann,2026-03-02,peg,,5.5,", "item1 goes from 0 to 10 in whole numbers: 5.5 is outside"),
        ("ann,2026-03-02,peg,,,5", "peg has 3 items, and no item9"),
        ("ann,2026-03-02,peg,5,5,", "the items give a total of none, and here stands 5"),
        (",2026-03-02,peg,5,,", "the patient is missing"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, row: str, sentence: str) -> None:
    """Each wrong row is one sentence; the good ones before it count as lines."""
    file = tmp_path / "bad.csv"
    file.write_text(f"{HEAD}bob,2026-03-02,peg,5,,\n{row}\n")
    with pytest.raises(ContentError) as found:
        read_cohort(file, real_release().measures)
    assert [str(each) for each in found.value.mistakes] == [f"bad.csv:3: {sentence}"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "bad.csv:1: the first line must name the columns: patient and outcome is not there"),
        ("patient,outcome\n", "bad.csv:1: there is no row in this file"),
        ("patient,outcome\nann,maybe\n", "bad.csv:2: the outcome is yes or no (1 or 0): maybe"),
        ('patient,outcome\n"ann,yes\n', "bad.csv:2: no CSV: unexpected end of data"),
    ],
)
def test_a_bad_table_of_outcomes_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """Empty files, missing columns and broken quotes among them."""
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(ContentError) as found:
        read_outcomes(file)
    assert [str(each) for each in found.value.mistakes] == [sentence]


def test_rules_that_do_not_fit_the_content_are_refused(tmp_path: Path) -> None:
    """A misspelt measure, a tier that nobody knows: the file and line of each."""
    for old, new, says in (
        ("measure: gad-7", "measure: gad7", "there is no measure gad7"),
        ("worse_by: 6", "worse_by: six", "worse_by"),
    ):
        with pytest.raises(ContentError) as found:
            told(changed(tmp_path, old, new), "--cohort", COHORT)
        assert [each.file for each in found.value.mistakes] == ["rules.yaml"]
        assert says in found.value.mistakes[0].text
        assert found.value.mistakes[0].line > 1
