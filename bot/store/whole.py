"""Very many numbers read whole: the database takes longer to put them in order, or to compare."""

from sqlalchemy import JSON, CompoundSelect, Select, func, select

from bot.store.unit import Unit


def numbers(unit: Unit, query: Select[int] | CompoundSelect[int]) -> list[int]:
    """All these numbers, read as one value: a row for each would take three times as long."""
    is_file = unit.connection.dialect.name == "sqlite"
    listed = func.json_group_array if is_file else func.json_agg
    whole = select(listed(query.subquery().c[0], type_=JSON))
    found: list[int] | None = unit.connection.scalar(whole)
    return found or []
