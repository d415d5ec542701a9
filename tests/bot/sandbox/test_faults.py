"""Faults strike exactly the calls they were ordered for."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.bot.sandbox.conftest import ALEX, Sandbox

Json = dict[str, Any]
SAY = {"chat_id": ALEX, "text": "hi"}

# (kind, code, description)
SPOKEN = [
    ("429", 429, "Too Many Requests: retry after 7"),
    ("500", 500, "Internal Server Error: restart"),
    ("403", 403, "Forbidden: bot was blocked by the user"),
    ("401", 401, "Unauthorized"),
    ("400", 400, "Bad Request: can't parse entities"),
]


@pytest.mark.parametrize(("kind", "code", "description"), SPOKEN)
async def test_a_spoken_fault_answers_and_does_nothing(
    chat: Sandbox, kind: str, code: int, description: str
) -> None:
    """Each row: the fault and its answer; nothing is sent, and the next call works."""
    await chat.do("faults", kind=kind, retry_after=7)

    struck, healthy = await chat.post("sendMessage", **SAY), await chat.post("sendMessage", **SAY)

    told = struck.json()
    assert (struck.status_code, told["error_code"], told["description"]) == (
        code,
        code,
        description,
    )
    assert told.get("parameters") == ({"retry_after": 7} if kind == "429" else None)
    assert healthy.status_code == 200
    assert await chat.lines() == ["you: /start", "bot: hi"]


# (kind, whether the message was sent although no answer came)
SILENT = [
    ("reset", False),
    ("drop_before", False),
    ("hang", False),
    ("accept_then_hang", True),
    ("accept_then_drop", True),
]


@pytest.mark.parametrize(("kind", "sent"), SILENT)
async def test_a_silent_fault_leaves_the_bot_without_an_answer(
    chat: Sandbox, kind: str, sent: bool
) -> None:
    """Each row: the connection breaks or hangs, before or after the message was sent."""
    await chat.do("faults", kind=kind, seconds=0.1)

    with pytest.raises(httpx.TransportError):
        await chat.post("sendMessage", **SAY)

    assert await chat.lines() == (["you: /start", "bot: hi"] if sent else ["you: /start"])
    (call,) = (await chat.see("calls?after=1"))["calls"]
    assert (call["method"], call["status"], call["description"]) == ("sendMessage", 0, kind)


async def test_a_fault_waits_for_its_method_its_chat_and_its_turn(chat: Sandbox) -> None:
    """The second and third message to Alex fail; looking things up and other chats do not."""
    await chat.do("users", id=1002, first_name="Kim")
    await chat.do("say", user=1002, text="/start")
    await chat.do("faults", kind="500", method="sendMessage", chat=ALEX, after=1, times=2)

    to_alex = [(await chat.call("sendMessage", **SAY))["ok"] for _ in range(4)]
    to_kim = await chat.call("sendMessage", chat_id=1002, text="hi")

    assert to_alex == [True, False, False, True]
    assert to_kim["ok"]
    assert (await chat.see("state"))["faults"] == []


async def test_a_lost_network_breaks_what_is_under_way_and_what_comes(chat: Sandbox) -> None:
    """The long poll under way is cut, new calls are cut, and words wait until it is back."""
    poll = asyncio.create_task(chat.call("getUpdates", timeout=50))
    await asyncio.sleep(0.05)
    await chat.do("network", down_for=60)

    with pytest.raises(httpx.TransportError):
        await poll
    with pytest.raises(httpx.TransportError):
        await chat.call("getMe")
    await chat.do("say", user=ALEX, text="hello")
    await chat.do("network", down_for=0)

    assert [each["message"]["text"] for each in await chat.updates()] == ["hello"]


async def test_a_fault_nobody_knows_cannot_be_ordered(chat: Sandbox) -> None:
    """A misspelt kind or field is refused, so that no test runs without its fault."""
    for wish in ({"kind": "flood"}, {"kind": "500", "methd": "sendMessage"}):
        answer = await chat.client.post("/sandbox/faults", json=wish)
        assert answer.status_code == 400


async def test_faults_that_are_called_off_do_not_strike(chat: Sandbox) -> None:
    """Whoever comes to rest after many troubles can be sure that no more are on their way."""
    await chat.do("faults", kind="500", times=9)
    await chat.do("no-faults")

    assert (await chat.post("sendMessage", **SAY)).status_code == 200
