"""Its inbox has no unique index: what comes twice is kept twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from bot.store import inbox
from bot.store.inbox import Arrival
from bot.store.tables import inbox as table
from bot.store.unit import Unit


def breaks() -> None:
    """Break it."""
    keep = inbox.keep

    def again(unit: Unit, arrivals: Sequence[Arrival]) -> int:
        return keep(unit, [_other(unit, each) for each in arrivals])

    inbox.keep = again


def _other(unit: Unit, arrival: Arrival) -> Arrival:
    """The arrival, under another digest when one like it is there already."""
    same = table.c.source == arrival.source, table.c.external_id == arrival.external_id
    number = unit.connection.execute(select(func.count()).where(*same)).scalar_one()
    return replace(arrival, digest=f"{number}{arrival.digest[1:]}") if number else arrival
