"""A group with the bot in it: what its members do there, and how the bot loses it."""

from __future__ import annotations

from typing import Any

from bot.sandbox.chat import Chat
from bot.sandbox.refusal import Refused, forbidden
from bot.sandbox.signal import Signal

Json = dict[str, Any]
UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"
SUPERGROUP = -1_000_000_000_000
"""Supergroups have numbers below this, groups above."""


class Group(Chat):
    """What the members of a group and the bot see of each other."""

    def __init__(
        self,
        number: int,
        title: str,
        members: list[int],
        signal: Signal,
        first_message: int,
    ) -> None:
        super().__init__({"id": number, "first_name": title}, signal, first_message)
        self.title = title
        self.members = members
        self.upgraded_to: int | None = None
        self.started = True

    @property
    def kind(self) -> str:
        """What Telegram calls it."""
        return "supergroup" if self.number < SUPERGROUP else "group"

    def outline(self) -> Json:
        """The Chat object that stands in messages."""
        return {"id": self.number, "title": self.title, "type": self.kind}

    def check_open(self) -> None:
        """Nothing, or Telegram's reason why the bot may not write there."""
        if self.upgraded_to is not None:
            raise Refused(400, UPGRADED, migrate_to_chat_id=self.upgraded_to)
        if self.blocked:
            raise forbidden(f"bot was kicked from the {self.kind} chat")
