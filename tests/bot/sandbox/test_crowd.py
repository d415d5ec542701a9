"""A group in the sandbox: the bot hears what Telegram lets it hear, and is refused in its words."""

from __future__ import annotations

import pytest

from tests.bot.sandbox.conftest import ALEX, Json, Sandbox

BEA = 1002


@pytest.fixture
async def room(sandbox: Sandbox) -> int:
    """The number of a group with Alex, Bea and the bot in it, and nothing that waits."""
    await sandbox.do("users", id=BEA, first_name="Bea")
    made = await sandbox.do("groups", title="Pain team", members=[ALEX, BEA])
    sandbox.world.updates.drop_all()
    return int(made["group"])


async def test_the_bot_hears_that_it_was_put_into_a_group(sandbox: Sandbox) -> None:
    """From whoever put it there, with the group's title."""
    made = await sandbox.do("groups", title="Pain team", members=[ALEX])

    (update,) = await sandbox.updates()
    change = update["my_chat_member"]
    assert change["chat"] == {"id": made["group"], "title": "Pain team", "type": "group"}
    assert change["from"]["id"] == ALEX
    assert change["new_chat_member"]["status"] == "member"


# (what is said in the group, whether the bot hears it)
WORDS = [
    ("has anybody seen the blue folder?", False),
    ("/start abc", True),
    ("/start@paceful_sandbox_bot abc", True),
    ("/start@another_bot abc", False),
]


@pytest.mark.parametrize(("text", "is_heard"), WORDS)
async def test_a_bot_in_privacy_mode_hears_commands_alone(
    sandbox: Sandbox, room: int, text: str, *, is_heard: bool
) -> None:
    """And of these only its own; the members see everything."""
    await sandbox.do("group-say", group=room, user=BEA, text=text)

    heard = [update["message"]["text"] for update in await sandbox.updates()]
    assert heard == ([text] if is_heard else [])
    shown = await sandbox.see(f"group/{-room}")
    assert [told["text"] for told in shown["messages"]] == [text]


async def test_a_tap_names_the_group_and_whoever_tapped(sandbox: Sandbox, room: int) -> None:
    """The answer to it is seen by that person alone."""
    keyboard = {"inline_keyboard": [[{"text": "I have it", "callback_data": "x"}]]}
    sent = await sandbox.call("sendMessage", chat_id=room, text="Red", reply_markup=keyboard)
    place = {"group": room, "message_id": sent["result"]["message_id"]}
    await sandbox.do("group-tap", user=BEA, data="x", **place)

    (update,) = await sandbox.updates()
    query = update["callback_query"]
    assert (query["from"]["id"], query["message"]["chat"]["id"]) == (BEA, room)
    await sandbox.call("answerCallbackQuery", callback_query_id=query["id"], text="Yours")
    assert await sandbox.lines(BEA) == ["bot: (toast) Yours"]


async def test_a_group_that_put_the_bot_out_refuses_it(sandbox: Sandbox, room: int) -> None:
    """In Telegram's words, and the bot hears of it."""
    await sandbox.do("group-kick", group=room, user=ALEX)

    (update,) = await sandbox.updates()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    assert await refusal(sandbox, room) == (
        403,
        "Forbidden: bot was kicked from the group chat",
        {},
    )


async def test_a_group_that_became_a_supergroup_names_it(sandbox: Sandbox, room: int) -> None:
    """The old number is refused with the new one, which is open."""
    after = (await sandbox.do("group-upgrade", group=room, user=ALEX))["group"]

    moved, begun = await sandbox.updates()
    assert (moved["message"]["chat"]["id"], moved["message"]["migrate_to_chat_id"]) == (room, after)
    assert begun["message"]["chat"] == {"id": after, "title": "Pain team", "type": "supergroup"}
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    assert await refusal(sandbox, room) == (400, words, {"migrate_to_chat_id": after})
    assert (await sandbox.call("sendMessage", chat_id=after, text="hi"))["ok"]


async def test_a_bot_may_leave_a_group(sandbox: Sandbox, room: int) -> None:
    """And can write there no more."""
    assert (await sandbox.call("leaveChat", chat_id=room))["ok"]
    assert (await refusal(sandbox, room))[0] == 403


async def test_who_is_not_in_the_group_can_do_nothing_there(sandbox: Sandbox, room: int) -> None:
    """Nor in a group that there is not."""
    await sandbox.do("users", id=1003, first_name="Cy")
    for group, user in ((room, 1003), (-1, ALEX)):
        wish = {"group": group, "user": user, "text": "hi"}
        answer = await sandbox.client.post("/sandbox/group-say", json=wish)
        assert answer.status_code == 409


async def refusal(sandbox: Sandbox, group: int) -> tuple[int, str, Json]:
    """How a message to that group is refused."""
    told = await sandbox.call("sendMessage", chat_id=group, text="hi")
    return told["error_code"], told["description"], told.get("parameters", {})
