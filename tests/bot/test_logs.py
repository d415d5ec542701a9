"""A log tells operators what happened and where, and nobody's secrets or words."""

from __future__ import annotations

import ast
import logging
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import BaseModel
from sqlalchemy import text

import bot
from bot.app.logs import Redacting, secrets_of
from bot.keys import new_key
from bot.settings import Settings
from bot.store import engine

TOKEN = "1234567890:AAabcdefghijklmnopqrstuvwxyz_-0123"
KEY, PASSWORD, HOOK = new_key(), "s3cret/of%20the#clinic", "hook-canary-0123456789"
SECRETS = (TOKEN, KEY, PASSWORD, HOOK)
WORDS = "I want to die, said Marguerite"
LINES = [
    f"GET https://api.telegram.org/bot{TOKEN}/getMe",
    f"GET https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg",
    f"GET /bot{quote(TOKEN, safe='')}/getMe",
    f"connect {quote(PASSWORD, safe='')}@db",
    f"connect {PASSWORD}@db",
    f"X-Telegram-Bot-Api-Secret-Token: {HOOK}",
    f"SECRET_KEYS={KEY},{KEY}",
    "GET /clinic/enter/AAcanaryAAcanaryAAcanary HTTP/1.1",
]


def line(
    message: str, *, name: str = "bot.app.run", error: BaseException | None = None, **args: object
) -> str:
    """The line that a log has of this."""
    told = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, "", 1, message, None, told)
    if told:
        # as another handler leaves it that shows everything
        record.exc_text = logging.Formatter().formatException(told)
    return Redacting("%(name)s: %(message)s", SECRETS).format(record)


@pytest.mark.parametrize("written", LINES, ids=range(len(LINES)))
def test_no_secret_stands_in_a_line_however_it_is_written(written: str) -> None:
    """Neither ours nor one of the same shape that is not ours any more."""
    shown = line(written)

    ways = {way for each in SECRETS for way in (each, quote(each, safe=""), "AAcanary")}
    assert not [way for way in ways if way in shown]
    assert "<" in shown
    assert "<token>" in line(f"bot{TOKEN.replace('1234567890', '99887766')}/")


class Form(BaseModel):
    """Something that a patient's words are not."""

    number: int


def mistakes() -> Iterator[BaseException]:
    """Errors of each kind that carry what they stumbled over."""
    for stumble in (
        lambda: int(WORDS),
        lambda: Form.model_validate({"number": WORDS}),
        lambda: dict[str, int]()[WORDS],
        lambda: asked_badly(),
        lambda: raise_group(),
    ):
        try:
            stumble()
        except Exception as error:  # noqa: BLE001 - each is of another kind
            yield error


def asked_badly() -> None:
    """A database is asked for something with the words in it, while another error is handled."""
    try:
        int(WORDS)
    except ValueError:
        source = engine.writing("sqlite:////dev/null/none.sqlite3")
        with source.begin() as connection:
            connection.execute(text(f"SELECT '{WORDS}"))


def raise_group() -> None:
    """Several things failed at once."""
    raise ExceptionGroup(WORDS, [ValueError(WORDS), KeyError(WORDS)])


def test_of_an_error_its_kind_and_its_place_are_told_and_not_its_words() -> None:
    """Errors quote what they stumbled over, and that may be what a patient wrote."""
    told = [line("inbox row 7 could not be handled", error=error) for error in mistakes()]

    assert len(told) == 5
    assert not [each for each in told if "Marguerite" in each]
    assert all("test_logs.py" in each and "inbox row 7" in each for each in told)
    for each, kind in zip(
        told, ("ValueError", "ValidationError", "KeyError", "OperationalError", "ExceptionGroup"),
        strict=True,
    ):  # fmt: skip
        assert kind in each.splitlines()[-1] or "KeyError" in each.splitlines()[-1]
    assert "SQLITE_CANTOPEN" in told[3], "the code says what is wrong with the disk"
    assert "builtins.ValueError\nwhich led to:" in told[3]
    assert sqlite3.sqlite_version


def test_of_what_others_log_only_the_first_line_is_shown() -> None:
    """asyncio writes the error of a task that nobody waited for below it, words and all."""
    shown = line(f"Task exception was never retrieved\nfuture: <Task {WORDS}>", name="asyncio")

    assert shown == "asyncio: Task exception was never retrieved"
    assert line("one\ntwo") == "bot.app.run: one\ntwo"


def test_the_secrets_of_an_installation_are_all_known() -> None:
    """Token, keys, the webhook's secret, and the passwords in two addresses."""
    settings = Settings.model_validate(
        {
            "bot_token": TOKEN,
            "secret_keys": KEY,
            "webhook_secret": HOOK,
            "mail_from": "bot@example.org",
            "database_url": "postgresql://paceful:canary-db@db/paceful",
            "smtp_url": "smtp://paceful:canary-smtp@mail",
        }
    )
    assert set(secrets_of(settings)) == {TOKEN, KEY, HOOK, "canary-db", "canary-smtp"}


SAYS_WHICH = {
    *("kept.id", "row", "mail.id", "post.id", "parcel.post.id", "arrival.external_id"),
    *("found.id", "found.hash", "hash_", "path.name", "LIST"),
    *("type(error).__name__", "error.strerror", "error.error_count()"),
    *("name", "what", "why", "trouble", "tick.isoformat()", "self.in_vain"),
    *("number", "self.term", "run.running or 'nothing'"),
    # whose words are ours: the number of a line, and for whom or which alert a clock ran out
    *("erasing.py: error", "errors.py: what", "visit.clinician.id", "notice"),
    *("len(aside)", "len(results) - len(ours)"),
    # of HTTP
    "verdicts.py: status",
    # rows of contacts and of codes that somebody changed
    *("row.id", "numbers"),
}
"""Everything that our own lines are filled with: ids, counts, names of code and of troubles.

Whoever logs something new reads here first: no words, no names, no number of Telegram's.
"""


def test_our_own_lines_are_filled_with_ids_only() -> None:
    """Each is one fixed sentence, and each value in it is on the list."""
    calls = list(logged())
    values = {
        f"{where}: {ast.unparse(value)}"
        for where, call in calls
        for value in call.args
        if not isinstance(value, ast.Constant)
    }
    assert len(calls) > 40
    assert {
        each for each in values - SAYS_WHICH if each.split(": ", 1)[1] not in SAYS_WHICH
    } == set()


def logged() -> Iterator[tuple[str, ast.Call]]:
    """Every line that our code logs."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    for file in sorted(Path(bot.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=level)) if (
                    level in levels
                ):
                    yield file.name, node


def test_the_last_words_of_a_process_are_a_line_of_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody caught ends the process without quoting anybody."""
    from bot.app import logs

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    logs.set_up("DEBUG", SECRETS)
    error = next(mistakes())

    sys.excepthook(type(error), error, error.__traceback__)

    said = capsys.readouterr().err
    assert "CRITICAL bot.app.logs: the process ends" in said
    assert "Marguerite" not in said
    assert logging.getLogger("httpx").getEffectiveLevel() == logging.WARNING
    logging.captureWarnings(False)
