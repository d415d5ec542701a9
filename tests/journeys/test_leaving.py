"""A clinician leaves while the service runs; the audit is checked; the log has told nobody's words.

One installation with the log at DEBUG, in which a fault is made to happen as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bot.service import auditing
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import WELCOME
from tests.journeys.team import Page, puts_on_rota
from tests.journeys.world import World

NEED = "I want to die, and the cello is sold"
STUMBLES = "xylophone canary in the middle of a fault"
REFUSES = """CREATE TRIGGER refuses BEFORE INSERT ON turns
    BEGIN SELECT RAISE(ABORT, 'no turn is kept'); END"""


@dataclass
class Team:
    """A lead, a clinician who is to leave, a patient, and the pages of the two."""

    world: World
    lead: Person
    lee: Person
    patient: Person
    leads: Page
    lees: Page


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """The clinician has the patient's alert, the patient, a place on the rota, and a draft."""
    folder = tmp_path_factory.mktemp("leaving")
    file = f"sqlite:///{folder / 'paceful.sqlite3'}"
    world = World.begins(folder, LOG_LEVEL="DEBUG", DATABASE_URL=file)
    lead, lee = world.clinician("Lead Low", "lead"), world.clinician("Doctor Leander Exampleton")
    patient = world.patient()
    patient.answers(*WELCOME, NEED)
    lees, leads = Page.of(world, lee), Page.of(world, lead)
    puts_on_rota(leads, "Doctor Leander Exampleton")
    assert lees.does("/clinic/alerts/1/take") == "alert-taken"
    name = world.kept(patient).records.patient.pseudonym
    path = f"/clinic/patients/{name}"
    assert lees.does(f"{path}/assign", who="2", once="a") == "assigned"
    assert lees.does(f"{path}/take-over", once="b") == "taken-over"
    lee.says(f"/patients {name}")
    world.until_quiet()
    yield Team(world, lead, lee, patient, leads, lees)
    world.ends()


def test_who_leaves_is_out_at_once_and_what_they_had_is_the_others(team: Team) -> None:
    """The page, chat, rota, caseload, alert and conversation, all by one command."""
    world = team.world
    refused = runs(world, "dismiss", "1")
    done = runs(world, "dismiss", "doctor leander exampleton", "--yes")
    again = runs(world, "dismiss", "Doctor Leander Exampleton", "--yes")
    world.until_quiet()

    assert refused.returncode == 2
    assert "is the last lead" in refused.stderr
    assert done.returncode == 0, done.stderr
    for line in ("alerts given back to the others: 1", "back to the program: 1", "8 shifts"):
        assert line in done.stdout, done.stdout
    assert (again.returncode, "Choose one by the number: 1 Lead Low" in again.stderr) == (2, True)
    assert team.lees.asks("GET", "/clinic/today").status_code == 401
    assert "no longer in this care team" in team.lee.answers("/patients")
    told = team.lead.sees()
    assert "Nobody has this alert any more" in told
    assert "Patients without a clinician now (1)" in told
    shown = team.leads.shows("/clinic/team/2")
    assert "To be handed on" in shown
    assert team.leads.asks("GET", "/clinic/rota").text.count("Doctor Leander") == 0


def test_the_audit_is_whole_until_somebody_changes_it(team: Team) -> None:
    """Its head was kept by itself; after a change of one row the command names that row."""
    world, file = team.world, team.world.bot.folder / "paceful.sqlite3"
    kept = world.bot.folder / auditing.LIST
    world.lets_pass(timedelta(hours=1))
    until(kept.exists, "the head is kept")
    whole, heads = runs(world, "audit", "verify"), auditing.read_heads(kept)
    shown = runs(world, "audit", "head")

    assert whole.returncode == 0, whole.stderr
    assert "whole, head" in whole.stdout
    assert len(heads) == 1
    assert "signature" in shown.stdout
    connection = sqlite3.connect(file)
    with pytest.raises(sqlite3.DatabaseError, match="only ever added to"):
        connection.execute("UPDATE audit SET act = 'x' WHERE id = 3")
    connection.close()
    copied = sqlite3.connect(world.bot.folder / "changed.sqlite3")
    sqlite3.connect(file).backup(copied)
    copied.executescript("DROP TRIGGER audit_no_update; UPDATE audit SET act = 'x' WHERE id = 3")
    copied.close()
    changed = {"DATABASE_URL": f"sqlite:///{world.bot.folder / 'changed.sqlite3'}"}
    found = runs(world, "audit", "verify", **changed)
    assert found.returncode == 1
    assert "entry 3 is not what it was" in found.stderr


def test_the_log_at_its_loudest_tells_nobodys_words_or_secrets(team: Team) -> None:
    """Not even when a message could not be handled, with its trace in the log."""
    world = team.world
    file = sqlite3.connect(world.bot.folder / "paceful.sqlite3", isolation_level=None)
    file.execute(REFUSES)
    team.patient.says(STUMBLES)
    until(lambda: "could not be handled" in log_of(world), "the fault is in the log")
    until(lambda: bool(rows(file, "SELECT 1 FROM inbox WHERE outcome = 'dead'")), "it is aside")
    file.execute("DROP TRIGGER refuses")
    file.close()
    world.bot.stops()

    log, settings = log_of(world), world.bot.settings
    assert "Traceback" in log
    assert "DEBUG" in log or "INFO" in log
    names = {each.name for each in world.people} | {"Leander", "Lead Low", "sandbox_bot"}
    numbers = {str(each.number) for each in world.people}
    cookies = {value for page in (team.leads, team.lees) for value in page.cookies.values()}
    secrets = {settings["SECRET_KEYS"], settings["BOT_TOKEN"], settings["BOT_TOKEN"].split(":")[1]}
    said = {text for each in world.people for text in each.words if len(text) > 12}
    assert {NEED, STUMBLES} <= said
    assert cookies
    told = [each for each in names | numbers | cookies | secrets | said if each and each in log]
    assert told == []
    assert "/clinic/enter/" not in log.replace("/clinic/enter/<link>", "")


def runs(world: World, *words: str, **settings: str) -> CompletedProcess[str]:
    """What a command of an operator's said; while it runs, the service does too."""
    return world.bot.runs(*words) if not settings else _otherwise(world, words, settings)


def _otherwise(
    world: World, words: tuple[str, ...], changed: dict[str, str]
) -> CompletedProcess[str]:
    before = dict(world.bot.settings)
    world.bot.settings.update(changed)
    try:
        return world.bot.runs(*words)
    finally:
        world.bot.settings.update(before)


def log_of(world: World) -> str:
    """Everything that the service has logged."""
    return Path(world.bot.log).read_text()


def rows(file: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    """What the database answers."""
    return file.execute(query).fetchall()
