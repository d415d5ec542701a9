"""The invariants see nothing wrong in a calm world, and each thing that is broken by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.world import TOKEN
from tests.faults.invariants import broken
from tests.journeys.databases import change, copy_of
from tests.journeys.scripts import PLACE, SUITED, WELCOME
from tests.journeys.world import World

WORDS = "I can't sleep because of the burning in my left foot"


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A patient who began, was reminded and said what makes an alert, and a clinician."""
    world = World.begins(tmp_path_factory.mktemp("calm"))
    try:
        lee, patient = world.clinician("Dr Lee"), world.patient()
        patient.answers(*WELCOME, *PLACE, *SUITED)
        patient.says(WORDS)
        world.skips(days=1)
        patient.answers("I want to die", "no")
        lee.taps("I have it")
        lee.sees()
        world.bot.stops()
        yield world
    finally:
        world.ends()


def test_a_calm_world_is_sound(calm: World) -> None:
    """Nothing is wrong where nothing went wrong."""
    assert broken(calm) == []


def test_a_world_in_which_updates_were_forgotten_may_lack_them(calm: World) -> None:
    """Telegram keeps a tap for 150 seconds; what it threw away is nobody's fault."""
    calm.people[1].acts += 1
    try:
        assert [each[:2] for each in broken(calm)] == ["I1"]
        assert broken(calm, forgets=True) == []
    finally:
        calm.people[1].acts -= 1


HURTS: dict[str, tuple[str, str]] = {
    "an arrival that was lost": ("I1", "DELETE FROM inbox WHERE id = (SELECT max(id) FROM inbox)"),
    "an arrival that waits": (
        "I2",
        "UPDATE inbox SET handled_at = NULL WHERE id = (SELECT max(id) FROM inbox)",
    ),
    "words that were not forgotten": (
        "I2",
        "UPDATE inbox SET body = (SELECT wrapped_key FROM patients)"
        " WHERE id = (SELECT max(id) FROM inbox)",
    ),
    "an arrival handled twice": (
        "I2",
        "UPDATE turns SET cause = (SELECT min(cause) FROM turns) WHERE turn = 3",
    ),
    "a turn that is gone": ("I3", "DELETE FROM turns WHERE turn = 2"),
    "turns in the wrong order": ("I3", "UPDATE turns SET cause = 900 WHERE turn = 2"),
    "an answer kept twice": (
        "I4",
        "INSERT INTO answers (patient_id, turn, flow, step, key, value, at)"
        " SELECT patient_id, turn, flow, step, key, value, at FROM answers LIMIT 1",
    ),
    "a consent kept twice": (
        "I4",
        "INSERT INTO consents (patient_id, turn, version, text_hash, language, agreed, at)"
        " SELECT patient_id, turn, version, text_hash, language, agreed, at FROM consents",
    ),
    "a post that never went": (
        "I5",
        "UPDATE outbox SET state = 'sending' WHERE id = (SELECT max(id) FROM outbox)",
    ),
    "a post that is not in the chat": (
        "I5",
        "UPDATE outbox SET message_id = 7777 WHERE shape = 'bubble' AND message_id = 4",
    ),
    "two posts for one message": (
        "I5",
        "UPDATE outbox SET message_id = 4 WHERE shape = 'bubble' AND contact_id = 2",
    ),
    "no alert for words of need": ("I6", "UPDATE alerts SET rule = 'person'"),
    "an alert without words": ("I6", "UPDATE alerts SET facts = '{}'"),
    "an alert that stands still": (
        "I6",
        "UPDATE alerts SET deadline_at = (SELECT min(received_at) FROM inbox)",
    ),
    "an alert that nobody was told of": ("I6", "DELETE FROM alert_tries"),
    "help beneath something else": (
        "I6",
        "UPDATE outbox SET lane = 'reply' WHERE lane = 'crisis'",
    ),
    "an alert that nobody took": ("I8", "UPDATE alert_moves SET clinician_id = NULL"),
    "content that is gone": ("I9", "DELETE FROM releases"),
    "a nudge that came to nothing": ("I10", "UPDATE nudges SET state = 'fired'"),
    "a nudge skipped for no reason": (
        "I10",
        "UPDATE nudges SET state = 'skipped', reason = NULL",
    ),
    "a row that leads nowhere": ("the file", "UPDATE answers SET patient_id = 4000"),
}


@pytest.mark.parametrize("hurt", HURTS)
def test_each_hurt_is_seen(calm: World, hurt: str, tmp_path: Path) -> None:
    """A row that is changed by hand turns the invariant red that speaks of it."""
    invariant, statement = HURTS[hurt]

    found = hurting(calm, statement, tmp_path)

    assert any(sentence.startswith(invariant) for sentence in found), found


def test_a_log_that_tells_a_patients_words_is_seen(calm: World) -> None:
    """A sentence in a log is as good as a sentence in the street."""
    log = calm.bot.log.read_text()
    try:
        calm.bot.log.write_text(f"{log}\nsomebody said: {WORDS}\n")
        assert [each[:2] for each in broken(calm)] == ["I7"]
    finally:
        calm.bot.log.write_text(log)


def test_a_reminder_that_came_twice_is_seen(calm: World) -> None:
    """What a process did twice stands twice in the chat, whatever the database says."""
    patient = calm.people[1]
    reminder = patient.everything().with_words("I kept your place")
    message = {"chat_id": patient.number, "text": reminder.text}

    calm.client.post(f"{calm.server.url}/bot{TOKEN}/sendMessage", json=message)

    [said] = broken(calm)
    assert said.startswith("I5")
    assert "told again what must be told once" in said


def hurting(world: World, statement: str, folder: Path) -> list[str]:
    """What is broken once this was done to a copy of the database."""
    settings, usual = world.bot.settings, world.bot.settings["DATABASE_URL"]
    settings["DATABASE_URL"] = copy_of(usual, folder)
    change(settings["DATABASE_URL"], statement)
    try:
        return broken(world)
    finally:
        settings["DATABASE_URL"] = usual
