"""A small bot for these tests, written with python-telegram-bot and run as a real process.

It is started as the product is: `echo_bot.py run`, and `echo_bot.py invite clinician NAME`.
"""

import asyncio
import os
import struct
import sys
import zlib

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, MessageEntity, Update
from telegram import ReplyKeyboardMarkup as Keys

QUESTION = "How is the pain right now?"


async def run() -> None:
    """Answer for ever, one update after the other."""
    api = os.environ["BOT_API_URL"]
    bot = Bot(os.environ["BOT_TOKEN"], f"{api}/bot", f"{api}/file/bot")
    offset = 0
    async with bot:
        await bot.set_my_commands([("start", "Begin"), ("menu", "Choose"), ("progress", "Look")])
        while True:
            for update in await bot.get_updates(offset, timeout=20):
                await answer(bot, update)
                offset = update.update_id + 1


async def answer(bot: Bot, update: Update) -> None:
    """Do what one update asks for."""
    if update.callback_query is not None:
        await tapped(update)
    elif update.message is not None:
        await said(bot, update.message)


async def tapped(update: Update) -> None:
    """Thank for a tap and take the buttons away."""
    query = update.callback_query
    assert query is not None
    await query.answer(f"Noted: {query.data}")
    if isinstance(query.message, Message):
        await query.edit_message_reply_markup(None)
        await query.message.reply_text(f"Thank you, {query.data} it is.")


async def said(bot: Bot, message: Message) -> None:
    """Answer a message by its first word."""
    await bot.send_chat_action(message.chat_id, "typing")
    match (message.text or "").split()[:1]:
        case ["/start"]:
            await greet(bot, message.chat_id)
            await ask(bot, message.chat_id)
        case ["/menu"]:
            keys = Keys([["A lesson", "My progress"], ["Help now"]], resize_keyboard=True)
            await message.reply_text("What would you like?", reply_markup=keys)
        case ["/progress"]:
            await message.reply_photo(drawing(), caption="Your last two weeks.")
            await message.reply_document(b"week,pain\n1,7\n2,5\n", filename="scores.csv")
        case _:
            await message.reply_text(f"You said: {message.text}", do_quote=True)


async def greet(bot: Bot, chat: int) -> None:
    """Say hello in words of every style."""
    text = "Hello, I am Paceful.\nI am a program, not a person. More here, or /menu."
    entities = [
        MessageEntity("bold", text.index("Paceful"), 7),
        MessageEntity("italic", text.index("not"), 12),
        MessageEntity("text_link", text.index("here"), 4, url="https://example.org/"),
    ]
    await bot.send_message(chat, text, entities=entities)


async def ask(bot: Bot, chat: int) -> None:
    """Ask with buttons in three rows."""
    rows = [range(0, 5), range(5, 10), range(10, 11)]
    keyboard = [[InlineKeyboardButton(str(n), callback_data=str(n)) for n in row] for row in rows]
    await bot.send_message(chat, QUESTION, reply_markup=InlineKeyboardMarkup(keyboard))


def drawing() -> bytes:
    """A wide PNG of falling bars."""
    width, height = 480, 260
    rows = b"".join(
        b"\0" + b"".join(pixel(x, y, height) for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in parts)


def pixel(x: int, y: int, height: int) -> bytes:
    """The colour at one point: a bar, or the paper."""
    bar = x % 60 < 40 and y > 40 + (x // 60) * 22
    return b"\x4f\x8a\x8b" if bar and y < height - 20 else b"\xfb\xf9\xf5"


def chunk(kind: bytes, content: bytes) -> bytes:
    """One part of a PNG."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


if __name__ == "__main__":
    if sys.argv[1] == "run":
        asyncio.run(run())
    else:
        sys.stdout.write(f"A code for {sys.argv[3]}:\nCODE-42\n")
