"""With wrong settings the bot does not start, and says in one sentence which one to mend."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.keys import new_key
from bot.sandbox.world import TOKEN
from bot.store.replicas import unserved
from tests.journeys.databases import change, copy_of, file_in
from tests.journeys.processes import ROOT
from tests.journeys.world import World

STRANGER = f"7000000002:{'Stranger':0<35}"
SHORT = "c2hvcnQ"
REFUSALS = [
    ("BOT_TOKEN", {"BOT_TOKEN": "7000000001:hush"}),
    ("BOT_TOKEN", {"BOT_TOKEN": f'"{TOKEN}"'}),
    ("BOT_TOKEN", {"BOT_TOKEN": STRANGER}),
    ("SECRET_KEYS", {"SECRET_KEYS": ""}),
    ("SECRET_KEYS", {"SECRET_KEYS": SHORT}),
    ("WEBHOOK_SECRET", {"WEBHOOK_URL": "https://bot.example.org/telegram"}),
    ("WEBHOOK_SECRET", {"WEBHOOK_URL": "https://bot.example.org/t", "WEBHOOK_SECRET": "hush hush"}),
    ("DATABASE_URL", {"DATABASE_URL": "mysql://root:hush-hush@localhost/paceful"}),
    ("TIME_ZONE", {"TIME_ZONE": "Mars/Olympus"}),
    ("CARE_TEAM_HOURS", {"CARE_TEAM_HOURS": "whenever"}),
    ("ENROLMENT", {"ENROLMENT": "sometimes"}),
    ("HTTP_PORT", {"HTTP_PORT": "99999"}),
]


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which the bot has run before, and its database is there."""
    world = World.begins(tmp_path_factory.mktemp("refusals"))
    world.bot.stops()
    yield world
    world.ends()


@pytest.mark.parametrize(("name", "wrong"), REFUSALS, ids=[str(list(w)) for _, w in REFUSALS])
def test_a_wrong_setting_is_named_in_one_sentence(
    world: World, name: str, wrong: dict[str, str]
) -> None:
    """Exit status 2, the setting's name, and nothing of what it was set to."""
    assert is_refused(world, name, **wrong)


def test_a_port_that_somebody_else_uses_is_named(world: World) -> None:
    """Two services on one port cannot be."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert is_refused(world, "HTTP_PORT", HTTP_PORT=str(taken.getsockname()[1]))


def test_a_second_service_on_the_same_file_is_refused(world: World, tmp_path: Path) -> None:
    """It says what to do; this process holds the file here as a service does."""
    file = file_in(tmp_path)
    with unserved(file):
        assert is_refused(world, "stop that one first", DATABASE_URL=file)


def test_other_keys_than_the_databases_own_are_refused(world: World) -> None:
    """Rather than a database half of which nobody can read."""
    assert is_refused(world, "SECRET_KEYS", SECRET_KEYS=new_key())


def test_a_database_of_a_later_version_is_refused(world: World, tmp_path: Path) -> None:
    """An older program would not know what it does not see, unless the later one vouches for it."""
    newer = copy_of(world.bot.settings["DATABASE_URL"], tmp_path)
    change(
        newer,
        "UPDATE alembic_version SET version_num = '9999'",
        "UPDATE marks SET value = '9999' WHERE name = 'schema.works_with'",
    )

    assert is_refused(world, "newer", DATABASE_URL=newer)


def test_a_database_that_is_gone_while_messages_wait_is_asked_for(
    world: World, tmp_path: Path
) -> None:
    """A new one in its place would know nobody who wrote them; without a spool it is made."""
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "00000001.jsonl").write_bytes(b"")

    assert is_refused(
        world,
        "DATA_DIR/spool",
        DATA_DIR=str(tmp_path),
        DATABASE_URL=file_in(tmp_path),
    )


def test_no_content_or_broken_content_is_refused(world: World, tmp_path: Path) -> None:
    """Each mistake with its file, before any patient meets it."""
    broken, empty = tmp_path / "broken", tmp_path / "empty"
    shutil.copytree(ROOT / "content", broken)
    lesson = broken / "lessons" / "cbt" / "01-loop.yaml"
    lesson.write_text(lesson.read_text().replace("minutes: ", "minutes: about ", 1))
    empty.mkdir()

    assert is_refused(world, "01-loop.yaml", CONTENT_DIR=str(broken))
    assert is_refused(world, "CONTENT_DIR", CONTENT_DIR=str(empty))
    assert is_refused(world, "CONTENT_DIR", CONTENT_DIR=str(tmp_path / "missing"))


def is_refused(world: World, name: str, **wrong: str) -> bool:
    """Whether the bot ends with status 2 and one sentence that holds this name and no secret."""
    before, settings = world.bot.settings, {**world.bot.settings, **wrong}
    world.bot.settings = settings
    try:
        done = world.bot.runs("run")
    finally:
        world.bot.settings = before
    said = [line for line in done.stderr.splitlines() if " INFO " not in line]
    secrets = ("BOT_TOKEN", "SECRET_KEYS", "WEBHOOK_SECRET", "DATABASE_URL")
    values = [value for key in secrets if len(value := settings.get(key, "")) > len(SHORT) - 1]
    assert done.returncode == 2, done.stderr
    assert not done.stdout
    assert name in done.stderr
    assert len(said) == 1, said
    assert not [
        value for value in values if value in done.stderr and value != before.get("DATABASE_URL")
    ]
    return True
