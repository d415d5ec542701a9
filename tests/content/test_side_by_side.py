"""The checker uses all cores, and says what one of them alone would say."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bot.content.reading import read
from bot.content.side_by_side import side_by_side
from flows.walk import explored
from tests.content.packs import TINY


def test_flows_that_are_played_side_by_side_show_the_same() -> None:
    """The same findings in the same order, and as much was seen."""
    release = read(TINY)

    found = explored(release, side_by_side)

    assert found is not None
    assert found == explored(release)


@pytest.mark.parametrize("cores", [{0}, {0, 1}, {0, 1, 2, 3}], ids=len)
def test_the_order_is_that_of_the_things(monkeypatch: pytest.MonkeyPatch, cores: set[int]) -> None:
    """However many processes do the work, and though not all of it can be sent to them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: cores)
    unsendable: dict[int, Any] = {number: lambda number=number: number * 2 for number in range(9)}

    done = side_by_side(lambda number: unsendable[number](), list(unsendable))

    assert list(done) == [number * 2 for number in range(9)]
