"""`python -m tests.life.broken_bots NAME run` starts the bot with one thing broken on purpose."""

from __future__ import annotations

import importlib
import sys

from bot.cli import main

if __name__ == "__main__":
    # only in this process: everybody else wants the whole bot
    importlib.import_module(f"tests.life.broken_bots.{sys.argv.pop(1)}").breaks()
    main()
