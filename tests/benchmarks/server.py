"""A lean Bot API server in a process of its own, which plays the chats and counts the answers."""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import orjson

from tests.benchmarks.chats import Crowd, Script, Tally, buttons_of
from tests.benchmarks.line import Line, Reply
from tests.benchmarks.processes import cpu_seconds, memory

Json = dict[str, Any]
ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
WEBHOOK = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
SENDS = frozenset({"sendMessage", "sendPhoto", "sendDocument"})
SHOWS_MESSAGE = SENDS | {"editMessageText", "editMessageReplyMarkup", "editMessageCaption"}
DATE = 1_800_000_000
_TRUE = b'{"ok":true,"result":true}'


class Twin:
    """Telegram as a bot sees it: updates to fetch, messages to send, and nothing checked."""

    def __init__(self) -> None:
        self._pending: deque[Json] = deque()
        self._next_update, self._next_message = 1, 1
        self._poll: tuple[Reply, int] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.first_poll: float | None = None
        self.polled = asyncio.Event()
        self.crowd: Crowd | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def asked(self, path: str, given: Mapping[str, Any], reply: Reply) -> None:
        """Answer one call of the bot's, or one of the benchmark's own."""
        method = path.rpartition("/")[2]
        if method == "getUpdates":
            self._fetched(given, reply)
        elif path.startswith("/play"):
            self._starts(self._play(given, reply))
        elif path.startswith("/seen"):
            reply(orjson.dumps({"first_poll": self.first_poll}))
        else:
            self._called(method, given, reply)

    def push(self, update: Json) -> None:
        """Put an update where the bot fetches it, at once if it waits for one."""
        self._pending.append({"update_id": self._next_update, **update})
        self._next_update += 1
        if self._poll is not None and len(self._pending) == 1:
            # all that happens in this moment goes out together
            asyncio.get_running_loop().call_soon(self._hand_out)

    def _called(self, method: str, given: Mapping[str, Any], reply: Reply) -> None:
        if self.crowd is not None:
            self.crowd.tally.calls += 1
        if method not in SHOWS_MESSAGE:
            reply(_other(method))
            return
        chat = int(given["chat_id"])
        number = int(given.get("message_id") or self._next_message)
        self._next_message += method in SENDS
        reply(_shown(chat, number, method, given))
        if method in SENDS and self.crowd is not None:
            self.crowd.told(chat, number, buttons_of(given.get("reply_markup")))

    def _fetched(self, given: Mapping[str, Any], reply: Reply) -> None:
        if self.first_poll is None:
            self.first_poll = time.monotonic()
        self.polled.set()
        offset = int(given.get("offset") or 0)
        while self._pending and self._pending[0]["update_id"] < offset:
            self._pending.popleft()
        self._poll = reply, int(given.get("limit") or 100)
        if self._pending or not int(given.get("timeout") or 0):
            self._hand_out()
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(float(given["timeout"]), self._hand_out)

    def _hand_out(self) -> None:
        if self._poll is None:
            return
        (reply, limit), self._poll = self._poll, None
        if self._timer is not None:
            self._timer.cancel()
        some = [self._pending[place] for place in range(min(limit, len(self._pending)))]
        reply(orjson.dumps({"ok": True, "result": some}))

    def _starts(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _play(self, given: Mapping[str, Any], reply: Reply) -> None:
        await self.polled.wait()
        crowd = Crowd(given["chats"], Script.from_json(given["script"]), self.push)
        self.crowd = crowd
        rate = given.get("rate")
        if rate:
            self._starts(_steadily(crowd, rate, given["warm"] + given["seconds"]))
        else:
            crowd.all_begin()
        await asyncio.sleep(given["warm"])
        reply(orjson.dumps(await _measured(crowd, given["pids"], given["seconds"])))
        self.crowd = None


async def _steadily(crowd: Crowd, rate: float, seconds: float) -> None:
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        crowd.one_begins(due)


async def _measured(crowd: Crowd, pids: Sequence[int], seconds: float) -> Json:
    """What happened in so many seconds from now on, with these processes; memory of the first."""
    crowd.tally = Tally()
    began, bot, own = time.perf_counter(), sum(map(cpu_seconds, pids)), _own_cpu()
    await asyncio.sleep(seconds)
    tally, took = crowd.tally, time.perf_counter() - began
    return {
        "answers": tally.answers,
        "calls": tally.calls,
        "strays": tally.strays,
        "seconds": took,
        "waits": crowd.oldest(),
        "others": len(tally.others),
        "others_took": tally.others[-1] - tally.others[0] if tally.others else 0.0,
        "began": time.monotonic() - took,
        "latencies": sorted(tally.seconds),
        "bot_cpu": sum(map(cpu_seconds, pids)) - bot,
        "server_cpu": _own_cpu() - own,
        **memory(pids[0]),
    }


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _other(method: str) -> bytes:
    match method:
        case "getMe":
            return orjson.dumps({"ok": True, "result": ME})
        case "getWebhookInfo":
            return orjson.dumps({"ok": True, "result": WEBHOOK})
        case _:
            return _TRUE


def _shown(chat: int, number: int, method: str, given: Mapping[str, Any]) -> bytes:
    message: Json = {
        "message_id": number,
        "from": ME,
        "chat": {"id": chat, "type": "private", "first_name": "Alex"},
        "date": DATE,
    }
    if method == "sendPhoto":
        message["photo"] = []
    elif method == "sendDocument":
        message["document"] = {"file_id": "1", "file_unique_id": "1"}
    else:
        message["text"] = given.get("text") or "…"
    return orjson.dumps({"ok": True, "result": message})


async def _serve(port: int) -> None:
    twin = Twin()
    server = await asyncio.get_running_loop().create_server(lambda: Line(twin), "127.0.0.1", port)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve until killed; the address goes to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    # not everywhere there: without it the server is slower, and says so by its idle share
    loop = import_module("uvloop").new_event_loop if find_spec("uvloop") else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_serve(given.port))


if __name__ == "__main__":
    main()
