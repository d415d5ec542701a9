"""The clock tells the system's time, moved by what a file says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import Clock

DAY = 86_400


def days_ahead(clock: Clock) -> int:
    """How many whole days the clock is ahead of the system's."""
    return round((clock.now() - datetime.now(UTC)) / timedelta(days=1))


def test_without_a_file_it_is_now_and_in_utc() -> None:
    """The system's time is given with its zone."""
    before = datetime.now(UTC)

    told = Clock().now()

    assert before <= told <= datetime.now(UTC)
    assert told.utcoffset() == timedelta()


def test_time_follows_the_file_whenever_it_changes(tmp_path: Path) -> None:
    """A running bot travels as soon as the sandbox writes the file."""
    file = tmp_path / "offset"
    clock = Clock(file)
    seen = [days_ahead(clock)]
    for offset in (2 * DAY, 9.0 * DAY, -DAY):
        _replace(file, str(offset))
        seen.append(days_ahead(clock))

    assert seen == [0, 2, 9, -1]


@pytest.mark.parametrize("garbled", ["", "tomorrow", "\xff\xfe", "inf", "nan", "1e13", "1e300"])
def test_a_garbled_file_leaves_the_time_as_it_was(tmp_path: Path, garbled: str) -> None:
    """What cannot be read is not obeyed, and is read again once it is whole."""
    file = tmp_path / "offset"
    clock = Clock(file)
    _replace(file, str(3 * DAY))
    assert days_ahead(clock) == 3

    _replace(file, garbled)
    assert days_ahead(clock) == 3
    file.unlink()
    assert days_ahead(clock) == 3

    _replace(file, str(4 * DAY))
    assert days_ahead(clock) == 4


def _replace(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text, encoding="latin-1")
    new.rename(file)
