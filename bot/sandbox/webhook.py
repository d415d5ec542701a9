"""Deliveries to the bot's webhook, repeated until they succeed or are forgotten."""

import asyncio
import time
from typing import Any

import httpx
import orjson

from bot.sandbox.updates import Waiting
from bot.sandbox.world import Trouble, Webhook, World

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
LONGEST_WAIT = 60.0
READ_SECONDS = 60.0


class Deliveries:
    """What is on its way to the webhook: one update at a time in every lane."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._busy: set[str] = set()

    async def run(self) -> None:
        """Deliver whenever something waits, until the world closes."""
        timeout = httpx.Timeout(READ_SECONDS, connect=10)
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            while not self._world.closing.is_set():
                self._start(client, group)
                await self._world.updates.news.wait(self._patience())

    def _start(self, client: httpx.AsyncClient, group: asyncio.TaskGroup) -> None:
        hook = self._world.webhook
        if hook is None:
            return
        for update in self._world.updates.heads():
            if len(self._busy) >= hook.connections:
                return
            if update.lane not in self._busy and update.not_before <= time.monotonic():
                self._busy.add(update.lane)
                group.create_task(self._deliver(client, hook, update))

    def _patience(self) -> float:
        if self._world.webhook is None:
            return 1.0
        nexts = [u.not_before for u in self._world.updates.heads() if u.lane not in self._busy]
        return min(max(min(nexts, default=1e12) - time.monotonic(), 0.005), 1.0)

    async def _deliver(self, client: httpx.AsyncClient, hook: Webhook, update: Waiting) -> None:
        words = await self._post(client, hook, update)
        self._busy.discard(update.lane)
        if words is None:
            self._world.updates.forget(update)
            return
        update.not_before = time.monotonic() + self._pause(update.tries)
        update.tries += 1
        self._world.trouble = Trouble(int(self._world.clock.now()), words)
        self._world.updates.news.give()

    def _pause(self, tries: int) -> float:
        # The first repeat comes at once, then each waits twice as long as the one before.
        seconds = min(2.0 ** (tries - 1), LONGEST_WAIT) if tries else 0.0
        return seconds * self._world.webhook_pace

    async def _post(self, client: httpx.AsyncClient, hook: Webhook, update: Waiting) -> str | None:
        """What went wrong, or None when the bot has taken the update."""
        if self._world.network_back_in() > 0:
            return "Connection reset by peer"
        headers = {
            "Content-Type": "application/json",
            **({SECRET: hook.secret} if hook.secret else {}),
        }
        try:
            answer = await client.post(hook.url, content=orjson.dumps(update.body), headers=headers)
        except httpx.TimeoutException:
            return "Read timeout expired"
        except (httpx.HTTPError, httpx.InvalidURL):
            return "Connection refused"
        if not answer.is_success:
            return f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        self._refuse_call_in_answer(answer)
        return None

    def _refuse_call_in_answer(self, answer: httpx.Response) -> None:
        if _names_a_method(answer):
            self._world.refusals.append("webhook: a call in the answer is not spoken here")


def _names_a_method(answer: httpx.Response) -> bool:
    try:
        said: Any = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and "method" in said
