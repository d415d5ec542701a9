"""The rota: the weekly pattern of who is on call, and those who stand in for a while."""

from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store.tables import shifts as shifts_table
from bot.store.tables import swaps as swaps_table
from bot.store.unit import Unit, add
from flows.rota import Shift, Swap

__all__ = [
    "Shift",
    "Swap",
    "add_shift",
    "add_swap",
    "remove_shift",
    "remove_swap",
    "shifts",
    "swaps",
]


def shifts(unit: Unit) -> list[Shift]:
    """The weekly pattern, day by day."""
    columns = [shifts_table.c[name] for name in Shift.__dataclass_fields__]
    order = shifts_table.c.day, shifts_table.c.place, shifts_table.c.start, shifts_table.c.id
    return [Shift(*row) for row in unit.connection.execute(select(*columns).order_by(*order))]


def add_shift(
    unit: Unit, *, day: int, start: str, until: str, clinician_id: int, place: int
) -> int:
    """The number of a new shift."""
    values = {"day": day, "start": start, "until": until, "place": place}
    return add(unit, shifts_table, {**values, "clinician_id": clinician_id})


def remove_shift(unit: Unit, shift_id: int) -> None:
    """Take a shift out of the pattern."""
    unit.connection.execute(delete(shifts_table).where(shifts_table.c.id == shift_id))


def swaps(unit: Unit, now: datetime) -> list[Swap]:
    """The swaps that hold now or will, in the order in which they were made."""
    columns = [swaps_table.c[name] for name in Swap.__dataclass_fields__]
    holds = swaps_table.c.until_at > now, swaps_table.c.removed_at.is_(None)
    query = select(*columns).where(*holds).order_by(swaps_table.c.id)
    return [Swap(*row) for row in unit.connection.execute(query)]


def add_swap(
    unit: Unit,
    *,
    start_at: datetime,
    until_at: datetime,
    clinician_id: int,
    place: int,
    made_by: int | None,
    at: datetime,
) -> int:
    """The number of a new swap."""
    values = {
        "start_at": start_at,
        "until_at": until_at,
        "clinician_id": clinician_id,
        "place": place,
        "made_by": made_by,
        "made_at": at,
    }
    return add(unit, swaps_table, values)


def remove_swap(unit: Unit, swap_id: int, *, at: datetime) -> None:
    """Let a swap hold no longer; that it once did stays known."""
    this = swaps_table.c.id == swap_id, swaps_table.c.removed_at.is_(None)
    unit.connection.execute(update(swaps_table).where(*this).values(removed_at=at))
