"""The measure of handling measures what it says: acts that are answered, nudges that go out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.handling import Spent, due, told, turns
from tests.benchmarks.rehearsal import Rehearsal


@pytest.mark.slow
def test_each_act_and_each_due_nudge_is_measured_and_handled(tmp_path: Path) -> None:
    """Every stretch is counted, with the fixed work beside it."""
    rehearsal, acts, nudges = Rehearsal.of(tmp_path / "rehearsed", 1), Spent(), Spent()
    for folder in ("acts", "nudges"):
        (tmp_path / folder).mkdir()

    assert turns(rehearsal, 3, tmp_path / "acts", acts) == 3
    assert due(rehearsal, 2, tmp_path / "nudges", nudges) == 2

    assert (len(acts.stretches), len(acts.fixed)) == (3, 3)
    assert min(*acts.stretches, *nudges.stretches) > 0
    assert told([nudges], 2).endswith("pieces of work")
