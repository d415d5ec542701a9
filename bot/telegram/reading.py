"""A raw update, read: whose it is, and what they did; nothing is believed of its shape.

Of a group, only five things are read: a code, a tap, the bot put in or out, and a new chat; of a
channel, that the bot was put in.
What comes from one person or from nobody is kept even if nobody can read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from bot.service.incoming import (
    UNREADABLE,
    Added,
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
_MESSAGES_ONLY = frozenset(_MESSAGES)
_ASKED_FOR = (*_MESSAGES, "callback_query", "my_chat_member")
# what Telegram knows and we never ask for: other people's words, reactions, payments
_NOT_OURS = frozenset(
    {
        *("channel_post", "edited_channel_post", "business_connection", "business_message"),
        *("edited_business_message", "deleted_business_messages", "guest_message"),
        *("message_reaction", "message_reaction_count", "inline_query", "chosen_inline_result"),
        *("shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer"),
        *("chat_member", "chat_join_request", "chat_boost", "removed_chat_boost", "managed_bot"),
    }
)
_ALIVE = frozenset({"member", "creator", "administrator", "restricted"})
_GROUPS = frozenset({"group", "supergroup"})
_OUT = frozenset({"left", "kicked"})
_CODE = re.compile(r"/start(?:@\w+)?\s+[A-Za-z0-9_-]{8,64}", re.ASCII)
# what may stand in a message beside what was sent
_PLAIN = frozenset(
    {
        *("message_id", "from", "chat", "date", "edit_date", "text", "entities"),
        *("reply_to_message", "external_reply", "quote", "reply_to_story", "via_bot"),
        *("forward_origin", "has_protected_content", "link_preview_options", "effect_id"),
        *("is_from_offline", "is_paid_post", "media_group_id", "caption", "caption_entities"),
        *("show_caption_above_media", "has_media_spoiler", "message_thread_id", "reply_markup"),
        *("sender_chat", "is_topic_message", "sender_tag", "business_connection_id"),
        *("reply_to_checklist_task_id", "reply_to_poll_option_id", "author_signature"),
    }
)
# what Telegram itself writes into a chat: nobody said anything
_NOTICES = frozenset(
    {
        *("pinned_message", "message_auto_delete_timer_changed", "chat_background_set"),
        *("write_access_allowed", "connected_website", "proximity_alert_triggered"),
        *("boost_added", "new_chat_title", "new_chat_photo", "delete_chat_photo"),
        *("forum_topic_created", "forum_topic_edited", "forum_topic_closed"),
        *("forum_topic_reopened", "group_chat_created", "video_chat_scheduled"),
        *("video_chat_started", "video_chat_ended"),
    }
)
_TOO_BIG = re.compile(r"\d{16}")
"""No button of ours bears such a number, and no database could look for it."""
_LONGEST_NAME = 64
_WIDEST = 1 << 52
"""Telegram's numbers have at most 52 bits."""
Part = Mapping[str, Any]


class NotAnUpdate(Exception):
    """The body is no JSON object; Telegram never sent it."""


def sender_of(update: Mapping[str, Any]) -> str | None:
    """The Telegram id of whoever did this in a private chat, or of the group; None otherwise."""
    part = _part(update)
    if not _is_private(part):
        return _sender_in_group(update, part)
    return _person(part)


def message_of(update: Mapping[str, Any]) -> int | None:
    """The number of the message in its chat that somebody sent or changed; None for all else."""
    if _MESSAGES_ONLY.isdisjoint(update):
        return None
    return _number(_part(update).get("message_id"))


def is_kept(update: Mapping[str, Any]) -> bool:
    """Whether the update is kept: what people say in a group, to other bots, is not ours."""
    if not _NOT_OURS.isdisjoint(update):
        return False
    part = _part(update)
    if not _NOTICES.isdisjoint(part) and "caption" not in part and "text" not in part:
        return False
    return _is_private(part) or _sender_in_group(update, part) is not None


def read(body: str) -> Incoming | InGroup | None:
    """What somebody did, or None if nobody can say who or what it was."""
    update = orjson.loads(body)
    if not isinstance(update, dict):
        raise NotAnUpdate
    sender, part = sender_of(update), _part(update)
    if sender is None:
        return None
    if not _is_private(part):
        what = _what_in_group(update, part)
        return InGroup(sender, what) if what is not None else None
    language = _dict(part.get("from")).get("language_code")
    spoken = language if isinstance(language, str) else None
    said = _what(update, part)
    return Incoming(sender, spoken, said) if said is not None else None


