"""Logs for operators: one line each, ids only, and never a token."""

from __future__ import annotations

import logging
import re

_TOKEN = re.compile(r"\d{6,}:[\w-]{30,}")
_NOISY = ("alembic", "httpx", "httpcore", "telegram", "transitions", "uvicorn.access")


class Redacting(logging.Formatter):
    """A formatter that blots out anything with the shape of a bot token, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without tokens."""
        return _TOKEN.sub("<token>", super().format(record))


def set_up(level: str) -> None:
    """Log to standard error; libraries that would show updates or addresses are kept quiet."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # a tick that finds the one before it still at work is left out, as it should be
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
