"""Whoever steals the files, the dump or the pages reads nobody's name, words, number or address."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.keys import Vault
from bot.sandbox.supervise import free_port
from bot.service.spool import FOLDER, Spool
from bot.store.inbox import Arrival
from tests.journeys.conftest import NewWorld
from tests.journeys.scripts import PLACE, WELCOME
from tests.journeys.world import World

NAME, CLINICIAN, USERNAME = "Marguerite Exampleton", "Wilhelmina Quistgaard", "marmotta_1954"
ADDRESS, SENTENCE = "quistgaard@hospital.example.org", "a marmot sleeps under my left shoulder"
NEED, LATER = "I want to kill myself, said the marmot", "the marmot woke up while you were away"
PIN = "84620317"


@pytest.fixture
def theft(new_world: NewWorld, tmp_path: Path) -> World:
    """A world in which each of them was written, at least once, wherever it can be."""
    world = new_world(
        # what is stolen is the file itself
        DATABASE_URL=f"sqlite:///{tmp_path / 'world-0' / 'paceful.sqlite3'}",
        LOG_LEVEL="DEBUG",
        SMTP_URL=f"smtp://127.0.0.1:{free_port()}",
        MAIL_FROM="bot@example.org",
        ALERT_MAIL=ADDRESS,
        OPERATOR_MAIL=ADDRESS,
    )
    world.clinician(CLINICIAN)
    ann, bob = world.patient(NAME), world.patient(NAME)
    world.do("users", id=ann.number, first_name=NAME, username=USERNAME, language_code="en")
    ann.rushes(*WELCOME, *PLACE, SENTENCE, NEED)
    bob.rushes("/start", SENTENCE)
    cleo = world.patient(NAME)
    cleo.rushes(*WELCOME, "/pin", PIN, PIN)
    world.until_quiet()
    lock = world.kept(cleo).state.lock
    assert lock is not None
    assert lock.digest
    erased = world.kept(bob).records.patient.pseudonym
    done = world.bot.runs("erase", erased, "--reason", "asked for it", "--yes", erased)
    assert done.returncode == 0, done.stderr
    return world


def spooled(world: World) -> None:
    """Words wait on the disk, as in an outage."""
    settings = world.bot.settings
    spool = Spool(world.bot.folder / FOLDER, Vault([settings["SECRET_KEYS"]]))
    spool.begin()
    spool.add([Arrival("telegram", "1", "digest", "x", LATER, datetime.now(UTC))])
    spool.close()


def canaries(world: World) -> list[str]:
    """Everything that must be found nowhere."""
    numbers = [str(person.number) for person in world.people]
    return [NAME, CLINICIAN, USERNAME, ADDRESS, SENTENCE, NEED, LATER, "marmot", PIN, *numbers]


def forms(words: str) -> Iterator[bytes]:
    """How words may be written somewhere, if they are not sealed."""
    yield from (words.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))
    yield words.encode().hex().encode()
    yield quote(words).encode()
    # what stands before them moves the letters of base64; the ends mix with what is beside them
    for before in range(3):
        coded = b64encode(b"\0" * before + words.encode()).rstrip(b"=")
        yield coded[(0, 2, 3)[before] : -1]


def found(world: World, content: bytes) -> list[str]:
    """Which of the canaries stand there in any form."""
    return [words for words in canaries(world) if any(form in content for form in forms(words))]


def test_no_file_page_or_backup_shows_anything(theft: World) -> None:
    """While the service runs and after it; in every file that it, its commands or an outage wrote.

    The search finds what is no secret, so it would find the rest.
    """
    world, folder = theft, theft.bot.folder
    backup = world.bot.runs("backup", "it.backup")
    assert backup.returncode == 0, backup.stderr
    pages = [world.bot.client.get(f"{world.bot.url}/{page}") for page in ("metrics", "healthz")]
    running = files_of(folder)
    world.bot.stops()
    spooled(world)
    stopped = files_of(folder)

    names = {name for name, _ in chain(running, stopped)}
    wanted = {"-wal", "-shm", ".sqlite3", ".backup", "bot.log", "erased.jsonl", "00000001.jsonl"}
    assert {end for end in wanted if any(name.endswith(end) for name in names)} == wanted
    told = chain(running, stopped, [("page", page.content) for page in pages])
    assert [(name, each) for name, it in told if (each := found(world, it))] == []
    database = next(content for name, content in stopped if name.endswith(".sqlite3"))
    pseudonym = world.kept(world.people[1]).records.patient.pseudonym
    assert all(any(form in database for form in forms(each)) for each in (pseudonym, "consenting"))


def files_of(folder: Path) -> list[tuple[str, bytes]]:
    """Every file there, with its name."""
    return [(each.name, each.read_bytes()) for each in folder.rglob("*") if each.is_file()]
