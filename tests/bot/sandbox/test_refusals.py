"""Whatever is not in the Bot API is refused loudly and remembered."""

from typing import Any

import pytest

from tests.bot.sandbox.conftest import ALEX, Sandbox

Json = dict[str, Any]
SAY = {"chat_id": ALEX, "text": "hi"}
# (method, parameters, code, description)
UNKNOWN: list[tuple[str, Json, int, str]] = [
    ("sendPoem", SAY, 404, "Not Found"),
    ("sendMessage", {**SAY, "colour": "red"}, 400, "sendMessage has no parameter colour"),
    ("sendMessage", {"chat_id": ALEX}, 400, "sendMessage.text is required"),
    ("sendMessage", {**SAY, "text": 7}, 400, "sendMessage.text is not of type String"),
    ("sendMessage", {**SAY, "chat_id": [1]}, 400, "sendMessage.chat_id is not of type Integer"),
    (
        "sendMessage",
        {**SAY, "parse_mode": "HTML"},
        400,
        "the sandbox does not speak the parameter parse_mode of sendMessage",
    ),
    (
        "sendMessage",
        {**SAY, "disable_notification": "perhaps"},
        400,
        "sendMessage.disable_notification is not of type Boolean",
    ),
    (
        "sendMessage",
        {**SAY, "reply_markup": {"inline_keyboard": [[{"text": "A", "callbak_data": "x"}]]}},
        400,
        "sendMessage.reply_markup.inline_keyboard.0.0.callbak_data "
        "is not a field of InlineKeyboardButton",
    ),
    (
        "sendMessage",
        {**SAY, "entities": [{"type": "bold", "offset": 0}]},
        400,
        "sendMessage.entities.0.length is required",
    ),
    ("getUpdates", {"timeout": 1.5}, 400, "getUpdates.timeout is not of type Integer"),
]


@pytest.mark.parametrize(("method", "params", "code", "description"), UNKNOWN)
async def test_what_the_bot_api_does_not_know_is_refused_and_remembered(
    chat: Sandbox, method: str, params: Json, code: int, description: str
) -> None:
    """Each row: a call that a bot should never make, and the words that say why."""
    answer = await chat.call(method, **params)

    told = "Not Found" if code == 404 else f"Bad Request: {description}"
    assert (answer["ok"], answer["error_code"], answer["description"]) == (False, code, told)
    assert chat.world.refusals == [f"{method}: {told}"]
    assert (await chat.see("state"))["refusals"] == chat.world.refusals


async def test_another_token_opens_nothing(sandbox: Sandbox) -> None:
    """Neither methods nor files answer to a token that is not the bot's."""
    for path in ("/bot1:other/getMe", "/file/bot1:other/files/file_1"):
        answer = await sandbox.client.get(path)
        assert answer.status_code == 401
        assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


@pytest.mark.parametrize("kind", ["json", "data", "params"])
async def test_parameters_may_come_as_json_form_or_query(chat: Sandbox, kind: str) -> None:
    """The same call is understood in each of the three forms, numbers and objects included."""
    markup = '{"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}'
    call: Json = {"chat_id": str(ALEX), "text": "hi", "protect_content": "true"}
    url = f"/bot{chat.world.token}/sendMessage"

    whole: Json = {kind: {**call, "reply_markup": markup}}
    answer = await chat.client.post(url, **whole)

    sent = answer.json()["result"]
    assert sent["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "a"
    assert sent["has_protected_content"] is True


async def test_a_page_of_another_origin_cannot_press_the_switches(sandbox: Sandbox) -> None:
    """A request that a foreign page makes in the same browser is turned away."""
    foreign = {"Origin": "https://example.org"}

    answer = await sandbox.client.post("/sandbox/network", json={"down_for": 9}, headers=foreign)

    assert answer.status_code == 403
    assert sandbox.world.network_back_in() == 0


async def test_a_foreign_name_for_this_machine_is_turned_away(sandbox: Sandbox) -> None:
    """A site that has its own name point at the loopback reads nothing."""
    answer = await sandbox.client.get("/sandbox/state", headers={"Host": "example.org"})

    assert answer.status_code == 400
