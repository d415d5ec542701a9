"""What delivery needs of the messenger, and of whoever draws: each call says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.service.post import Bubble, Toast, Verdict
from flows.effects import Drawing


class Gateway(Protocol):
    """Speaks to the messenger; each call says what became of it, and raises only our own faults."""

    async def bubble(self, chat: str, bubble: Bubble) -> Verdict:
        """Send a message."""

    async def settle(self, chat: str, message_id: int, prompt: Bubble, note: str | None) -> Verdict:
        """Take the buttons off a message, and add the note under its text if there is one."""

    async def busy(self, chat: str) -> None:
        """Show that something is being made; it does not matter if this fails."""

    async def toast(self, toast: Toast) -> Verdict:
        """Answer a tap."""

    async def picture(
        self, chat: str, png: bytes, caption: str, *, private: bool = False
    ) -> Verdict:
        """Send a picture; one that is private can't be passed on."""

    async def leave(self, chat: str) -> Verdict:
        """Leave a group or a channel."""

    async def document(self, chat: str, content: bytes, name: str, caption: str) -> Verdict:
        """Send a file."""

    async def unsay(self, chat: str, messages: Sequence[int]) -> Verdict:
        """Delete messages, whoever wrote them; Refused if one of them is too old for that."""

    async def fade(self, chat: str, message_id: int, text: str | None) -> Verdict:
        """Put the text in the place of a message's, or take its caption away; its buttons go."""


class Painter(Protocol):
    """Draws charts and sheets."""

    async def png(self, drawing: Drawing) -> bytes:
        """The drawing as a PNG file."""
