"""What someone did in their chat, in no messenger's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wrote:
    """They wrote a message; `reply_to` is the message it answers; `edited` if it changed one."""

    text: str
    reply_to: int | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """They tapped a button; the query must be answered, or their phone keeps waiting."""

    data: str
    query: str


@dataclass(frozen=True, slots=True)
class SentThing:
    """They sent something other than text, perhaps with a caption."""

    what: str
    caption: str
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """They blocked the bot."""


@dataclass(frozen=True, slots=True)
class CameBack:
    """They unblocked the bot."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing that one person did, from which chat, in which language of their phone."""

    chat: str
    language: str | None
    what: Wrote | Pressed | SentThing | Left | CameBack
