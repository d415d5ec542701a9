"""Bots on python-telegram-bot: an echo, one of many at a time, and one that keeps conversations."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

Context = ContextTypes.DEFAULT_TYPE
AT_ONCE = 256
TALKING = 1


async def echo(update: Update, context: Context) -> None:
    """Say it back."""
    await update.message.reply_text(update.message.text)


async def converse(update: Update, context: Context) -> int:
    """Say it back, count it, and stay in the conversation."""
    context.user_data["turns"] = context.user_data.get("turns", 0) + 1
    await update.message.reply_text(update.message.text)
    return TALKING


def application(kind: str) -> Application:
    """The bot of that kind."""
    builder = ApplicationBuilder().token(os.environ["BOT_TOKEN"])
    builder = builder.base_url(os.environ["BOT_API_URL"] + "/bot")
    if kind == "concurrent":
        builder = builder.concurrent_updates(AT_ONCE)
    if kind == "conversation":
        kept = Path(os.environ["DATA_DIR"]) / "conversations"
        builder = builder.persistence(PicklePersistence(filepath=kept))
    built = builder.build()
    built.add_handler(
        _conversation() if kind == "conversation" else MessageHandler(filters.TEXT, echo)
    )
    return built


def _conversation() -> ConversationHandler:
    talk = MessageHandler(filters.TEXT, converse)
    return ConversationHandler([talk], {TALKING: [talk]}, [], name="talk", persistent=True)


if __name__ == "__main__":
    application(sys.argv[1]).run_polling()
