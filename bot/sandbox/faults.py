"""Faults to order: what goes wrong, with which call, and how often."""

from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.refusal import Refused, bad_request, forbidden

Kind = Literal[
    "400",
    "429",
    "500",
    "403",
    "401",
    "reset",
    "drop_before",
    "hang",
    "accept_then_hang",
    "accept_then_drop",
]


@dataclass
class Fault:
    """One ordered fault and how many more times it strikes."""

    kind: Kind
    method: str = "*"
    chat: int | None = None
    times: int = 1
    after: int = 0
    retry_after: int = 1
    seconds: float = 60.0

    def meets(self, method: str, chat: Any) -> bool:
        """Whether it is meant for this call."""
        return self.method in ("*", method) and (self.chat is None or str(self.chat) == str(chat))

    def refusal(self) -> Refused | None:
        """The error it answers with, or None when it is one of the silent kinds."""
        match self.kind:
            case "400":
                return bad_request("can't parse entities")
            case "429":
                words = f"Too Many Requests: retry after {self.retry_after}"
                return Refused(429, words, retry_after=self.retry_after)
            case "500":
                return Refused(500, "Internal Server Error: restart")
            case "403":
                return forbidden("bot was blocked by the user")
            case "401":
                return Refused(401, "Unauthorized")
            case "reset" | "drop_before" | "hang" | "accept_then_hang" | "accept_then_drop":
                return None


class Faults:
    """The faults that are still to strike, in the order they were ordered."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []

    def strike(self, method: str, chat: Any) -> Fault | None:
        """The fault that strikes this call, if one does."""
        for fault in self.ordered:
            if fault.meets(method, chat):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                return self._spend(fault)
        return None

    def _spend(self, fault: Fault) -> Fault:
        fault.times -= 1
        self.ordered = [each for each in self.ordered if each.times > 0]
        return fault
