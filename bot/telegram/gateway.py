"""Speaks the Bot API: one post is one call, and every error becomes a verdict."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TypeAlias

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
    MessageEntity,
)
from telegram.constants import ChatAction
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.service.post import (
    Bubble,
    Doubtful,
    Gone,
    Later,
    Mark,
    Moved,
    Refused,
    Sent,
    Toast,
    Verdict,
)
from bot.telegram.wire import Wire

log = logging.getLogger(__name__)

BotApi: TypeAlias = Bot
"""The Bot API as one bot calls it, for those who hand it on and know nothing else of it."""

POOL = 64
REVOKED_WAIT = 30.0
_BENIGN = (
    *("message is not modified", "message to edit not found", "message can't be edited"),
    *("message to delete not found", "there is no text in the message to edit"),
)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_LOST = (
    *("blocked by the user", "deactivated", "initiate conversation"),
    *("kicked", "not a member", "was deleted"),
)
_GONE = ("chat not found", "user not found", "peer_id_invalid")


def open_wire() -> Wire:
    """Connections to a Bot API server, none of them opened yet."""
    return Wire(connections=POOL, read=15, pool=15)


def open_bot(token: str, api_url: str, wire: Wire | None = None) -> Bot:
    """A Bot for that token at that Bot API server, by that wire, not yet connected."""
    root = api_url.rstrip("/")
    return Bot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=wire or open_wire(),
    )


class Telegram:
    """The gateway to Telegram for everything that is sent."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def bubble(self, chat: str, bubble: Bubble) -> Verdict:
        """Send a message."""
        sending = self._bot.send_message(
            int(chat),
            bubble.text,
            entities=_entities(bubble.marks),
            reply_markup=_keyboard(bubble),
            link_preview_options=_NO_PREVIEW,
            protect_content=bubble.private or None,
        )
        return await _verdict(sending)

    async def settle(self, chat: str, message_id: int, prompt: Bubble, note: str | None) -> Verdict:
        """Take the buttons off a message, and add the note under its text if there is one."""
        if note is None:
            bare = self._bot.edit_message_reply_markup(chat_id=int(chat), message_id=message_id)
            return await _verdict(bare)
        noted = self._bot.edit_message_text(
            f"{prompt.text}\n\n{note}",
            chat_id=int(chat),
            message_id=message_id,
            entities=_entities(prompt.marks),
            link_preview_options=_NO_PREVIEW,
        )
        return await _verdict(noted)

    async def busy(self, chat: str) -> None:
        """Show that something is being made; it does not matter if this fails."""
        with suppress(TelegramError):
            await self._bot.send_chat_action(int(chat), ChatAction.UPLOAD_PHOTO)

    async def toast(self, toast: Toast) -> Verdict:
        """Answer a tap."""
        return await _verdict(self._bot.answer_callback_query(toast.query, text=toast.text or None))

    async def picture(
        self, chat: str, png: bytes, caption: str, *, private: bool = False
    ) -> Verdict:
        """Send a picture; one that is private can't be passed on."""
        photo = InputFile(png, filename="progress.png")
        sending = self._bot.send_photo(
            int(chat), photo, caption=caption, protect_content=private or None
        )
        return await _verdict(sending)

    async def leave(self, chat: str) -> Verdict:
        """Leave a group or a channel."""
        return await _verdict(self._bot.leave_chat(int(chat)))

    async def document(self, chat: str, content: bytes, name: str, caption: str) -> Verdict:
        """Send a file."""
        file = InputFile(content, filename=name)
        return await _verdict(self._bot.send_document(int(chat), file, caption=caption))

    async def unsay(self, chat: str, messages: Sequence[int]) -> Verdict:
        """Delete messages, whoever wrote them; Refused if one of them is too old for that."""
        return await _verdict(self._bot.delete_messages(int(chat), list(messages)))

    async def fade(self, chat: str, message_id: int, text: str | None) -> Verdict:
        """Put the text in the place of a message's, or take its caption away; its buttons go."""
        number, bot = int(chat), self._bot
        if text is None:
            return await _verdict(bot.edit_message_caption(number, message_id, caption=""))
        return await _verdict(bot.edit_message_text(text, number, message_id))


async def _verdict(sending: Awaitable[Message | bool]) -> Verdict:
    try:
        result = await sending
    except RetryAfter as error:
        return Later(_seconds(error.retry_after), counts=False)
    except ChatMigrated as error:
        return Moved(str(error.new_chat_id))
    except Forbidden as error:
        return _forbidden(error.message)
    except BadRequest as error:
        return _refused(error.message)
    except (InvalidToken, Conflict) as error:
        log.error("telegram refuses the bot: %s", type(error).__name__)
        return Later(REVOKED_WAIT, counts=False)
    except NetworkError as error:  # TimedOut is one too
        # not counted: an outage of any length loses nothing
        return Later(2, counts=False) if _never_left(error) else Doubtful()
    except TelegramError as error:
        log.error("telegram answered oddly: %s", type(error).__name__)
        return Doubtful()
    return Sent(result.message_id if isinstance(result, Message) else None)


def _entities(marks: Sequence[Mark]) -> list[MessageEntity]:
    return [MessageEntity(mark.kind, mark.offset, mark.length) for mark in marks]


def _keyboard(bubble: Bubble) -> InlineKeyboardMarkup | None:
    if not bubble.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(label, callback_data=data) for label, data in row]
            for row in bubble.buttons
        ]
    )


def _forbidden(reason: str) -> Verdict:
    """Gone for Telegram's own words; anything else may be a proxy that speaks out of turn."""
    words = reason.lower()
    is_lost = words.startswith("forbidden: ") and any(lost in words for lost in _LOST)
    return Gone(reason) if is_lost else Later(REVOKED_WAIT)


def _refused(reason: str) -> Verdict:
    words = reason.lower()
    if any(benign in words for benign in _BENIGN):
        return Sent()
    if any(gone in words for gone in _GONE):
        return Gone(reason)
    return Refused(reason)


def _never_left(error: NetworkError) -> bool:
    """Whether the request surely did not reach Telegram, so that it may simply be tried again."""
    cause = error.__cause__
    return isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
