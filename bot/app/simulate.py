"""A simulated clinic in a database of its own: whole, or not there at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from bot.app.run import open_store, site_for
from bot.keys import Vault
from bot.service.team import care_team
from bot.settings import BadSetting, Settings
from bot.simulation.whole import Summary, Wish, live, summary
from bot.store import people
from bot.store.engine import file_of
from bot.store.store import Store
from bot.store.unit import Unit

TAILS = ("", "-wal", "-shm")


def simulate(settings: Settings, wish: Wish, progress: Callable[[datetime], None]) -> Summary:
    """What the clinic came to that is in the database now; BadSetting if people are in it already.

    A database file gets its name when everything is in it, so that half a clinic is never opened.
    """
    file = file_of(settings.database)
    if file is None or file.exists():
        return _filled(settings, wish, progress)
    making = file.with_name(f"{file.name}.making")
    _remove(making)
    apart = settings.model_copy(update={"database_url": SecretStr(f"sqlite:///{making}")})
    found = _filled(apart, wish, progress)
    making.replace(file)
    return found


def _filled(settings: Settings, wish: Wish, progress: Callable[[datetime], None]) -> Summary:
    site, store = site_for(settings), open_store(settings)
    try:
        _refuse_real_people(store)
        live(store, site, Vault(settings.keys), wish, progress)
        return store.read_now(summary, datetime.min.replace(tzinfo=wish.until.tzinfo))
    finally:
        store.close()


def _refuse_real_people(store: Store) -> None:
    if store.read_now(_has_people):
        sentence = "The database has people in it: a clinic is simulated only in an empty one."
        raise BadSetting("DATABASE_URL", sentence)


def _has_people(unit: Unit) -> bool:
    return bool(people.patients(unit, 1) or care_team(unit))


def _remove(file: Path) -> None:
    for tail in TAILS:
        file.with_name(file.name + tail).unlink(missing_ok=True)
