"""Updates are delivered to a webhook in order, with its secret, until they are taken."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.server import Server
from bot.sandbox.supervise import free_port
from tests.bot.sandbox.conftest import ALEX, Sandbox

Json = dict[str, Any]
KIM = 1002


@dataclass
class Receiver:
    """A bot's webhook that answers as told and remembers what it was sent."""

    url: str = ""
    status: Callable[[Json], int] = lambda update: 200
    body: Json = field(default_factory=dict)
    seconds: float = 0.0
    got: list[Json] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    together: int = 0
    most_together: int = 0

    async def take(self, request: Request) -> Response:
        """The answer to one delivery."""
        update = await request.json()
        self.got.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(self.seconds)
        self.together -= 1
        return JSONResponse(self.body, self.status(update))

    def texts(self) -> list[str]:
        """What people said, in the order of delivery."""
        return [update["message"]["text"] for update in self.got]


@contextlib.asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    """The receiver, reachable over HTTP while the block lasts."""
    port = free_port()
    app = Starlette(routes=[Route("/telegram", receiver.take, methods=["POST"])])
    server = Server(uvicorn.Config(app, port=port, log_level="warning", ws="none"))
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    receiver.url = f"http://127.0.0.1:{port}/telegram"
    yield receiver
    server.should_exit = True
    await running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook that takes everything."""
    async with listening(Receiver()) as each:
        yield each


async def until(done: Callable[[], bool]) -> None:
    """Return as soon as something is so; fail if it never is."""
    async with asyncio.timeout(10):
        while True:
            if done():
                return
            await asyncio.sleep(0.01)


async def test_words_are_delivered_with_the_secret(sandbox: Sandbox, receiver: Receiver) -> None:
    """What waited and what comes later both arrive, and nothing is left pending."""
    await sandbox.do("say", user=ALEX, text="waited")
    await sandbox.call("setWebhook", url=receiver.url, secret_token="s3cret")
    await sandbox.do("say", user=ALEX, text="later")
    await until(lambda: len(receiver.got) == 2 and not sandbox.world.updates.waiting())

    info = (await sandbox.call("getWebhookInfo"))["result"]

    assert receiver.texts() == ["waited", "later"]
    assert receiver.secrets == ["s3cret", "s3cret"]
    assert (info["url"], info["pending_update_count"]) == (receiver.url, 0)


async def test_a_refused_update_comes_again_and_holds_up_only_its_own_chat(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    """Alex's first words fail three times; his next ones wait for them; Kim's do not."""
    await sandbox.do("users", id=KIM, first_name="Kim")
    tries: Counter[str] = Counter()

    def fail_three_times(update: Json) -> int:
        text = update["message"]["text"]
        tries[text] += 1
        return 500 if text == "first" and tries[text] <= 3 else 200

    receiver.status = fail_three_times
    await sandbox.call("setWebhook", url=receiver.url)
    await sandbox.do("say", user=ALEX, text="first")
    await sandbox.do("say", user=ALEX, text="second")
    await sandbox.do("say", user=KIM, text="other")
    await until(lambda: not sandbox.world.updates.waiting())

    from_alex = [text for text in receiver.texts() if text != "other"]
    info = (await sandbox.call("getWebhookInfo"))["result"]
    assert from_alex == ["first", "first", "first", "first", "second"]
    assert receiver.texts().index("other") < receiver.texts().index("second")
    assert info["last_error_message"] == (
        "Wrong response from the webhook: 500 Internal Server Error"
    )


async def test_an_update_that_is_never_taken_is_forgotten_after_a_day(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    """The chat goes on once Telegram has given the update up."""
    receiver.status = lambda update: 500 if update["message"]["text"] == "poison" else 200
    await sandbox.call("setWebhook", url=receiver.url)
    await sandbox.do("say", user=ALEX, text="poison")
    await until(lambda: len(receiver.got) >= 2)
    await sandbox.do("clock", offset_seconds=86_410)
    await sandbox.do("say", user=ALEX, text="after")

    await until(lambda: receiver.texts()[-1] == "after")

    assert set(receiver.texts()) == {"poison", "after"}


async def test_no_more_connections_are_used_than_the_bot_allows(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    """Six chats speak at once; two deliveries are under way at most, and at least once two."""
    receiver.seconds = 0.05
    for number in range(6):
        await sandbox.do("users", id=2000 + number, first_name="Someone")
        await sandbox.do("say", user=2000 + number, text="hello")

    await sandbox.call("setWebhook", url=receiver.url, max_connections=2)
    await until(lambda: len(receiver.got) == 6)

    assert receiver.most_together == 2


async def test_a_lost_network_delays_deliveries(sandbox: Sandbox, receiver: Receiver) -> None:
    """Nothing arrives while the network is gone; everything does once it is back."""
    await sandbox.call("setWebhook", url=receiver.url)
    await sandbox.do("network", down_for=60)
    await sandbox.do("say", user=ALEX, text="hello")
    await until(lambda: sandbox.world.trouble.words == "Connection reset by peer")
    assert receiver.got == []

    await sandbox.do("network", down_for=0)

    await until(lambda: receiver.texts() == ["hello"])


async def test_a_call_hidden_in_the_answer_is_refused_loudly(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    """A bot that answers a delivery with a method would never learn what became of it."""
    receiver.body = {"method": "sendMessage", "chat_id": ALEX, "text": "hi"}
    await sandbox.call("setWebhook", url=receiver.url)

    await sandbox.do("say", user=ALEX, text="hello")

    await until(lambda: len(sandbox.world.refusals) == 1)


async def test_pending_updates_can_be_dropped(sandbox: Sandbox) -> None:
    """What waits goes when the webhook is taken away with that wish, and stays without it."""
    await sandbox.do("say", user=ALEX, text="hello")

    await sandbox.call("deleteWebhook")
    kept = await sandbox.updates()
    await sandbox.call("deleteWebhook", drop_pending_updates=True)

    assert (len(kept), await sandbox.updates()) == (1, [])
