"""It sends, and never writes down what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.store import outbox
from bot.store.outbox import Result
from bot.store.unit import Unit


def breaks() -> None:
    """Break it."""

    def lost(unit: Unit, results: Sequence[Result]) -> set[int]:
        return {each.id for each in results}

    outbox.settle = lost
