"""The database restarts under the bots' feet, and a new version takes over one by one."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import migrate
from tests.conftest import Server, own_server
from tests.journeys.fleet import Fleet, fleet
from tests.journeys.scripts import PLACE, SUITED, WELCOME

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

READY = (*WELCOME, *PLACE)
MANY = 4
NEXT = '''"""A column that may be empty, and a table of its own.

Revision: 0999
Follows: {head}
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0999", "{head}", None, None
works_with = "{head}"


def upgrade() -> None:
    """What the version before can leave alone."""
    op.add_column("patients", sa.Column("shoe_size", sa.Integer()))
    op.create_table("shoes", sa.Column("id", sa.Integer(), primary_key=True))
'''


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL that nobody else needs."""
    with own_server() as started:
        yield started


@pytest.fixture(scope="module")
def two(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two bots on it."""
    with fleet(tmp_path_factory.mktemp("rolling"), server.create(), 2) as bots:
        yield bots


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "like a power cut"])
def test_postgresql_stops_under_load_and_nothing_is_lost(
    two: Fleet, server: Server, how: signal.Signals
) -> None:
    """Whoever writes before, meanwhile and after has every word handled once."""
    patients = [two.world.patient() for _ in range(MANY)]
    for patient in patients:
        patient.rushes(*READY)

    server.stops(how)
    for patient in patients:
        patient.rushes(*SUITED)
    server.starts()
    for patient in patients:
        patient.says("hello?")
    two.world.until_quiet()

    for patient in patients:
        assert len(two.world.kept(patient).journal) == patient.acts
    two.is_sound()


def test_the_version_before_works_on_while_a_new_one_migrates(
    two: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers on the new tables, and can even be started on them, for one version."""
    patient = two.world.patient()
    patient.rushes(*READY)
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "SCRIPTS", next_version(tmp_path))
        migrate.migrate(two.world.bot.settings["DATABASE_URL"])
    patient.rushes(*SUITED)
    two.world.until_quiet()
    assert two.world.kept(patient).state.phase == "baseline"

    for bot in two.bots:
        bot.stops()
        bot.begins()
        patient.says("hello?")
    two.world.until_quiet()

    assert two.rows("SELECT version_num FROM alembic_version") == [("0999",)]
    assert len(two.world.kept(patient).journal) == patient.acts
    assert all("works on it for now" in bot.log.read_text() for bot in two.bots)
    two.is_sound()


def next_version(folder: Path) -> Path:
    """The migrations as they are once there is a version after this one."""
    steps = shutil.copytree(migrate.SCRIPTS, folder / "migrations")
    head = max(file.name[:4] for file in (steps / "versions").glob("0*.py"))
    steps.joinpath("versions", "0999_shoes.py").write_text(NEXT.format(head=head))
    return steps
