"""Small facts that must outlive the process, such as the polling offset."""

from functools import cache

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.tables import marks
from bot.store.unit import Unit


def get(unit: Unit, name: str) -> str | None:
    """The mark of that name, or None."""
    return unit.connection.execute(
        select(marks.c.value).where(marks.c.name == name)
    ).scalar_one_or_none()


def set(unit: Unit, name: str, value: str) -> None:
    """Set a mark."""
    unit.connection.execute(_setting(unit.is_postgres), {"name": name, "value": value})


@cache
def _setting(is_postgres: bool) -> sqlite.Insert | postgresql.Insert:
    # statements are written once: to write one takes longer than to run it
    statement = postgresql.insert(marks) if is_postgres else sqlite.insert(marks)
    put = statement.values(name=bindparam("name"), value=bindparam("value"))
    return put.on_conflict_do_update(index_elements=["name"], set_={"value": put.excluded.value})
