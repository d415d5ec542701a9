"""A place that may not ask about thoughts of death asks another questionnaire instead."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.content.proofreading import proofread_to_start
from bot.content.reading import read
from flows.escalation import on_item
from flows.program import Release
from flows.steps import Condition, Decide, Do, Flow
from tests.flows.starts import CONTENT


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The content that patients meet, with the switch in program.yaml set."""
    pack = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    program = pack / "program.yaml"
    text = program.read_text(encoding="utf-8")
    assert text.count("instead: {}") == 1
    switched = text.replace("instead: {}", "instead: {phq-9: phq-8}")
    program.write_text(switched, encoding="utf-8", newline="\n")
    return pack


def done_by(release: Release) -> set[str]:
    """Every flow that a written flow opens."""
    return {
        step.do for flow in release.flows.values() for step in flow.steps if isinstance(step, Do)
    }


def measured_in(flow: Flow) -> Iterator[str]:
    """The measures that the flow's branches look at, apart from single items."""
    cases = [case for step in flow.steps if isinstance(step, Decide) for case in step.decide]
    for case in cases:
        yield from _measures(case.when)


def _measures(condition: Condition) -> Iterator[str]:
    if condition.measure and condition.item is None:
        yield condition.measure
    for inner in (*condition.every, *condition.some):
        yield from _measures(inner)


def test_the_other_questionnaire_is_asked_everywhere(place: Path) -> None:
    """In every talk, in every branch about its score, and in the order of the checks."""
    release = read(place)

    assert "measure/phq-9" in done_by(read(CONTENT))
    assert "measure/phq-9" not in done_by(release)
    assert "measure/phq-8" in done_by(release)
    assert "phq-9" not in {m for flow in release.flows.values() for m in measured_in(flow)}
    assert "measure/phq-9" not in {name for check in release.program.checks for name in check.since}


def test_rules_about_its_score_go_with_it(place: Path) -> None:
    """A severe or worsening score is told, whichever of the two was asked."""
    moved = {rule.rule: rule.measure for rule in read(place).escalation.rules}

    assert moved["phq9-severe"] == "phq-8"
    assert moved["phq9-worse"] == "phq-8"


@pytest.mark.parametrize("value", [1, 2, 3, None])
def test_its_last_question_is_not_taken_for_one_about_death(place: Path, value: int | None) -> None:
    """Number nine of the PHQ-8 asks how hard things are: no answer to it is a crisis."""
    escalation, before = read(place).escalation, read(CONTENT).escalation

    assert on_item(before, "phq-9", 9, value) != ()
    assert on_item(escalation, "phq-8", 9, value) == ()


def test_the_checker_says_what_is_no_longer_asked(place: Path) -> None:
    """The switch is a decision for people: its price stands in the warnings, at its line."""
    (said,) = [each for each in proofread_to_start(place).warnings if "phq-8 is asked" in each.text]

    assert said.file == "program.yaml"
    assert "no questionnaire asks about thoughts of death" in said.text


def test_a_questionnaire_that_is_not_there_is_a_mistake(place: Path) -> None:
    """A slip in the switch is found before anyone is asked nothing."""
    program = place / "program.yaml"
    text = program.read_text(encoding="utf-8")
    program.write_text(text.replace("phq-9: phq-8", "phq-9: phq-7"), encoding="utf-8")

    said = [str(each) for each in proofread_to_start(place).errors]

    assert any("there is no measure phq-7" in each for each in said)
