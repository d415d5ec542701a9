"""A raw update, read: whose it is, and what they did; nothing is believed of its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from bot.service.incoming import CameBack, Incoming, Left, Pressed, SentThing, Wrote

_MESSAGES = ("message", "edited_message")
_ALIVE = frozenset({"member", "creator", "administrator"})
_PLAIN = frozenset(
    {"message_id", "from", "chat", "date", "edit_date", "text", "entities", "reply_to_message"}
)


class NotAnUpdate(Exception):
    """The body is no JSON object; Telegram never sent it."""


def sender_of(update: Mapping[str, Any]) -> str | None:
    """The Telegram id of whoever did this in a private chat, or None."""
    part = _part(update)
    user = part.get("from")
    if not isinstance(user, dict) or user.get("is_bot") or not _is_private(part):
        return None
    return str(user["id"]) if isinstance(user.get("id"), int) else None


def read(body: str) -> Incoming | None:
    """What somebody did, or None if there is nobody to answer or nothing to answer to."""
    update = orjson.loads(body)
    if not isinstance(update, dict):
        raise NotAnUpdate
    sender, part = sender_of(update), _part(update)
    what = _what(update, part) if sender is not None else None
    if sender is None or what is None:
        return None
    language = part["from"].get("language_code")
    return Incoming(sender, language if isinstance(language, str) else None, what)


def _part(update: Mapping[str, Any]) -> dict[str, Any]:
    for name in (*_MESSAGES, "callback_query", "my_chat_member"):
        part = update.get(name)
        if isinstance(part, dict):
            return part
    return {}


def _is_private(part: Mapping[str, Any]) -> bool:
    message = part.get("message", part)
    chat = message.get("chat") if isinstance(message, dict) else None
    # a tap on a message that Telegram no longer shows us has a chat, and nothing else
    return not isinstance(chat, dict) or chat.get("type", "private") == "private"


def _what(
    update: Mapping[str, Any], part: Mapping[str, Any]
) -> Wrote | Pressed | SentThing | Left | CameBack | None:
    if "callback_query" in update:
        return _pressed(part)
    if "my_chat_member" in update:
        return _membership(part)
    if any(name in update for name in _MESSAGES):
        return _message(part, edited="edited_message" in update)
    return None


def _pressed(query: Mapping[str, Any]) -> Pressed | None:
    number, data = query.get("id"), query.get("data", "")
    if not isinstance(number, str):
        return None
    return Pressed(data=data if isinstance(data, str) else "", query=number)


def _membership(change: Mapping[str, Any]) -> Left | CameBack:
    member = change.get("new_chat_member")
    status = member.get("status") if isinstance(member, dict) else None
    return CameBack() if status in _ALIVE else Left()


def _message(message: Mapping[str, Any], *, edited: bool) -> Wrote | SentThing:
    text = message.get("text")
    if isinstance(text, str):
        return Wrote(text=text, reply_to=_reply_to(message), edited=edited)
    caption = message.get("caption")
    kinds = [name for name in message if name not in _PLAIN]
    return SentThing(
        what=kinds[0] if kinds else "nothing",
        caption=caption if isinstance(caption, str) else "",
        edited=edited,
    )


def _reply_to(message: Mapping[str, Any]) -> int | None:
    replied = message.get("reply_to_message")
    number = replied.get("message_id") if isinstance(replied, dict) else None
    return number if isinstance(number, int) else None
