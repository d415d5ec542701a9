"""What Telegram would refuse, the sandbox refuses, with the same code and the same words."""

from typing import Any

import pytest

from tests.bot.sandbox.conftest import ALEX, Sandbox

Json = dict[str, Any]


def keys(*rows: int, data: str = "x") -> Json:
    """An inline keyboard with so many buttons in each row."""
    row = {"text": "A", "callback_data": data}
    return {"inline_keyboard": [[row] * count for count in rows]}


def bold(offset: int, length: int, kind: str = "bold") -> list[Json]:
    """One entity."""
    return [{"type": kind, "offset": offset, "length": length}]


SAY = {"chat_id": ALEX, "text": "hi"}
# (method, parameters, code, description); a message 2 of the bot's says "asked" with a button
REFUSED: list[tuple[str, Json, int, str]] = [
    ("sendMessage", {**SAY, "text": "a" * 4097}, 400, "message is too long"),
    ("sendMessage", {**SAY, "text": ""}, 400, "message text is empty"),
    ("sendMessage", {**SAY, "text": " \n "}, 400, "message text is empty"),
    ("sendMessage", {**SAY, "chat_id": 5}, 400, "chat not found"),
    ("sendMessage", {**SAY, "chat_id": "@nobody"}, 400, "chat not found"),
    ("sendMessage", {**SAY, "reply_markup": keys(1, data="")}, 400, "BUTTON_DATA_INVALID"),
    ("sendMessage", {**SAY, "reply_markup": keys(1, data="я" * 33)}, 400, "BUTTON_DATA_INVALID"),
    ("sendMessage", {**SAY, "reply_markup": keys(9)}, 400, "reply markup is too long"),
    ("sendMessage", {**SAY, "reply_markup": keys(*[8] * 13)}, 400, "reply markup is too long"),
    (
        "sendMessage",
        {**SAY, "reply_markup": {"inline_keyboard": [[{"text": "A"}]]}},
        400,
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        "sendMessage",
        {**SAY, "entities": bold(1, 2)},
        400,
        "entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 3",
    ),
    (
        "sendMessage",
        {**SAY, "text": "😀!", "entities": bold(1, 2)},
        400,
        "entity begins in a middle of a UTF-16 symbol at offset 1",
    ),
    (
        "sendMessage",
        {**SAY, "entities": bold(0, 2, "loud")},
        400,
        "can't parse MessageEntity: unsupported type specified",
    ),
    (
        "sendMessage",
        {**SAY, "reply_parameters": {"message_id": 77}},
        400,
        "message to be replied not found",
    ),
    (
        "editMessageText",
        {**SAY, "message_id": 2, "text": "asked", "reply_markup": keys(1)},
        400,
        "message is not modified: specified new message content and reply markup are exactly "
        "the same as a current content and reply markup of the message",
    ),
    ("editMessageText", {**SAY, "message_id": 77}, 400, "message to edit not found"),
    ("editMessageText", {**SAY, "message_id": 1}, 400, "message can't be edited"),
    ("editMessageText", SAY, 400, "message identifier is not specified"),
    (
        "editMessageCaption",
        {"chat_id": ALEX, "message_id": 2, "caption": "x"},
        400,
        "there is no caption in the message to edit",
    ),
    ("deleteMessage", {"chat_id": ALEX, "message_id": 77}, 400, "message to delete not found"),
    (
        "sendPhoto",
        {"chat_id": ALEX, "photo": "AgACnothing"},
        400,
        "wrong file identifier/HTTP URL specified",
    ),
    (
        "sendChatAction",
        {"chat_id": ALEX, "action": "dancing"},
        400,
        "wrong parameter action in request",
    ),
    (
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        400,
        "query is too old and response timeout expired or query ID is invalid",
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "Start", "description": "x"}]},
        400,
        "BOT_COMMAND_INVALID",
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "start", "description": ""}]},
        400,
        "BOT_COMMAND_DESCRIPTION_INVALID",
    ),
    (
        "setWebhook",
        {"url": "http://example.org/"},
        400,
        "bad webhook: An HTTPS URL must be provided for webhook",
    ),
    (
        "leaveChat",
        {"chat_id": ALEX},
        400,
        "chat member status can't be changed in private chats",
    ),
]


@pytest.mark.parametrize(("method", "params", "code", "description"), REFUSED)
async def test_a_limit_is_refused_in_telegrams_own_words(
    chat: Sandbox, method: str, params: Json, code: int, description: str
) -> None:
    """Each row: a call that Telegram would not carry out, and what it says."""
    await chat.call("sendMessage", chat_id=ALEX, text="asked", reply_markup=keys(1))

    answer = await chat.post(method, **params)

    assert answer.status_code == code
    assert answer.json() == {
        "ok": False,
        "error_code": code,
        "description": f"Bad Request: {description}",
    }
    assert chat.world.refusals == []


ALLOWED: list[Json] = [
    {"text": "a" * 4096},
    {"text": "😀" * 4096},
    {"reply_markup": keys(*[8] * 12, 4)},
    {"reply_markup": keys(1, data="я" * 32)},
    {"text": "😀!", "entities": bold(0, 2)},
    {"reply_parameters": {"message_id": 77, "allow_sending_without_reply": True}},
]


@pytest.mark.parametrize("params", ALLOWED)
async def test_what_just_fits_is_sent(chat: Sandbox, params: Json) -> None:
    """Each row lies exactly on a limit."""
    assert (await chat.call("sendMessage", **{**SAY, **params}))["ok"]


async def test_a_bot_cannot_speak_first(sandbox: Sandbox) -> None:
    """A person who never wrote cannot be written to."""
    answer = await sandbox.call("sendMessage", **SAY)

    assert answer["description"] == "Forbidden: bot can't initiate conversation with a user"


async def test_who_blocks_the_bot_is_not_reached_until_they_unblock_it(chat: Sandbox) -> None:
    """Blocking emits my_chat_member and answers 403; unblocking undoes both."""
    await chat.do("block", user=ALEX)
    refused = await chat.call("sendMessage", **SAY)
    await chat.do("unblock", user=ALEX)
    sent = await chat.call("sendMessage", **SAY)
    told = [u["my_chat_member"]["new_chat_member"]["status"] for u in await chat.updates()]

    assert refused["description"] == "Forbidden: bot was blocked by the user"
    assert sent["ok"]
    assert told == ["kicked", "member"]


async def test_a_message_older_than_two_days_stays(chat: Sandbox) -> None:
    """After 48 hours deleting is refused, while editing still works."""
    await chat.call("sendMessage", **SAY)
    await chat.do("clock", offset_seconds=48 * 3600 + 10)

    deleted = await chat.call("deleteMessage", chat_id=ALEX, message_id=2)
    edited = await chat.call("editMessageText", chat_id=ALEX, message_id=2, text="still here")

    assert deleted["description"] == "Bad Request: message can't be deleted for everyone"
    assert edited["ok"]


async def test_a_tap_can_be_answered_once_and_not_after_150_seconds(chat: Sandbox) -> None:
    """The second answer, and the late one, get the words for an old query."""
    early = (await chat.do("tap", user=ALEX, message_id=1, data="x"))["query_id"]
    late = (await chat.do("tap", user=ALEX, message_id=1, data="x"))["query_id"]

    first = await chat.call("answerCallbackQuery", callback_query_id=early)
    second = await chat.call("answerCallbackQuery", callback_query_id=early)
    await chat.do("clock", offset_seconds=160)
    third = await chat.call("answerCallbackQuery", callback_query_id=late)

    assert [first["ok"], second["ok"], third["ok"]] == [True, False, False]
    assert "query is too old" in third["description"]
