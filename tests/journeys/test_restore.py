"""The drill: a clinic lives, is backed up, lives on, is lost, and comes back from its backup."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.store import nudges, people
from bot.store.unit import Unit
from tests.journeys.conftest import NewWorld
from tests.journeys.databases import lose, make_room
from tests.journeys.people import Person
from tests.journeys.scripts import WELCOME, onboarding
from tests.journeys.team import name_of
from tests.journeys.world import World

RESTORED = "We had to go back to an older copy"
MEANWHILE = tuple(f"something {number}" for number in range(4))


def test_a_clinic_comes_back_from_its_backup(new_world: NewWorld, tmp_path: Path) -> None:
    """No old nudge again, who was erased stays so, new buttons are stale, and everyone is told."""
    world, file = new_world(COUNTRY="CA"), tmp_path / "monday.backup"
    lee = world.clinician("Dr Lee")
    ann, bea = world.patient("Ann Exampleton"), world.patient("Bea Exampleton")
    ann.rushes(*onboarding())
    ann.sees()
    bea.answers(*WELCOME)
    erased = name_of(world, bea)

    # under load: these are being handled while the backup is made
    ann.rushes(*MEANWHILE)
    backed_up = world.bot.runs("backup", str(file))
    assert backed_up.returncode == 0, backed_up.stderr
    assert "is whole" in backed_up.stdout

    world.until_quiet()
    turn = turn_of(world, ann)
    ann.answers("/menu", "/flare")
    newer = ann.everything().bubbles[-1]
    assert newer.buttons
    cleo = world.patient("Cleo Exampleton")
    cleo.answers(*WELCOME)
    gone = world.bot.runs("erase", erased, "--reason", "asked for it", "--yes", erased)
    assert gone.returncode == 0, gone.stderr
    assert any(f"{erased} was erased" in text.replace("**", "") for text in lee.sees().texts)
    due = next_due(world, ann)

    world.bot.dies()
    said = lose(world.bot.settings["DATABASE_URL"])
    world.lets_pass(timedelta(days=2))
    refused = world.bot.runs("migrate")
    assert refused.returncode == 2
    assert [words for words in said if words not in refused.stderr] == []
    make_room(world.bot.settings["DATABASE_URL"])
    restored = world.bot.runs("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert "holds: 2 patients" in restored.stdout
    assert "erased again: 1; the list knows 1" in restored.stdout

    world.bot.starts()
    world.skips(hours=1)

    assert any("A backup was put back" in text for text in lee.sees().texts)
    told = ann.sees().texts
    assert [RESTORED in text for text in told].count(True) == 1
    state = world.kept(ann).records.patient
    assert state.turn > turn + 1000
    assert reason_of(world, ann, due) == "restored"
    ann.taps_on(newer, newer.labels[0])
    ann.until_quiet()
    assert world.kept(ann).records.patient.phase == state.phase
    assert ann.toasts(), "the old button is answered, politely"
    ann.says("/menu")
    assert ann.sees().texts

    assert world.read(pseudonyms)[erased] == "withdrawn"
    bea.says("hello")
    bea.until_quiet()
    assert name_of(world, bea) != erased
    assert len(world.read(pseudonyms)) == 3
    cleo.says("/start")
    cleo.until_quiet()
    assert world.kept(cleo).records.patient.phase == "consenting"


def turn_of(world: World, person: Person) -> int:
    """At which turn the patient is."""
    return world.kept(person).records.patient.turn


def next_due(world: World, person: Person) -> str:
    """The key of the reminder that waits for the patient."""
    number = world.kept(person).records.patient.id
    waiting = [
        each for each in world.read(lambda unit: nudges.of_patient(unit, number))
        if each.state == "waiting" and each.key.startswith("day:")
    ]  # fmt: skip
    return waiting[-1].key


def reason_of(world: World, person: Person, key: str) -> str | None:
    """Why that reminder was not sent."""
    number = world.kept(person).records.patient.id
    found = world.read(lambda unit: nudges.of_patient(unit, number))
    return next(each.reason for each in found if each.key == key)


def pseudonyms(unit: Unit) -> dict[str, str]:
    """Everybody's pseudonym, and the phase they are in."""
    return {each.pseudonym: each.phase for each in people.patients(unit, 99)}
