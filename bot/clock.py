"""What time it is: the system's clock, moved by an offset while someone travels in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

# dates end with the year 9999
FARTHEST = timedelta(days=365_000)


class Clock:
    """Tells the time; a file of seconds, where one is named, is added to it."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._read_at: int | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """This moment in UTC."""
        return datetime.now(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        """How far it is moved away from the system's clock."""
        if self._file is not None:
            self._follow(self._file)
        return self._offset

    def _follow(self, file: Path) -> None:
        # a file that is missing or half written leaves the time as it was
        try:
            changed_at = file.stat().st_mtime_ns
            if changed_at != self._read_at:
                self._offset = _offset(file.read_text(encoding="ascii"))
                self._read_at = changed_at
        except (OSError, ValueError, OverflowError):
            return


def _offset(seconds: str) -> timedelta:
    offset = timedelta(seconds=float(seconds))
    if abs(offset) > FARTHEST:
        raise OverflowError
    return offset
