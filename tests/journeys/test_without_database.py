"""The database is away while somebody is in need: help all the same, and nothing is lost or twice.

The real process, the sandbox's server, real databases that are locked, full, stopped, gone.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from bot.store.tables import inbox
from bot.store.unit import Unit
from tests.conftest import name_in
from tests.journeys.conftest import NewWorld
from tests.journeys.databases import file_in, locked, server_of
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import WELCOME
from tests.journeys.world import World

HELP = "please contact one of these now:"
LINES = "9-8-8 Suicide Crisis Helpline"
PAGED = "while our records cannot be used"
RED = "Red: act now"


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

    with locked(world.bot.settings["DATABASE_URL"]):
        ann.says("I want to die")
        until(lambda: HELP in ann.everything(), "the help lines are shown")
        until(lambda: PAGED in lee.everything(), "the team hears of it")
        until(lambda: world.bot.health().get("spool") == 1, "the words lie on the disk")
        assert "spool" in str(world.bot.health()["reasons"])
        ann.says("hello?")
        until(lambda: world.bot.health().get("spool") == 2, "these lie behind them")

    world.until_quiet()
    assert RED in lee.sees()
    assert [each.rule for each in world.kept(ann).records.alerts] == ["crisis-words"]
    assert world.bot.health()["ok"]
    assert outcomes(world) == {"done": acts + 2}


@contextmanager
def full(world: World) -> Iterator[None]:
    """No file of the bot's grows any more: not the database, not the spool, not even the log."""
    process = world.bot.process
    assert process is not None
    _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (64, most))
    yield
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))


@contextmanager
def shut(url: str) -> Iterator[None]:
    """PostgreSQL ends every session on this database, and lets nobody in again."""
    name = name_in(url)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(server_of(url), autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        other.execute(end, [name])
        yield
        other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


WEBHOOK = {"WEBHOOK_URL": "http://127.0.0.1:{port}/telegram", "WEBHOOK_SECRET": "s3cret"}


@pytest.mark.parametrize("way", [WEBHOOK, {}], ids=["webhook", "polling"])
def test_on_a_full_disk_help_is_shown_and_telegram_brings_the_words_again(
    new_world: NewWorld, tmp_path: Path, way: dict[str, str]
) -> None:
    """They are not acknowledged before they are kept, and they are kept once."""
    world = new_world(COUNTRY="CA", DATABASE_URL=file_in(tmp_path), **way)
    ann = known(world)

    with full(world):
        ann.says("I want to die")
        until(lambda: HELP in ann.everything(), "the help lines are shown")
        assert world.see("state")["pending_updates"] == 1

    world.until_quiet()
    assert [each.rule for each in world.kept(ann).records.alerts] == ["crisis-words"]
    assert sum(HELP in words for words in ann.everything().texts) == 1
    assert outcomes(world) == {"done": ann.acts}


@pytest.mark.postgres
def test_words_of_need_are_answered_while_postgresql_lets_nobody_in(
    new_world: NewWorld, postgres_url: str
) -> None:
    """The leader has lost its office with its session, and polls on: nobody else can."""
    world = new_world(COUNTRY="CA", DATABASE_URL=postgres_url)
    lee, ann = world.clinician("Dr Lee"), known(world)
    world.until_quiet()
    acts = sum(person.acts for person in world.people)
    lee.sees()

    with shut(postgres_url):
        ann.says("I want to die")
        until(lambda: HELP in ann.everything(), "the help lines are shown")
        until(lambda: world.bot.health().get("spool") == 1, "the words lie on the disk")
        asked = [bubble for bubble in ann.everything() if bubble.buttons][-1]
        ann.taps_on(asked, asked.buttons[0][0])
        until(lambda: world.bot.health().get("spool") == 2, "and the tap behind them")

    world.until_quiet()
    assert RED in lee.sees()
    assert [each.rule for each in world.kept(ann).records.alerts] == ["crisis-words"]
    assert outcomes(world) == {"done": acts + 2}
