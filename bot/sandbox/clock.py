"""The sandbox's time: real time and an offset that a file shares with the bot's process."""

import math
import time
from datetime import UTC, datetime
from pathlib import Path


class Clock:
    """Real time shifted by a number of seconds, which may be kept in a file for others to read."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.offset = _read(file)
        self.shift(self.offset)

    def now(self) -> float:
        """Seconds since 1970, in sandbox time."""
        return time.time() + self.offset

    def moment(self) -> datetime:
        """Sandbox time as a UTC moment."""
        return datetime.fromtimestamp(self.now(), UTC)

    def shift(self, offset: float) -> None:
        """Set the distance from real time, and tell the file."""
        self.offset = offset
        if self._file is not None:
            _write(self._file, offset)

    def move_to(self, moment: datetime) -> None:
        """Make it that moment now."""
        self.shift(moment.timestamp() - time.time())


def _read(file: Path | None) -> float:
    try:
        offset = float(file.read_text(encoding="utf-8")) if file else 0.0
    except (FileNotFoundError, ValueError):
        return 0.0
    return offset if math.isfinite(offset) else 0.0


def _write(file: Path, offset: float) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(f"{offset:.3f}\n", encoding="utf-8")
    # A reader sees the old number or the new one, never half of it.
    fresh.replace(file)
