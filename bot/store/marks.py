"""Small facts that must outlive the process, such as the polling offset."""

from sqlalchemy import select

from bot.store.tables import marks
from bot.store.unit import Unit, insert


def get(unit: Unit, name: str) -> str | None:
    """The mark of that name, or None."""
    return unit.connection.execute(
        select(marks.c.value).where(marks.c.name == name)
    ).scalar_one_or_none()


def set(unit: Unit, name: str, value: str) -> None:
    """Set a mark."""
    statement = insert(unit, marks).values(name=name, value=value)
    unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )
