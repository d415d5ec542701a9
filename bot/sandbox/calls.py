"""The log of every call that the bot has made."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.files import Upload

KEPT = 100_000


@dataclass(frozen=True)
class Call:
    """One call of the bot's and how it was answered; status 0 means it was not."""

    number: int
    at: float
    method: str
    params: dict[str, Any]
    status: int
    description: str
    result: Any

    @property
    def ok(self) -> bool:
        """Whether the bot was told that it worked."""
        return self.status == 200

    def shown(self) -> dict[str, Any]:
        """The call as the control interface shows it."""
        return {**asdict(self), "ok": self.ok}


class Calls:
    """The most recent calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self.count = 0

    def note(
        self, at: float, method: str, params: Mapping[str, Any], status: int,
        description: str = "", result: Any = None,
    ) -> None:  # fmt: skip
        """Keep one call, with an outline in place of each file."""
        self.count += 1
        outline = {name: _outlined(value) for name, value in params.items()}
        self._calls.append(Call(self.count, at, method, outline, status, description, result))

    def after(self, number: int) -> list[Call]:
        """The calls with a higher number."""
        return [call for call in self._calls if call.number > number]


def _outlined(value: Any) -> Any:
    return value.outline() if isinstance(value, Upload) else value
