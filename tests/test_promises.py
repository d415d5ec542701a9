"""What docs/reliability.md promises is shown by tests that exist, or a reason says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (F\d+) \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FAULTS = 48


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


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED.findall(PAGE))))
def test_each_named_test_exists(file: str, name: str) -> None:
    """The page names no test that is not there."""
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
