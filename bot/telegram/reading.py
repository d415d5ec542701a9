"""A raw update, read: whose it is, and what they did; nothing is believed of its shape.

Of a group, only four things are read: a code, a tap, the bot put out, and a new chat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from bot.service.incoming import (
    CameBack,
    Incoming,
    InGroup,
    Left,
    MovedOn,
    Pressed,
    SentThing,
    Wrote,
)

_MESSAGES = ("message", "edited_message")
_ALIVE = frozenset({"member", "creator", "administrator"})
_GROUPS = frozenset({"group", "supergroup"})
_OUT = frozenset({"left", "kicked"})
_CODE = re.compile(r"/start(?:@\w+)?\s+[A-Za-z0-9_-]{8,64}", re.ASCII)
_PLAIN = frozenset(
    {"message_id", "from", "chat", "date", "edit_date", "text", "entities", "reply_to_message"}
)


class NotAnUpdate(Exception):
    """The body is no JSON object; Telegram never sent it."""


def sender_of(update: Mapping[str, Any]) -> str | None:
    """The Telegram id of whoever did this in a private chat, or of the group; None otherwise."""
    part = _part(update)
    if not _is_private(part):
        return _sender_in_group(update, part)
    return _person(part)


def is_kept(update: Mapping[str, Any]) -> bool:
    """Whether the update may be kept: what people say in a group is none of our business."""
    part = _part(update)
    return _is_private(part) or _sender_in_group(update, part) is not None


def read(body: str) -> Incoming | InGroup | None:
    """What somebody did, or None if there is nobody to answer or nothing to answer to."""
    update = orjson.loads(body)
    if not isinstance(update, dict):
        raise NotAnUpdate
    sender, part = sender_of(update), _part(update)
    if sender is None:
        return None
    if not _is_private(part):
        what = _what_in_group(update, part)
        return InGroup(sender, what) if what is not None else None
    said = _what(update, part)
    language = part["from"].get("language_code")
    spoken = language if isinstance(language, str) else None
    return Incoming(sender, spoken, said) if said is not None else None


def _person(part: Mapping[str, Any]) -> str | None:
    user = part.get("from")
    if not isinstance(user, dict) or user.get("is_bot"):
        return None
    return str(user["id"]) if isinstance(user.get("id"), int) else None


def _sender_in_group(update: Mapping[str, Any], part: Mapping[str, Any]) -> str | None:
    """Whoever tapped, or the group itself; None for what is not read, and in a channel."""
    chat = _chat(part)
    if chat.get("type") not in _GROUPS or _what_in_group(update, part) is None:
        return None
    if "callback_query" in update:
        return _person(part)
    return str(chat["id"]) if isinstance(chat.get("id"), int) else None


def _what_in_group(
    update: Mapping[str, Any], part: Mapping[str, Any]
) -> Wrote | Pressed | Left | MovedOn | None:
    text, chat = part.get("text"), part.get("migrate_to_chat_id")
    if "callback_query" in update:
        return _pressed(part)
    if "my_chat_member" in update:
        return Left() if _status(part) in _OUT else None
    if "message" not in update:
        return None
    if isinstance(chat, int):
        return MovedOn(str(chat))
    return Wrote(text=text) if isinstance(text, str) and _CODE.fullmatch(text.strip()) else None


def _part(update: Mapping[str, Any]) -> dict[str, Any]:
    for name in (*_MESSAGES, "callback_query", "my_chat_member"):
        part = update.get(name)
        if isinstance(part, dict):
            return part
    return {}


def _is_private(part: Mapping[str, Any]) -> bool:
    # a tap on a message that Telegram no longer shows us has a chat, and nothing else
    return bool(_chat(part).get("type", "private") == "private")


def _chat(part: Mapping[str, Any]) -> dict[str, Any]:
    message = part.get("message", part)
    chat = message.get("chat") if isinstance(message, dict) else None
    return chat if isinstance(chat, dict) else {}


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
    return CameBack() if _status(change) in _ALIVE else Left()


def _status(change: Mapping[str, Any]) -> object:
    member = change.get("new_chat_member")
    status = member.get("status") if isinstance(member, dict) else None
    return status if isinstance(status, str) else None


def _message(message: Mapping[str, Any], *, edited: bool) -> Wrote | SentThing:
    text = message.get("text")
    if isinstance(text, str):
        number = message.get("message_id")
        return Wrote(
            text=text,
            reply_to=_reply_to(message),
            edited=edited,
            message=number if isinstance(number, int) else None,
        )
    caption = message.get("caption")
    kinds = [name for name in message if name not in _PLAIN]
    return SentThing(
        what=kinds[0] if kinds else "nothing",
        caption=caption if isinstance(caption, str) else "",
        edited=edited,
        reply_to=_reply_to(message),
    )


def _reply_to(message: Mapping[str, Any]) -> int | None:
    replied = message.get("reply_to_message")
    number = replied.get("message_id") if isinstance(replied, dict) else None
    return number if isinstance(number, int) else None
