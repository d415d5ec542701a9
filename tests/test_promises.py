"""What these pages promise is shown by tests that exist, or a reason says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
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
FILE = re.compile(r"`((?:bot|flows|tests|deploy|docs)/[\w./-]+\.\w+)`")
ITEM = re.compile(r"^\| (\d+\.\d+\.\d+) [^|]*\|([^|]+)\|([^|]+)\|$", re.MULTILINE)
NOT_MET = re.compile(r" \*\*(Not met|Partly|Does not apply)\.\*\* ")
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


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED.findall(PAGE + SECURITY))))
def test_each_named_test_exists(file: str, name: str) -> None:
    """The pages name no test that is not there."""
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_each_named_file_exists() -> None:
    """Nor do they name code that is not there."""
    named = set(FILE.findall(PAGE + SECURITY))
    assert len(named) > 10
    assert [each for each in sorted(named) if not (ROOT / each).is_file()] == []


def test_every_item_of_the_standard_is_met_or_explained() -> None:
    """Each row of the table names a test or code; one that is not met says why, in a sentence."""
    found = ITEM.findall(SECURITY)
    assert len(found) > 50
    for number, how, shown in found:
        is_shown = NAMED.search(shown) or FILE.search(shown)
        assert is_shown or NOT_MET.match(how), number
        assert len(how.split()) >= 2, number
