"""What someone did in their chat, in no messenger's words."""

from __future__ import annotations

from dataclasses import dataclass

from flows.events import UNREADABLE as UNREADABLE


@dataclass(frozen=True, slots=True)
class Wrote:
    """They wrote a message, of this number; `reply_to` is the one it answers.

    `edited` if they changed what the message of this number said before; `forwarded` if the
    words are somebody else's, or their own of another day.
    """

    text: str
    reply_to: int | None = None
    edited: bool = False
    message: int | None = None
    forwarded: bool = False


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
    reply_to: int | None = None
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """They blocked the bot."""


@dataclass(frozen=True, slots=True)
class CameBack:
    """They unblocked the bot."""


@dataclass(frozen=True, slots=True)
class Added:
    """The bot was put into a group, or into a channel."""

    is_channel: bool = False


@dataclass(frozen=True, slots=True)
class MovedOn:
    """The group has another chat from now on."""

    chat: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing that one person did, from which chat, in which language of their phone."""

    chat: str
    language: str | None
    what: Wrote | Pressed | SentThing | Left | CameBack


@dataclass(frozen=True, slots=True)
class InGroup:
    """One thing that happened in a group; the chat is the group's, or for a tap, the person's."""

    chat: str
    what: Wrote | Pressed | Left | Added | MovedOn
