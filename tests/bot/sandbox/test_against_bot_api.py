"""The sandbox agrees with the machine-readable Bot API, in what it takes and in what it says."""

import json
from importlib.resources import files
from typing import Any

import pytest

from bot.sandbox.attachments import FILES, PLAIN, picture
from bot.sandbox.methods import METHODS as ANSWERED
from bot.sandbox.spec import Field, Spec, fits, spoken
from tests.bot.sandbox.conftest import ALEX, BOT_API, Sandbox
from tests.bot.sandbox.spec_table import METHODS, compact

Json = dict[str, Any]


@pytest.fixture(scope="module")
def told() -> Json:
    """The machine-readable Bot API."""
    return dict(json.loads(BOT_API.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def whole(told: Json) -> Spec:
    """All of its types, to check against."""
    types = {name: fields(each) for name, each in told["types"].items() if "subtypes" not in each}
    unions = {n: tuple(each["subtypes"]) for n, each in told["types"].items() if "subtypes" in each}
    return Spec({}, types, unions)


def fields(owner: Json) -> dict[str, Field]:
    """The fields of a type."""
    return {
        each["name"]: Field(each["name"], tuple(each["types"]), each["required"])
        for each in owner.get("fields", [])
    }


def test_the_shipped_table_is_the_bot_apis(told: Json) -> None:
    """Methods, parameters, types and what is required, for everything spoken here."""
    table = files("bot.sandbox").joinpath("bot_api.txt").read_text(encoding="utf-8")

    assert table == compact(told)


def test_every_method_of_the_table_is_answered() -> None:
    """No method is listed without being spoken, or spoken without being listed."""
    assert sorted(ANSWERED) == sorted(spoken().methods) == sorted(METHODS)


async def test_updates_are_true_to_the_specification(chat: Sandbox, whole: Spec) -> None:
    """Words, edits, taps, blocks and every kind of attachment fit the type Update."""
    await chat.call("sendMessage", chat_id=ALEX, text="hi")
    await chat.do("say", user=ALEX, text="/menu please", reply_to=2)
    await chat.do("edit", user=ALEX, message_id=3, text="menu")
    await chat.do("tap", user=ALEX, message_id=2, data="x")
    await chat.do("tap", user=ALEX, message_id=99, data="x")
    for kind in ["photo", *FILES, *PLAIN]:
        await chat.do("attach", user=ALEX, kind=kind, caption="look")
    await chat.do("block", user=ALEX)
    await chat.do("unblock", user=ALEX)

    updates = await chat.updates()

    assert len(updates) == 6 + 1 + len(FILES) + len(PLAIN)
    for update in updates:
        fits(whole, update, "Update")


async def test_answers_are_true_to_the_specification(chat: Sandbox, whole: Spec) -> None:
    """What the methods return fits the types that the Bot API promises."""
    keys = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}
    url = f"/bot{chat.world.token}"
    sent = await chat.call("sendMessage", chat_id=ALEX, text="hi", reply_markup=keys)
    edited = await chat.call("editMessageText", chat_id=ALEX, message_id=2, text="ho")
    photo = await chat.client.post(
        f"{url}/sendPhoto", data={"chat_id": ALEX}, files={"photo": picture(9)}
    )
    document = await chat.client.post(
        f"{url}/sendDocument", data={"chat_id": ALEX}, files={"document": b"x"}
    )
    held = photo.json()["result"]["photo"][0]["file_id"]

    for answer in (sent, edited, photo.json(), document.json()):
        fits(whole, answer["result"], "Message")
    fits(whole, (await chat.call("getMe"))["result"], "User")
    fits(whole, (await chat.call("getFile", file_id=held))["result"], "File")
    fits(whole, (await chat.call("getChat", chat_id=ALEX))["result"], "ChatFullInfo")
    fits(whole, (await chat.call("getWebhookInfo"))["result"], "WebhookInfo")
