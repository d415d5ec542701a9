"""Bots on aiogram: an echo, and a count for each person kept in memory, in SQLite or in Redis."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import Message

from tests.benchmarks.peers.sqlite_storage import SqliteStorage


class Talk(StatesGroup):
    """Where somebody is."""

    talking = State()


async def echo(message: Message) -> None:
    """Say it back."""
    await message.answer(message.text)


async def begin(message: Message, state: FSMContext) -> None:
    """The first message: the conversation begins."""
    await state.set_state(Talk.talking)
    await count(message, state)


async def count(message: Message, state: FSMContext) -> None:
    """Say it back, and keep how often that was: one write for each message."""
    turns = await state.get_value("turns", 0)
    await state.set_data({"turns": turns + 1})
    await message.answer(message.text)


def storage(kind: str) -> BaseStorage:
    """Where states are kept."""
    match kind:
        case "sqlite":
            return SqliteStorage(Path(os.environ["DATA_DIR"]) / "states.sqlite3")
        case "redis":
            from aiogram.fsm.storage.redis import RedisStorage
            from redis.asyncio import BlockingConnectionPool, Redis

            # its usual pool raises when two hundred chats want a connection at once
            pool = BlockingConnectionPool.from_url(os.environ["REDIS_URL"], max_connections=50)
            return RedisStorage(Redis(connection_pool=pool))
        case _:
            return MemoryStorage()


def dispatcher(kind: str) -> Dispatcher:
    """The bot of that kind."""
    made = Dispatcher(storage=storage(kind))
    if kind == "echo":
        made.message.register(echo)
    else:
        made.message.register(count, Talk.talking)
        made.message.register(begin)
    return made


async def main(kind: str) -> None:
    """Poll until ended."""
    api = TelegramAPIServer.from_base(os.environ["BOT_API_URL"])
    bot = Bot(os.environ["BOT_TOKEN"], session=AiohttpSession(api=api))
    await dispatcher(kind).start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
