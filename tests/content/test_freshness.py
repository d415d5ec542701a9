"""What a person verified grows old: first a warning, then nothing goes out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.content.proofreading import proofread, proofread_for_release
from tests.content.packs import TINY, Edit, copy_with

VERIFIED = date(2026, 2, 1)
"""The day on which the tiny pack's help line and measure were verified."""

LINE = "lines.yaml:5: other.lines.1: Find a Helpline was verified {} days ago: "
LINE += "check the number on the owner's own page, then write the date in verified_on"
MEASURE = "measures/mood.yaml:22: verified_on: mood was verified {} days ago: "
MEASURE += "read its source and licence again, then write the date in verified_on"


@pytest.mark.parametrize(
    ("days", "errors", "warnings"),
    [
        (0, [], []),
        (89, [], []),
        (90, [], [LINE, MEASURE]),
        (179, [], [LINE, MEASURE]),
        (180, [LINE, MEASURE], []),
        (900, [LINE, MEASURE], []),
    ],
)
def test_what_was_verified_long_ago_is_looked_up_again(
    days: int, errors: list[str], warnings: list[str]
) -> None:
    """At 90 days somebody should look, at 180 somebody must."""
    proof = proofread_for_release(TINY, VERIFIED + timedelta(days=days))

    assert [str(mistake) for mistake in proof.errors] == [each.format(days) for each in errors]
    assert [str(mistake) for mistake in proof.warnings] == [each.format(days) for each in warnings]


def test_a_service_that_runs_is_not_stopped_by_an_old_date() -> None:
    """A help line that nobody looked up for long is better than no program at all."""
    assert proofread(TINY).errors == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            ", verified_on: 2026-02-01",
            "",
            "Find a Helpline is verified, but on which day? Write it in verified_on",
        ),
        (
            "2026-02-01",
            "last spring",
            "last spring is no day up to today: write it like 2026-02-01",
        ),
        (
            "2026-02-01",
            "2026-02-02",
            "2026-02-02 is no day up to today: write it like 2026-02-01",
        ),
    ],
)
def test_a_date_that_says_nothing_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    """Whoever verifies something writes the day, as a day that has been."""
    pack = copy_with(Edit("lines.yaml", old, new), tmp_path)

    (mistake,) = proofread_for_release(pack, VERIFIED).errors

    assert str(mistake) == f"lines.yaml:5: other.lines.1: {said}"


def test_what_nobody_verified_is_counted_and_not_dated(tmp_path: Path) -> None:
    """An unverified line is one warning for all, however old the file is."""
    edit = Edit("lines.yaml", "verified: true, verified_on: 2026-02-01", "verified: false")

    proof = proofread_for_release(copy_with(edit, tmp_path), VERIFIED)

    assert proof.errors == ()
    assert [w.text for w in proof.warnings] == ["not yet verified by a person: help lines (1)"]
