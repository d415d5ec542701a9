"""The database is away while somebody is in need: help all the same, and nothing is lost or twice.

The real process, the sandbox's server, real databases that are locked, full, stopped, gone.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import select

from bot.store.tables import inbox
from bot.store.unit import Unit
from tests.journeys.conftest import NewWorld
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import WELCOME
from tests.journeys.world import World

HELP = "please contact one of these now:"
LINES = "9-8-8 Suicide Crisis Helpline"
PAGED = "while our records cannot be used"
RED = "Red: act now"


def file_of(world: World) -> Path:
    """The world's database file."""
    return Path(world.bot.settings["DATABASE_URL"].removeprefix("sqlite:///"))


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Another process writes and does not come to an end."""
    with closing(sqlite3.connect(file_of(world), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def known(world: World, name: str = "Marguerite Exampleton") -> Person:
    """A patient of whom the bot knows who they are."""
    patient = world.patient(name)
    patient.answers(*WELCOME)
    return patient


def outcomes(world: World) -> Counter[str | None]:
    """How often what came from Telegram ended so; None is what still waits."""

    def read(unit: Unit) -> Counter[str | None]:
        query = select(inbox.c.outcome).where(inbox.c.source == "telegram")
        return Counter(unit.connection.execute(query).scalars())

    return world.read(read)


def test_words_of_need_are_answered_while_the_database_is_locked(new_world: NewWorld) -> None:
    """Help and a word to the team at once; afterwards one alert, and each message handled once."""
    world = new_world(COUNTRY="CA")
    lee = world.clinician("Dr Lee")
    ann = known(world)
    world.until_quiet()
    acts = sum(person.acts for person in world.people)
    lee.sees()

    with locked(world):
        ann.says("I want to die")
        until(lambda: HELP in ann.everything(), "the help lines are shown")
        until(lambda: PAGED in lee.everything(), "the team hears of it")
        until(lambda: world.bot.health().get("spool") == 1, "the words lie on the disk")
        assert "spool" in world.bot.health()["reasons"]
        ann.says("hello?")
        until(lambda: world.bot.health().get("spool") == 2, "these lie behind them")

    world.until_quiet()
    assert RED in lee.sees()
    assert [each.rule for each in world.kept(ann).records.alerts] == ["crisis-words"]
    assert world.bot.health()["ok"]
    assert outcomes(world) == {"done": acts + 2}
