"""The real process is killed at random moments, and nobody can tell afterwards."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

from bot.service.deliver import LEASE
from tests.journeys.conftest import NewWorld
from tests.journeys.lives import Life, Said, alerts_told, arrivals, life_of, retold, told
from tests.journeys.people import Person
from tests.journeys.scripts import (
    GAD_7,
    HINDRANCE,
    MOOD,
    MORE,
    PEG,
    PHQ_9,
    PLACE,
    SUITED,
    WELCOME,
    onboarding,
)
from tests.journeys.world import World
from tests.life.broken_bots.acknowledges_first import IN_MEMORY

HASTY = "tests.life.broken_bots.acknowledges_first"
SEED = 20_261_121
TAPPED_EVERY = 4
"""Of so many rounds one waits for the bot and taps; in the others everyone types ahead."""

SCRIPTS = [
    # straight through, in words
    tuple({"6": "six", "5": "5/10", "9": "nine"}.get(reply, reply) for reply in onboarding("cbt")),
    # says no to a thought, and then the highest answer to item nine; and stays in that talk
    (
        *(*WELCOME, *PLACE, *SUITED, "I am ready", *PEG, *PHQ_9[:-1], "Nearly every day"),
        *("not sure", "yes", "yes", "/now", "no", "Leave it for today", "/resume"),
        *(HINDRANCE, "Go on", *GAD_7),
    ),
    # loses heart in the middle of a number, and finds the way back
    (
        *(*WELCOME, *PLACE, *SUITED, "I am ready", "8 and I want to die", "no"),
        *("Back to the program", "seven", "7/10", "back", "6", "6", *MOOD, *GAD_7, *MORE),
    ),
    # hesitates, asks for a person, changes an answer, declines at first
    (
        *("/start", "later", "hello", "Let's start", "No, thank you", "/start", "Let's start"),
        *("I agree", "/person", "Write to them", "please call me", *PLACE, *SUITED, "/pause"),
        *("/resume", "I am ready", *PEG, "skip", *MOOD[1:], *GAD_7, "/progress", "/mydata"),
    ),
]


@dataclass(frozen=True)
class Outcome:
    """What became of everyone."""

    lives: list[Life]
    told: list[list[Said]]
    alerts: set[str]
    handled: dict[str | None, int]
    acts: int


class Killer:
    """Kills the bot in some rounds, at moments drawn by chance, and starts it again."""

    def __init__(self, world: World, rounds: int, kills: int) -> None:
        self._world, self._chance = world, random.Random(SEED)
        self._rounds = set(self._chance.sample(range(1, rounds), kills))
        self.kills = 0

    def strikes(self, number: int) -> None:
        """Kill it now, if this is such a round: soon after the messages, or while it starts."""
        if number not in self._rounds:
            return
        time.sleep(self._chance.uniform(0, 0.3))
        self._kill()
        if self._chance.random() < 0.25:
            self._world.bot.begins()
            time.sleep(self._chance.uniform(0.5, 2))
            self._kill()
        if self._world.bot.settings["DATABASE_URL"].startswith("postgresql"):
            # other processes may share it, so what was being sent is let go only after a lease
            self._world.lets_pass(LEASE)
        self._world.bot.begins()

    def _kill(self) -> None:
        self._world.bot.dies()
        self.kills += 1


def lived(world: World, kills: int) -> tuple[Outcome, int]:
    """Everyone's story told in this world with so many kills, and how many there were."""
    lee = world.clinician("Dr Lee")
    patients = [world.patient() for _ in SCRIPTS]
    rounds = list(zip_longest(*SCRIPTS))
    killer = Killer(world, len(rounds), kills)
    for number, replies in enumerate(rounds):
        for patient, reply in zip(patients, replies, strict=True):
            if reply is not None:
                acts(patient, reply, taps=number % TAPPED_EVERY == 0)
        killer.strikes(number)
    world.until_quiet()
    # the hasty bot may still hold something that nobody can see
    time.sleep(2 * IN_MEMORY)
    world.until_quiet()
    return outcome(world, patients, lee), killer.kills


def acts(patient: Person, reply: str, *, taps: bool) -> None:
    """Type a reply at once; or wait for the bot, and tap it where it can be tapped."""
    if taps:
        patient.answers(reply)
    else:
        patient.says(reply)


def outcome(world: World, patients: list[Person], clinician: Person) -> Outcome:
    """What became of everyone in this world."""
    return Outcome(
        lives=[life_of(world, patient) for patient in patients],
        told=[told(patient) for patient in patients],
        alerts=alerts_told(world, clinician, patients),
        handled=world.read(arrivals),
        acts=sum(person.acts for person in world.people),
    )


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """What becomes of everyone when nothing happens to the process."""
    world = World.begins(tmp_path_factory.mktemp("calm"))
    try:
        yield lived(world, 0)[0]
        world.is_in_order()
    finally:
        world.ends()


def test_a_run_that_is_never_killed_is_worth_comparing_with(calm: Outcome) -> None:
    """It holds answers, scores, consents, alerts of every tier we meet, and many bubbles."""
    rules = {rule for life in calm.lives for rule, *_ in life.alerts}

    assert rules >= {"item9-high", "crisis-words", "person"}
    assert all(len(life.answers) > 20 for life in calm.lives)
    assert calm.lives[0].state["phase"] == "learning"
    assert {agreed for *_, agreed in calm.lives[3].consents} == {True, False}
    assert min(len(bubbles) for bubbles in calm.told) > 40
    assert calm.handled == {"done": calm.acts}


@pytest.mark.slow
def test_killed_a_dozen_times_it_loses_and_doubles_nothing(
    calm: Outcome, new_world: NewWorld, tmp_path: Path
) -> None:
    """On SQLite: every message handled exactly once, and the same said, at worst twice."""
    world = new_world(DATABASE_URL=f"sqlite:///{tmp_path / 'paceful.sqlite3'}")
    killed, kills = lived(world, 12)

    assert kills >= 12
    is_the_same(calm, killed)


@pytest.mark.slow
@pytest.mark.postgres
def test_killed_on_postgresql_it_loses_and_doubles_nothing(
    calm: Outcome, new_world: NewWorld, postgres_url: str
) -> None:
    """On PostgreSQL: the same."""
    killed, kills = lived(new_world(DATABASE_URL=postgres_url), 4)

    assert kills >= 4
    is_the_same(calm, killed)


@pytest.mark.slow
def test_a_bot_that_acknowledges_before_it_keeps_is_found_out(
    calm: Outcome, new_world: NewWorld
) -> None:
    """The negative control: the usual fault loses messages, and this test can see it."""
    killed, _ = lived(new_world(breaks=HASTY), 4)

    assert killed.handled["done"] < killed.acts
    with pytest.raises(AssertionError):
        is_the_same(calm, killed)


def is_the_same(calm: Outcome, killed: Outcome) -> None:
    """Nothing, if both runs came to the same for everyone."""
    assert killed.handled == calm.handled == {"done": killed.acts}
    for was, lived_ in zip(calm.lives, killed.lives, strict=True):
        assert lived_ == was
    for was_told, is_told in zip(calm.told, killed.told, strict=True):
        assert retold(was_told, is_told) == [], (texts(was_told), texts(is_told))
    assert killed.alerts == calm.alerts


def texts(bubbles: list[Said]) -> list[str]:
    """How each bubble begins, for whoever has to find out what went wrong."""
    return [text[:30] for _, text, _ in bubbles]
