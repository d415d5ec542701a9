"""Logs for operators: ids only. What a secret looks like is blotted out, and errors lose words."""

from __future__ import annotations

import copy
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from types import TracebackType
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from bot.settings import Settings

OURS = "bot"
"""The loggers whose lines are ours: every value in them is an id, a count or a name of code."""

LEAST = 6
"""A shorter secret than this stands in harmless words too."""

_TOKEN = re.compile(r"\d{6,}(?::|%3A)[\w-]{30,}", re.IGNORECASE)
_LINK = re.compile(r"(/clinic/enter/)[\w-]+")
log = logging.getLogger(__name__)


class Redacting(logging.Formatter):
    """A formatter for which an error is its kind and its place: its words may be a patient's."""

    def __init__(self, form: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(form)
        written = sorted({way for each in secrets for way in _ways(each)}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, written))) if written else None

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets; of what others log the first line, which names no value."""
        # another handler may have left the error's words in the record
        own = copy.copy(record)
        own.exc_text = None
        if not (record.name == OURS or record.name.startswith(f"{OURS}.")):
            own.msg, own.args = record.getMessage().partition("\n")[0], ()
        return self._blotted(super().format(own))

    def formatException(self, ei: object) -> str:
        """Where the error and those before it were raised, and of what kind they are."""
        error = ei[1] if isinstance(ei, tuple) else None
        told = _told(error, set()) if isinstance(error, BaseException) else ()
        return "".join(told).rstrip()

    def _blotted(self, line: str) -> str:
        line = _LINK.sub(r"\1<link>", _TOKEN.sub("<token>", line))
        return self._secrets.sub("<secret>", line) if self._secrets else line


def set_up(level: str, secrets: Iterable[str] = ()) -> None:
    """Log to standard error; of what is not ours only warnings, whatever level is wanted."""
    handler = logging.StreamHandler()
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(Redacting(form, secrets))
    wanted = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=max(wanted, logging.WARNING), handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(wanted)
    # a tick that finds the one before it still at work is left out, as it should be
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    sys.excepthook = _ends
    threading.excepthook = _thread_ends


def secrets_of(settings: Settings) -> list[str]:
    """What must stand in no log: the token, the keys, and every password that was given."""
    given = [settings.bot_token, settings.webhook_secret]
    found = [each.get_secret_value() for each in given if each is not None]
    passwords = [_password(each) for each in (settings.database_url, settings.smtp_url)]
    return [*found, *settings.keys, *(each for each in passwords if each)]


def _password(address: SecretStr | None) -> str | None:
    return urlsplit(address.get_secret_value()).password if address is not None else None


def _ways(secret: str) -> set[str]:
    """The secret as it may be written, too."""
    ways = {secret, unquote(secret), quote(secret, safe="")}
    return {way for way in ways if len(way) >= LEAST}


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    if id(error) in seen:
        return
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before, seen)
        yield "which led to:\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}{_code(error)}\n"
    for each in getattr(error, "exceptions", ()):
        yield from _told(each, seen)


def _code(error: BaseException) -> str:
    """The number or short name that says what went wrong, where the error has one."""
    source = getattr(error, "orig", error)
    names = ("sqlstate", "sqlite_errorname", "errno")
    found = next((code for name in names if (code := getattr(source, name, None))), None)
    return f" ({found})" if found is not None else ""


def _ends(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, place)
    else:
        log.critical("the process ends", exc_info=(kind, error, place))


def _thread_ends(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log.critical("a thread ends", exc_info=args.exc_value)
