"""The commands for the secret keys: a new one, what is under which, and an old one's last day."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bot.app import open_store
from bot.app.key_report import key_lines
from bot.clock import Clock
from bot.keys import new_key
from bot.service import rekeying
from bot.service.rekeying import KeyReport
from bot.service.spool import FOLDER
from bot.settings import BadSetting, Settings, load
from bot.store.errors import BadDatabase
from bot.store.store import Store

keys = typer.Typer(no_args_is_help=True, help="Make secret keys, and take old ones out of use.")


def add_to(app: typer.Typer) -> None:
    """Give these commands to the program."""
    app.add_typer(keys, name="keys")


@keys.command("new")
def new() -> None:
    """Print a new key for SECRET_KEYS."""
    print(new_key())


@keys.command("report")
def report() -> None:
    """Say what is under which key; exit status 1 if anything is under an old one."""
    settings = load()
    with _opened(settings) as store:
        found = _look(store, settings)
    _end_with(found)


@keys.command("rotate")
def rotate() -> None:
    """Put everything under the first key while the service runs; exit status 1 if some is left."""
    settings = load()
    with _opened(settings) as store:
        _check_order(_look(store, settings))
        now, spool = Clock(settings.clock_offset_file).now(), settings.data_dir / FOLDER
        found = rekeying.rotate(store, settings.database, spool, now, _tell)
    _end_with(found)


def _look(store: Store, settings: Settings) -> KeyReport:
    now, spool = Clock(settings.clock_offset_file).now(), settings.data_dir / FOLDER
    return store.read_now(rekeying.report, settings.database, spool, now)


def _check_order(found: KeyReport) -> None:
    for number, names in found.elsewhere.items():
        msg = (
            f"Process {number} still seals with the key {names[0]}, so nothing was rotated: put"
            f" {found.first} first in its SECRET_KEYS too, and restart it"
        )
        raise BadDatabase(msg)


def _tell(table: str, rows: int) -> None:
    print(f"  {table}: {rows}", file=sys.stderr, flush=True)


def _end_with(found: KeyReport) -> None:
    print("\n".join(key_lines(found)))
    if found.old:
        raise typer.Exit(1)


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    if not settings.keys:
        raise BadSetting("SECRET_KEYS", "SECRET_KEYS is missing: make one with `paceful keys new`.")
    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()
