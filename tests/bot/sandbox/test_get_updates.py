"""getUpdates hands out, confirms, forgets and refuses as Telegram does."""

import asyncio
from typing import Any

import pytest

from tests.bot.sandbox.conftest import ALEX, Sandbox

FIRST = 10_000_001
DAY = 86_400
WORDS = ["one", "two", "three", "four"]

# (a first call's parameters, what it hands out, what a plain call hands out afterwards)
TABLE: list[tuple[dict[str, Any], list[str], list[str]]] = [
    ({}, WORDS, WORDS),
    ({"offset": 0}, WORDS, WORDS),
    ({"limit": 2}, WORDS[:2], WORDS),
    ({"limit": 0}, WORDS[:1], WORDS),
    ({"limit": 1000}, WORDS, WORDS),
    ({"offset": FIRST + 2}, WORDS[2:], WORDS[2:]),
    ({"offset": FIRST + 4}, [], []),
    ({"offset": FIRST + 5}, WORDS, WORDS),
    ({"offset": FIRST - 500}, WORDS, WORDS),
    ({"offset": -1}, WORDS[3:], WORDS[3:]),
    ({"offset": -3, "limit": 1}, WORDS[1:2], WORDS[1:]),
    ({"offset": -99}, WORDS, WORDS),
]


@pytest.mark.parametrize(("params", "handed_out", "left"), TABLE)
async def test_an_offset_confirms_what_lies_below_it_and_nothing_else(
    sandbox: Sandbox, params: dict[str, Any], handed_out: list[str], left: list[str]
) -> None:
    """Each row: a call, what it hands out, and what is still there for the next call."""
    for word in WORDS:
        await sandbox.do("say", user=ALEX, text=word)

    found = await sandbox.updates(**params)
    again = await sandbox.updates()

    assert [each["message"]["text"] for each in found] == handed_out
    assert [each["message"]["text"] for each in again] == left


async def test_a_long_poll_answers_as_soon_as_something_happens(sandbox: Sandbox) -> None:
    """A poll that waits up to 50 seconds comes back with the first words that are said."""
    poll = asyncio.create_task(sandbox.updates(timeout=50))
    await asyncio.sleep(0.05)
    assert not poll.done()

    await sandbox.do("say", user=ALEX, text="hello")

    assert [each["message"]["text"] for each in await poll] == ["hello"]


async def test_the_newcomer_wins_when_two_poll(sandbox: Sandbox) -> None:
    """The older of two polls is ended with Telegram's conflict, the newer one is served."""
    older = asyncio.create_task(sandbox.call("getUpdates", timeout=50))
    await asyncio.sleep(0.05)
    newer = asyncio.create_task(sandbox.updates(timeout=50))

    ended = await older
    await sandbox.do("say", user=ALEX, text="hello")

    assert (ended["error_code"], ended["description"]) == (
        409,
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running",
    )
    assert len(await newer) == 1


async def test_polling_and_a_webhook_exclude_each_other(sandbox: Sandbox) -> None:
    """A webhook ends the poll under way and refuses the next one, until it is deleted."""
    poll = asyncio.create_task(sandbox.call("getUpdates", timeout=50))
    await asyncio.sleep(0.05)

    await sandbox.call("setWebhook", url="http://127.0.0.1:9/telegram")
    ended, refused = await poll, await sandbox.call("getUpdates")
    await sandbox.call("deleteWebhook")

    assert ended["description"] == "Conflict: terminated by setWebhook request"
    assert refused["description"] == (
        "Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first"
    )
    assert await sandbox.updates() == []


async def test_the_kinds_of_updates_a_bot_asks_for_are_remembered(sandbox: Sandbox) -> None:
    """Taps alone are asked for once; words said later never arrive; an empty list means all."""
    await sandbox.do("say", user=ALEX, text="before")
    await sandbox.updates(allowed_updates=["callback_query"])
    await sandbox.do("say", user=ALEX, text="unheard")
    await sandbox.do("tap", user=ALEX, message_id=1, data="yes")
    kinds = [sorted(set(each) - {"update_id"}) for each in await sandbox.updates()]
    await sandbox.updates(allowed_updates=[])
    await sandbox.do("say", user=ALEX, text="heard")

    assert kinds == [["message"], ["callback_query"]]
    assert (await sandbox.updates())[-1]["message"]["text"] == "heard"


# (what happens, how long Telegram keeps it in seconds)
KEPT: list[tuple[str, dict[str, Any], int]] = [
    ("say", {"text": "hello"}, DAY),
    ("tap", {"message_id": 1, "data": "yes"}, 150),
    ("block", {}, DAY),
]


@pytest.mark.parametrize(("act", "wish", "seconds"), KEPT)
async def test_telegram_forgets_what_nobody_fetches(
    sandbox: Sandbox, act: str, wish: dict[str, Any], seconds: int
) -> None:
    """Words and blocks wait a day, taps 150 seconds, on the sandbox's clock."""
    await sandbox.do(act, user=ALEX, **wish)

    await sandbox.do("clock", offset_seconds=seconds - 5)
    assert len(await sandbox.updates()) == 1
    await sandbox.do("clock", offset_seconds=seconds + 5)
    assert await sandbox.updates() == []


async def test_an_injected_update_arrives_even_with_an_old_number(sandbox: Sandbox) -> None:
    """A duplicate of a confirmed update is handed out once more, then confirmed like any other."""
    await sandbox.do("say", user=ALEX, text="hello")
    (first,) = await sandbox.updates()
    await sandbox.do("raw", update=first)

    duplicate = await sandbox.updates(offset=FIRST + 1)

    assert duplicate == [first]
    assert await sandbox.updates(offset=FIRST + 1) == []


async def test_an_update_of_the_past_comes_again_under_its_number_or_a_new_one(
    sandbox: Sandbox,
) -> None:
    """As after an answer that was lost, and as a phone sends the same tap a second time."""
    await sandbox.do("say", user=ALEX, text="hello")
    (first,) = await sandbox.updates()
    assert await sandbox.updates(offset=FIRST + 1) == []

    await sandbox.do("again", update_id=FIRST)
    await sandbox.do("again", update_id=FIRST, as_new=True)

    same, new = await sandbox.updates()
    assert same == first
    assert new == {**first, "update_id": FIRST + 1}
    past = (await sandbox.see("updates"))["updates"]
    assert [each["update"] for each in past] == [first, same, new]
    assert [each["confirmed"] for each in past] == [True, False, False]


async def test_two_updates_on_their_way_change_places(sandbox: Sandbox) -> None:
    """The numbers go on counting up; what has been handed out stays where it is."""
    for word in WORDS[:3]:
        await sandbox.do("say", user=ALEX, text=word)

    assert (await sandbox.do("swap"))["swapped"] == [FIRST + 1, FIRST + 2]

    found = await sandbox.updates()
    assert [each["message"]["text"] for each in found] == ["one", "three", "two"]
    assert [each["update_id"] for each in found] == [FIRST, FIRST + 1, FIRST + 2]
    assert (await sandbox.do("swap"))["swapped"] == []
