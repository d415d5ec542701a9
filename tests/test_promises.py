"""What these pages promise is shown by tests that exist, or a reason says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
HAZARDS = (ROOT / "docs" / "assurance" / "hazard-log.md").read_text(encoding="utf-8")
PROMISING = [
    ROOT / "docs" / "reliability.md",
    ROOT / "docs" / "security.md",
    *sorted((ROOT / "docs" / "assurance").glob("*.md")),
]
"""The pages that name the tests which show what they say."""

ROW = re.compile(r"^\| (F\d+) \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
RATING = re.compile(r"(\w+) × ([a-z ]+) = (\d)")
FAULTS = 48
ASSURANCES = 7
UNSIGNED = "A template for the deploying organisation."


def rows() -> list[tuple[str, str, str]]:
    """Each fault with what is promised and what shows it."""
    found = ROW.findall(PAGE)
    return [(number, promise.strip(), shown.strip()) for number, _, promise, shown in found]


def test_every_fault_of_the_list_has_a_row() -> None:
    """F1 to F48, once each and in order."""
    assert [number for number, _, _ in rows()] == [f"F{n}" for n in range(1, FAULTS + 1)]


@pytest.mark.parametrize(("number", "promise", "shown"), rows())
def test_each_promise_is_shown_or_explained(number: str, promise: str, shown: str) -> None:
    """A row says what is promised, and names a test or gives a reason in a sentence."""
    assert promise, number
    assert NAMED.search(shown) or len(shown.split()) > 5, number


def named() -> list[tuple[str, str]]:
    """Each test that a page names: its file and its name."""
    texts = [page.read_text(encoding="utf-8") for page in PROMISING]
    return sorted({found for text in texts for found in NAMED.findall(text)})


@pytest.mark.parametrize(("file", "name"), named())
def test_each_named_test_exists(file: str, name: str) -> None:
    """The pages name no test that is not there."""
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_each_paper_for_an_institution_says_that_nobody_has_signed_it() -> None:
    """A template is not taken for an assessment that somebody made."""
    papers = [page for page in PROMISING if page.parent.name == "assurance"]

    assert len(papers) == ASSURANCES
    assert [page.name for page in papers if UNSIGNED not in page.read_text("utf-8")] == []


def test_each_hazard_has_the_risk_that_the_matrix_gives() -> None:
    """Severity and likelihood of every rating, before and after, make the number beside them."""
    table = {cells[0]: cells[1:] for cells in cells_of(HAZARDS)}
    severities = next(cells for first, cells in table.items() if first.startswith("likelihood"))
    ratings = RATING.findall(HAZARDS)
    wrong = [
        rating for rating in ratings if table[rating[1]][severities.index(rating[0])] != rating[2]
    ]

    assert len(ratings) == 2 * len([first for first in table if re.fullmatch(r"H\d+", first)]) > 0
    assert wrong == []


def cells_of(page: str) -> list[list[str]]:
    """The rows of every table of a page."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
