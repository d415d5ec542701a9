"""What people do on their phones, and the updates that the bot gets for it."""

import re
from typing import Any

from bot.sandbox.attachments import attachment
from bot.sandbox.chat import Chat, Kept
from bot.sandbox.limits import TEXT
from bot.sandbox.world import World

Json = dict[str, Any]
COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(@\w+)?")


class Impossible(Exception):
    """Something that a person with a phone cannot do."""


def say(world: World, user: int, text: str, reply_to: int | None = None) -> Json:
    """What was sent: the message and update that a person's words become."""
    if not 1 <= len(text) <= TEXT:
        raise Impossible(f"A message has 1 to {TEXT} characters.")
    return _send(world, _open(world, user), spoken(text), reply_to)


def attach(world: World, user: int, kind: str, caption: str | None = None) -> Json:
    """What was sent: the message and update that a picture, voice note, sticker … becomes."""
    content = attachment(kind, world.shelf, caption)
    if content is None:
        raise Impossible(f"A phone cannot attach a {kind!r} here.")
    return _send(world, _open(world, user), content, None)


def edit(world: World, user: int, message_id: int, text: str) -> Json:
    """What was sent: the edited message and its update."""
    chat = _open(world, user)
    kept = chat.messages.get(message_id)
    if kept is None or kept.from_bot or "text" not in kept.body:
        raise Impossible("People can edit only texts of their own.")
    now = world.clock.now()
    bare = {name: value for name, value in kept.body.items() if name not in ("text", "entities")}
    chat.change(now, kept, {**bare, "edit_date": int(now), **spoken(text)})
    number = world.updates.add("edited_message", kept.body, f"chat {user}")
    return {"message_id": message_id, "update_id": number}


def tap(world: World, user: int, message_id: int, data: str) -> Json:
    """What was sent: the tap's identifier and update. Taps on anything are passed on."""
    chat = _open(world, user)
    kept = chat.messages.get(message_id)
    now = world.clock.now()
    query = {
        "id": world.tapped(user),
        "from": chat.user,
        "message": kept.body if kept else _inaccessible(chat, message_id),
        "chat_instance": str(-8_000_000_000 - user),
        "data": data,
    }
    chat.note(now, "tap", message_id=message_id, label=kept.label_of(data) if kept else data)
    number = world.updates.add("callback_query", query, f"taps {user}")
    return {"query_id": query["id"], "update_id": number}


def block(world: World, user: int) -> Json:
    """What was sent: the update that says the bot was blocked."""
    chat = _chat(world, user)
    if chat.blocked:
        raise Impossible("The bot is blocked already.")
    return _member(world, chat, blocked=True)


def unblock(world: World, user: int) -> Json:
    """What was sent: the update that says the bot was let back in."""
    chat = _chat(world, user)
    if not chat.blocked:
        raise Impossible("The bot is not blocked.")
    return _member(world, chat, blocked=False)


def _chat(world: World, user: int) -> Chat:
    if user not in world.chats:
        raise Impossible(f"There is no person with the number {user}.")
    return world.chats[user]


def _open(world: World, user: int) -> Chat:
    chat = _chat(world, user)
    if chat.blocked:
        raise Impossible("The bot is blocked: unblock it first.")
    return chat


def _send(world: World, chat: Chat, content: Json, reply_to: int | None) -> Json:
    chat.started = True
    content = {**_quoted(chat, reply_to), **content}
    kept = chat.post(world.clock.now(), chat.user, content)
    number = world.updates.add("message", kept.body, f"chat {chat.number}")
    return {"message_id": kept.body["message_id"], "update_id": number}


def _quoted(chat: Chat, reply_to: int | None) -> Json:
    kept: Kept | None = chat.messages.get(reply_to or 0)
    if kept is None:
        return {}
    # Telegram never nests replies.
    return {"reply_to_message": {k: v for k, v in kept.body.items() if k != "reply_to_message"}}


def spoken(text: str) -> Json:
    """The content of a text message, with its commands marked."""
    commands = [
        {"type": "bot_command", "offset": _units(text[: found.start()]), "length": _units(found[0])}
        for found in COMMAND.finditer(text)
    ]
    return {"text": text, **({"entities": commands} if commands else {})}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _inaccessible(chat: Chat, message_id: int) -> Json:
    return {"chat": chat.outline(), "message_id": message_id, "date": 0}


def _member(world: World, chat: Chat, *, blocked: bool) -> Json:
    now, bot = world.clock.now(), world.bot
    member: Json = {"status": "member", "user": bot}
    kicked: Json = {"status": "kicked", "user": bot, "until_date": 0}
    chat.blocked = blocked
    chat.note(now, "blocked" if blocked else "unblocked")
    content = {
        "chat": chat.outline(),
        "from": chat.user,
        "date": int(now),
        "old_chat_member": member if blocked else kicked,
        "new_chat_member": kicked if blocked else member,
    }
    return {"update_id": world.updates.add("my_chat_member", content, f"member {chat.number}")}
