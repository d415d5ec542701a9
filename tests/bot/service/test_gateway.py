"""Every answer of a Bot API server, or of something that stands in its way, becomes a verdict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from telegram import Bot

from bot.service.post import Bubble, Doubtful, Gone, Later, Moved, Refused, Sent, Verdict
from bot.telegram.gateway import Telegram, open_bot

TOKEN = f"7000000002:{'Verdicts':0<35}"
PROXY = b"<html><h1>403 Forbidden</h1>Blocked by the user policy of this network</html>"


def error(code: int, words: str, **parameters: int) -> bytes:
    """An error in the shape of the Bot API."""
    told = {"ok": False, "error_code": code, "description": words}
    return orjson.dumps({**told, "parameters": parameters} if parameters else told)


BLOCKED = "Forbidden: bot was blocked by the user"
DEACTIVATED = "Forbidden: user is deactivated"
KICKED = "Forbidden: bot was kicked from the group chat"
KICKED_SUPER = "Forbidden: bot was kicked from the supergroup chat"
NOT_IN_IT = "Forbidden: bot is not a member of the supergroup chat"
DELETED = "Forbidden: the group chat was deleted"
UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"
SUPERGROUP = -1_001_234_567_890
# (status, body, verdict); a status of 0 hangs up without an answer
TABLE: list[tuple[int, bytes, Verdict]] = [
    (403, error(403, BLOCKED), Gone(BLOCKED)),
    (403, error(403, DEACTIVATED), Gone(DEACTIVATED)),
    (400, error(400, "Bad Request: chat not found"), Gone("Chat not found")),
    (403, error(403, KICKED), Gone(KICKED)),
    (403, error(403, KICKED_SUPER), Gone(KICKED_SUPER)),
    (403, error(403, NOT_IN_IT), Gone(NOT_IN_IT)),
    (403, error(403, DELETED), Gone(DELETED)),
    (400, error(400, UPGRADED, migrate_to_chat_id=SUPERGROUP), Moved(str(SUPERGROUP))),
    # not Telegram's own words: nobody has left because of these
    (403, error(403, "Forbidden"), Later(30)),
    (403, error(403, "Forbidden: the quota of this gateway is used up"), Later(30)),
    (403, b"<html><h1>403 Forbidden</h1>nginx</html>", Later(30)),
    (403, b"", Later(30)),
    (403, PROXY, Later(30)),
    # our mistake
    (400, error(400, "Bad Request: message is too long"), Refused("Message is too long")),
    (400, error(400, "Bad Request: message is not modified"), Sent()),
    # wait, and it is no attempt
    (429, error(429, "Too Many Requests: retry after 7", retry_after=7), Later(7, counts=False)),
    (401, error(401, "Unauthorized"), Later(30, counts=False)),
    (409, error(409, "Conflict: terminated by other request"), Later(30, counts=False)),
    # nobody knows
    (500, error(500, "Internal Server Error"), Doubtful()),
    (502, b"<html>Bad Gateway</html>", Doubtful()),
    (200, b"<html>Please log in to this network</html>", Doubtful()),
    (0, b"", Doubtful()),
]


@asynccontextmanager
async def answering(status: int, body: bytes) -> AsyncIterator[str]:
    """The address of a server that answers everything with this."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"length" in line
        )
        await reader.readexactly(length)
        if status:
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def bot_at(url: str) -> AsyncIterator[Bot]:
    """A bot that talks to this address, without asking first who it is."""
    bot = open_bot(TOKEN, url)
    await bot.request.initialize()
    try:
        yield bot
    finally:
        await bot.request.shutdown()


# what it will be in the next major version is understood already
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
@pytest.mark.parametrize(("status", "body", "verdict"), TABLE)
async def test_each_answer_has_its_verdict(status: int, body: bytes, verdict: Verdict) -> None:
    """Only Telegram's own words say that someone has left; a page of a proxy never does."""
    async with answering(status, body) as url, bot_at(url) as bot:
        assert await Telegram(bot).bubble("1001", Bubble(text="hello")) == verdict


async def test_a_message_that_arrived_is_known_by_its_number() -> None:
    """Its buttons are taken off by that number later."""
    chat = {"id": 1001, "type": "private"}
    result = {"message_id": 41, "date": 1_800_000_000, "chat": chat, "text": "hello"}
    sent = orjson.dumps({"ok": True, "result": result})
    async with answering(200, sent) as url, bot_at(url) as bot:
        assert await Telegram(bot).bubble("1001", Bubble(text="hello")) == Sent(41)


async def test_a_call_that_never_left_is_no_attempt() -> None:
    """Nobody listens: it surely did not arrive, and may be tried for ever."""
    async with answering(200, b"") as url:
        pass
    async with bot_at(url) as bot:
        assert await Telegram(bot).bubble("1001", Bubble(text="hello")) == Later(2, counts=False)
