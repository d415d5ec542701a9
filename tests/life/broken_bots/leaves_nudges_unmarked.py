"""It sends a nudge and forgets to mark that it was due."""

from __future__ import annotations

from typing import Any

from bot.store import nudges
from bot.store.nudges import DueNudge
from bot.store.unit import Unit


def breaks() -> None:
    """Break it."""
    claim_due = nudges.claim_due

    def unmarked(unit: Unit, *given: Any, **named: Any) -> list[DueNudge]:
        with unit.connection.begin_nested() as marked:
            due = claim_due(unit, *given, **named)
            marked.rollback()
        return due

    nudges.claim_due = unmarked
