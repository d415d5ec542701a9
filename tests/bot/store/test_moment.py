"""Moments are kept in UTC, to the microsecond, and come back as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import sqlite

from bot.store.moment import Moment

NOON = datetime(2027, 1, 13, 12, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def written(moment: datetime | None) -> str | None:
    """The words that SQLite keeps."""
    write = Moment().dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())
    assert write is not None
    words: str | None = write(moment)
    return words


def read(words: str | None) -> datetime | None:
    """What SQLite's words say."""
    reads = Moment().dialect_impl(sqlite.dialect()).result_processor(sqlite.dialect(), None)
    assert reads is not None
    moment: datetime | None = reads(words)
    return moment


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON + timedelta(microseconds=7),
        NOON.astimezone(timezone(timedelta(hours=5, minutes=45))),
        NOON.astimezone(LONDON),
    ],
)
def test_a_moment_comes_back_in_utc(moment: datetime) -> None:
    """Whatever zone it was told in; and nothing comes back as nothing."""
    back = read(written(moment))

    assert back == moment
    assert back is not None
    assert back.tzinfo is UTC
    assert read(written(None)) is None


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    """When the clocks go back, both are half past one, and Python calls them equal."""
    first = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)
    second = first.replace(fold=1)
    assert first == second

    assert [written(first), written(second)] == [
        "2026-10-25 00:30:00.000000",
        "2026-10-25 01:30:00.000000",
    ]


def test_a_moment_without_a_zone_is_refused() -> None:
    """Nobody can tell which moment it is, even where the same words were just written."""
    assert written(NOON) == "2027-01-13 12:00:00.000000"

    with pytest.raises(ValueError, match="time zone"):
        written(NOON.replace(tzinfo=None))
