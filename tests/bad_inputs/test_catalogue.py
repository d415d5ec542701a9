"""Each bad input of the catalogue is met by a test that exists, or by a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

Row = dict[str, Any]
ROOT = Path(__file__).parents[2]
INPUTS = 95
SHORT = {
    "&says": "tests/bad_inputs/test_patient_says.py::"
    "test_what_a_patient_says_is_answered_as_the_table_tells",
    "&number": "tests/flows/test_reading.py::test_a_number_is_read",
    "&unclear": "tests/flows/test_reading.py::test_a_number_that_is_unclear_is_asked_again",
}
ODD = "tests/bad_inputs/test_odd_chats.py"


def rows(name: str = "catalogue.yaml") -> list[Row]:
    """A table beside this file."""
    return list(YAML(typ="safe").load(Path(__file__).with_name(name)))


def named(row: Row) -> list[str]:
    """The tests that a row names, in full."""
    return [SHORT.get(each, each.replace("&odd", ODD)) for each in row.get("shown", [])]


def test_each_input_of_the_list_is_in_the_catalogue() -> None:
    """1 to 95 and in order; of those in parts, each part once."""
    found = [(row["n"], row.get("part", "")) for row in rows()]

    assert found == sorted(set(found))
    assert {number for number, _ in found} == set(range(1, INPUTS + 1))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['n']}{row.get('part', '')}")
def test_each_input_has_a_promise_and_a_test_or_a_reason(row: Row) -> None:
    """Whole sentences, and tests that are there."""
    assert set(row) <= {"n", "part", "input", "promise", "shown", "reason"}
    assert row["promise"].endswith(".")
    assert named(row) or "reason" in row
    assert row.get("reason", "A sentence.").endswith(".")
    for each in named(row):
        file, _, name = each.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), each


def test_what_a_patient_may_type_is_tried_where_the_catalogue_says_so() -> None:
    """A number is in the table of a patient's words just where the catalogue names that test."""
    says = SHORT["&says"]

    assert {row["n"] for row in rows("patients.yaml")} == {
        row["n"] for row in rows() if says in named(row)
    }