def _person(part: Part) -> str | None:
    """Who did it; in a private chat the chat's number is the person's."""
    user = _dict(part.get("from")) or _dict(part.get("user"))
    if user.get("is_bot"):
        return None
    number = _number(user.get("id"))
    if number is None and _chat(part).get("type") == "private":
        number = _number(_chat(part).get("id"))
    return str(number) if number is not None and number > 0 else None


def _sender_in_group(update: Mapping[str, Any], part: Part) -> str | None:
    """Whoever tapped, or the group itself; None for what is not read, and in a channel."""
    chat = _chat(part)
    what = _what_in_group(update, part)
    is_group = _is_one_of(chat.get("type"), _GROUPS)
    if what is None or not (is_group or what == Added(is_channel=True)):
        return None
    if "callback_query" in update:
        return _person(part)
    number = _number(chat.get("id"))
    return str(number) if number is not None else None


def _what_in_group(
    update: Mapping[str, Any], part: Part
) -> Wrote | Pressed | Left | Added | MovedOn | None:
    text, chat = part.get("text"), _number(part.get("migrate_to_chat_id"))
    if "callback_query" in update:
        return _pressed(part)
    if "my_chat_member" in update:
        return _put_in_or_out(part)
    if "message" not in update:
        return None
    if chat is not None:
        return MovedOn(str(chat))
    return Wrote(text=text) if isinstance(text, str) and _CODE.fullmatch(text.strip()) else None


def _put_in_or_out(part: Part) -> Left | Added | None:
    if _is_one_of(_status(part), _OUT):
        return Left()
    is_in = _is_one_of(_status(part), _ALIVE)
    return Added(is_channel=_chat(part).get("type") == "channel") if is_in else None


def _part(update: Mapping[str, Any]) -> dict[str, Any]:
    """What happened, under whatever name Telegram gives it this year."""
    for name in (*_ASKED_FOR, *update):
        part = update.get(name)
        if isinstance(part, dict):
            return part
    return {}


def _is_private(part: Part) -> bool:
    # a tap on a message that Telegram no longer shows us has a chat, and nothing else
    chat = _chat(part)
    kind, number = chat.get("type"), _number(chat.get("id"))
    return kind == "private" if isinstance(kind, str) else number is None or number > 0


def _chat(part: Part) -> dict[str, Any]:
    return _dict(_dict(part.get("message", part)).get("chat"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if abs(value) < _WIDEST else None


def _is_one_of(value: object, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _what(
    update: Mapping[str, Any], part: Part
) -> Wrote | Pressed | SentThing | Left | CameBack | None:
    if "callback_query" in update:
        return _pressed(part) or _unreadable(part)
    if "my_chat_member" in update:
        return _membership(part)
    if any(name in update for name in _MESSAGES):
        return _message(part, edited="edited_message" in update)
    return _unreadable(part)


def _unreadable(part: Part, *, edited: bool = False) -> SentThing:
    """Something by somebody that nobody can read, with whatever words are in it."""
    words = [part.get(name) for name in ("text", "caption")]
    said = " ".join(each for each in words if isinstance(each, str))
    return SentThing(what=UNREADABLE, caption=said, edited=edited)


def _pressed(query: Part) -> Pressed | None:
    number, data = query.get("id"), query.get("data", "")
    if not isinstance(number, str):
        return None
    is_ours = isinstance(data, str) and not _TOO_BIG.search(data)
    return Pressed(data=data if is_ours else "", query=number)


def _membership(change: Part) -> Left | CameBack | None:
    status = _status(change)
    if _is_one_of(status, _OUT):
        return Left()
    return CameBack() if _is_one_of(status, _ALIVE) else None


def _status(change: Part) -> object:
    return _dict(change.get("new_chat_member")).get("status")


def _message(message: Part, *, edited: bool) -> Wrote | SentThing:
    text = message.get("text")
    if isinstance(text, str):
        return Wrote(
            text=text,
            reply_to=_reply_to(message),
            edited=edited,
            message=_number(message.get("message_id")),
            forwarded="forward_origin" in message,
        )
    kinds = [name for name in message if name not in _PLAIN]
    if not kinds or "text" in message:
        return _unreadable(message, edited=edited)
    caption = message.get("caption")
    return SentThing(
        what=kinds[0][:_LONGEST_NAME],
        caption=caption if isinstance(caption, str) else "",
        edited=edited,
        reply_to=_reply_to(message),
        forwarded="forward_origin" in message,
    )


def _reply_to(message: Part) -> int | None:
    return _number(_dict(message.get("reply_to_message")).get("message_id"))
