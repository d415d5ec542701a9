"""The compact table that the sandbox ships, drawn from the machine-readable Bot API."""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.sandbox.spec import NOT_SPOKEN

METHODS = [
    "getMe",
    "getUpdates",
    "setWebhook",
    "deleteWebhook",
    "getWebhookInfo",
    "sendMessage",
    "editMessageText",
    "editMessageReplyMarkup",
    "editMessageCaption",
    "answerCallbackQuery",
    "sendPhoto",
    "sendDocument",
    "deleteMessage",
    "deleteMessages",
    "setMyCommands",
    "getMyCommands",
    "deleteMyCommands",
    "sendChatAction",
    "getFile",
    "getChat",
    "leaveChat",
    "setMyDescription",
    "setMyShortDescription",
]


def compact(spec: dict[str, Any]) -> str:
    """The table's text for the methods we speak and every type that they take."""
    lines = [f"# {spec['version']}: what the sandbox speaks; ! marks what is required"]
    for name in METHODS:
        lines += [f"method {name}", *_fields(spec["methods"][name])]
    for name in sorted(_reached(spec)):
        lines += _type(spec["types"][name])
    return "\n".join(lines) + "\n"


def _fields(owner: dict[str, Any]) -> Iterator[str]:
    for field in owner.get("fields", []):
        mark = "!" if field["required"] else ""
        yield f"  {field['name']}{mark} {' | '.join(field['types'])}"


def _type(owner: dict[str, Any]) -> list[str]:
    if owner.get("subtypes"):
        return [f"union {owner['name']}", *(f"  {each}" for each in owner["subtypes"])]
    return [f"type {owner['name']}", *_fields(owner)]


def _reached(spec: dict[str, Any]) -> set[str]:
    waiting = [t for name in METHODS for t in _taken(spec["methods"][name])]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in spec["types"] and name not in found and name != "InputFile":
            found.add(name)
            waiting += _taken(spec["types"][name])
    return found


def _taken(owner: dict[str, Any]) -> Iterable[str]:
    for field in owner.get("fields", []):
        if field["name"] not in NOT_SPOKEN:
            yield from (
                each.removeprefix("Array of ").removeprefix("Array of ") for each in field["types"]
            )
    yield from owner.get("subtypes", [])
