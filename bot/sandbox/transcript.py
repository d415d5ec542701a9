"""A chat as the page and the tests read it."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.chat import Chat, Happening, Kept
from bot.sandbox.methods.profile import commands_for
from bot.sandbox.world import World

Json = dict[str, Any]
KINDS = [
    "photo",
    "voice",
    "audio",
    "video",
    "video_note",
    "animation",
    "document",
    "sticker",
    "venue",
    "location",
    "contact",
    "poll",
    "dice",
]


def chat_view(world: World, chat: Chat, after: int) -> Json:
    """Everything in a chat that has changed since a number, and how the chat stands."""
    changed = [kept for kept in chat.messages.values() if kept.changed > after]
    return {
        "user": chat.user,
        "cursor": world.changes.count,
        "now": world.clock.now(),
        "started": chat.started,
        "blocked": chat.blocked,
        "commands": commands_for(world, chat.user),
        "reply_keyboard": chat.reply_keyboard,
        "messages": [message_view(chat, kept) for kept in changed],
        "events": [_event(each) for each in chat.happenings if each.number > after],
    }


def message_view(chat: Chat, kept: Kept) -> Json:
    """One message with its words, its buttons, and whether these still stand."""
    body = kept.body
    return {
        "message_id": body["message_id"],
        "from": "bot" if kept.from_bot else "user",
        "date": body["date"],
        "edited": "edit_date" in body,
        "kind": kind_of(body),
        "text": body.get("text", body.get("caption", "")),
        "entities": body.get("entities", body.get("caption_entities", [])),
        "buttons": kept.rows,
        "keyboard": chat.keyboard(kept),
        "keyboard_live": kept.live,
        "reply_to": body.get("reply_to_message", {}).get("message_id"),
        "file": _file(body),
    }


def transcript(chat: Chat) -> list[str]:
    """The chat as plain lines: who said what, which buttons stood, and what was tapped."""
    return [line for each in chat.happenings for line in _lines(chat, each)]


def kind_of(body: Json) -> str:
    """What a message is: text, photo, voice …"""
    return next((kind for kind in KINDS if kind in body), "text")


def _event(happening: Happening) -> Json:
    head = {"number": happening.number, "kind": happening.kind, "at": happening.at}
    return {**head, **happening.details}


def _file(body: Json) -> Json | None:
    kind = kind_of(body)
    held = body["photo"][-1] if kind == "photo" else body.get(kind, {})
    if "file_id" not in held:
        return None
    return {
        "url": f"/sandbox/files/{held['file_id']}",
        "name": held.get("file_name", kind),
        "size": held["file_size"],
        "width": held.get("width"),
        "height": held.get("height"),
    }


def _lines(chat: Chat, happening: Happening) -> Iterator[str]:
    match happening.kind:
        case "message":
            kept = chat.messages.get(happening.details["message_id"])
            yield from _spoken(kept) if kept else ["     (deleted)"]
        case "tap":
            yield f"you: taps [{happening.details['label']}]"
        case "toast":
            yield f"bot: (toast) {happening.details['text']}"
        case "blocked" | "unblocked":
            yield f"you: ({happening.kind} the bot)"
        case "edited" | "deleted" | "action":
            # seen in the messages as they now stand
            return


def _spoken(kept: Kept) -> Iterator[str]:
    kind, body = kind_of(kept.body), kept.body
    mark = "" if kind == "text" else f"({kind}) "
    text = f"{mark}{body.get('text', body.get('caption', ''))}".rstrip()
    who = "bot: " if kept.from_bot else "you: "
    yield who + text.replace("\n", "\n     ")
    for row in kept.rows if kept.live else []:
        yield "     " + " ".join(f"[{button['text']}]" for button in row)
