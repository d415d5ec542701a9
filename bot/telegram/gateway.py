"""Speaks the Bot API: one post is one call of JSON, and every answer becomes a verdict."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, TypeAlias

import orjson
from telegram import Bot
from telegram.error import NetworkError

from bot.service.post import Bubble, Mark, Toast, Verdict
from bot.telegram import verdicts
from bot.telegram.wire import Wire

Json: TypeAlias = dict[str, Any]
BotApi: TypeAlias = Bot
"""The Bot API as one bot calls it, for those who hand it on and know nothing else of it."""

POOL = 64
_NO_PREVIEW = {"is_disabled": True}


def open_wire() -> Wire:
    """Connections to a Bot API server, none of them opened yet."""
    return Wire(connections=POOL, read=15, pool=15)


def open_bot(token: str, api_url: str, wire: Wire | None = None) -> Bot:
    """A Bot for that token at that Bot API server, by that wire, not yet connected."""
    root, only = api_url.rstrip("/"), wire or open_wire()
    return Bot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=only,
        # or it would make connections of another kind for updates, which are polled by this one
        get_updates_request=only,
    )


def wire_of(bot: Bot) -> Wire:
    """The connections of a bot that `open_bot` has made; TypeError of another."""
    if not isinstance(bot.request, Wire):
        msg = "this bot was not made by open_bot"
        raise TypeError(msg)
    return bot.request


class Telegram:
    """The gateway to Telegram for everything that is sent.

    It speaks by the connections of a bot that `open_bot` has made, and without its objects: they
    would cost more than all the rest of a call.
    """

    def __init__(self, bot: Bot) -> None:
        self._root, self._wire = bot.base_url, wire_of(bot)

    async def bubble(self, chat: str, bubble: Bubble) -> Verdict:
        """Send a message."""
        return await self._call("sendMessage", _message(chat, bubble))

    async def settle(self, chat: str, message_id: int, prompt: Bubble, note: str | None) -> Verdict:
        """Take the buttons off a message, and add the note under its text if there is one."""
        where = {"chat_id": int(chat), "message_id": message_id}
        if note is None:
            return await self._call("editMessageReplyMarkup", where)
        return await self._call(
            "editMessageText",
            {
                **where,
                "text": f"{prompt.text}\n\n{note}",
                **_marked(prompt.marks),
                "link_preview_options": _NO_PREVIEW,
            },
        )

    async def busy(self, chat: str) -> None:
        """Show that something is being made; it does not matter if this fails."""
        await self._call("sendChatAction", {"chat_id": int(chat), "action": "upload_photo"})

    async def toast(self, toast: Toast) -> Verdict:
        """Answer a tap."""
        words = {"text": toast.text} if toast.text else {}
        return await self._call("answerCallbackQuery", {"callback_query_id": toast.query, **words})

    async def picture(
        self, chat: str, png: bytes, caption: str, *, private: bool = False
    ) -> Verdict:
        """Send a picture; one that is private can't be passed on."""
        kept = {"protect_content": "true"} if private else {}
        photo = {"photo": ("progress.png", png, "image/png")}
        return await self._upload("sendPhoto", chat, {"caption": caption, **kept}, photo)

    async def leave(self, chat: str) -> Verdict:
        """Leave a group or a channel."""
        return await self._call("leaveChat", {"chat_id": int(chat)})

    async def document(self, chat: str, content: bytes, name: str, caption: str) -> Verdict:
        """Send a file."""
        # its type by its name
        file = {"document": (name, content)}
        return await self._upload("sendDocument", chat, {"caption": caption}, file)

    async def unsay(self, chat: str, messages: Sequence[int]) -> Verdict:
        """Delete messages, whoever wrote them; Refused if one of them is too old for that."""
        gone = {"chat_id": int(chat), "message_ids": list(messages)}
        return await self._call("deleteMessages", gone)

    async def fade(self, chat: str, message_id: int, text: str | None) -> Verdict:
        """Put the text in the place of a message's, or take its caption away; its buttons go."""
        where = {"chat_id": int(chat), "message_id": message_id}
        if text is None:
            return await self._call("editMessageCaption", {**where, "caption": ""})
        return await self._call("editMessageText", {**where, "text": text})

    async def _call(self, method: str, params: Json) -> Verdict:
        return await _verdict(self._wire.ask(f"{self._root}/{method}", orjson.dumps(params)))

    async def _upload(
        self, method: str, chat: str, params: dict[str, str], file: dict[str, tuple[Any, ...]]
    ) -> Verdict:
        url = f"{self._root}/{method}"
        return await _verdict(self._wire.upload(url, {"chat_id": chat, **params}, file))


async def _verdict(calling: Awaitable[tuple[int, bytes]]) -> Verdict:
    try:
        status, payload = await calling
    except NetworkError as error:
        return verdicts.of_error(error)
    return verdicts.of_answer(status, payload)


def _message(chat: str, bubble: Bubble) -> Json:
    params: Json = {
        "chat_id": int(chat),
        "text": bubble.text,
        **_marked(bubble.marks),
        "link_preview_options": _NO_PREVIEW,
    }
    if bubble.buttons:
        params["reply_markup"] = {"inline_keyboard": _keyboard(bubble)}
    if bubble.private:
        params["protect_content"] = True
    return params


def _marked(marks: Sequence[Mark]) -> Json:
    if not marks:
        return {}
    return {"entities": [{"type": m.kind, "offset": m.offset, "length": m.length} for m in marks]}


def _keyboard(bubble: Bubble) -> list[list[Json]]:
    return [
        [{"text": label, "callback_data": data} for label, data in row] for row in bubble.buttons
    ]
