"""A column type for moments: aware in, aware out, kept in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; one without a time zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """What writes a moment; for SQLite in one step, in the words that SQLAlchemy uses."""
        return _in_words if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """What reads a moment; for SQLite in one step."""
        if dialect.name == "sqlite":
            return _from_words
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC, or ValueError if nobody can tell which moment it is."""
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC; SQLite gives it back without saying so."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_words(value: datetime | None) -> str | None:
    return None if value is None else _words_of(_in_utc(value))


# of a turn almost all moments are the same; those of other zones may be equal and yet not the same
@lru_cache(64)
def _words_of(utc: datetime) -> str:
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_words(words: str | None) -> datetime | None:
    return None if words is None else datetime.fromisoformat(words).replace(tzinfo=UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        msg = "a moment needs its time zone"
        raise ValueError(msg)
    return value if value.tzinfo is UTC else value.astimezone(UTC)
