"""The measure of the engine's turns measures what it says, whatever the machine's speed."""

from __future__ import annotations

from flows.turn import turn
from tests.benchmarks.turns import recorded, sample, table
from tests.flows.starts import real_release


def test_each_kind_of_turn_is_measured_and_none_of_them_fails() -> None:
    """A short course has taps, numbers and words; each is a turn that the engine takes."""
    release = real_release()
    kinds = sample(list(recorded(release, ["left"])), most=3)
    lines = list(table(release, kinds, rounds=1))
    assert {"a tap in a talk", "a number typed", "a short answer", "own words unasked"} <= set(
        kinds
    )
    assert [line[:26].strip() for line in lines[1:]] == list(kinds)
    said = [turn(release, case.state, case.event) for cases in kinds.values() for case in cases]
    assert all(each.effects for each in said)
