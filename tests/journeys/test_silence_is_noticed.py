"""Telegram falls silent, or the process does: operators hear of it, and patients lose nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.app.deadman import EX_SOFTWARE
from bot.sandbox.supervise import free_port
from bot.sandbox.world import TOKEN
from tests.bot.mail.server import Postmaster, serving
from tests.journeys.conftest import NewWorld
from tests.journeys.people import Person
from tests.journeys.processes import PATIENCE, until
from tests.journeys.scripts import PLACE, WELCOME
from tests.journeys.team import SAM, mailing
from tests.journeys.world import World

HURRIED = "tests.journeys.hurried_bot"
SECRET = "a-secret-of-the-webhook-000000000"
HOOK = {"WEBHOOK_URL": "http://127.0.0.1:{port}/telegram", "WEBHOOK_SECRET": SECRET}
THIEF = "http://127.0.0.1:9/thief"
HELLO = "Paceful"


@dataclass
class Watched:
    """A world whose watch is in a hurry, its operator, and the operator's mailbox."""

    world: World
    sam: Person
    postmaster: Postmaster

    @property
    def mailed(self) -> list[str]:
        """What the operator was mailed so far."""
        return [letter.get_content() for letter in self.postmaster.to(SAM)]

    def ends(self) -> int:
        """The status with which the process ends by itself."""
        assert self.world.bot.process is not None
        return self.world.bot.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One world for all that may go wrong while it polls; each story brings its own patient."""
    port, postmaster = free_port(), Postmaster()
    world = World.begins(tmp_path_factory.mktemp("watched"), breaks=HURRIED, **mailing(port))
    try:
        with serving(postmaster, port=port):
            yield Watched(world, world.clinician("Sam", "operator"), postmaster)
    finally:
        world.ends()


def asks_telegram(world: World, method: str, **params: object) -> httpx.Response:
    """What Telegram answers to somebody who has the token, too."""
    return world.client.post(f"{world.server.url}/bot{TOKEN}/{method}", json=params)


def hears(person: Person, words: str) -> None:
    """They read these words sooner or later."""
    until(lambda: words in person.everything(), f"somebody reads “{words}”")


def is_answered(patient: Person) -> None:
    """What they wrote was answered."""
    hears(patient, HELLO)


def test_a_token_that_is_refused_and_works_again_costs_no_word(watched: Watched) -> None:
    """Operators hear of it by e-mail, which is the way that is left; nobody restarts anything."""
    world, patient = watched.world, watched.world.patient()

    world.do("faults", kind="401", times=12)
    patient.says("/start")
    until(lambda: len(watched.mailed) == 1, "the operator is mailed")
    is_answered(patient)
    until(lambda: len(watched.mailed) == 2, "the operator is mailed that it is over")

    assert "refuses the bot" in watched.mailed[0]
    assert "Over after" in watched.mailed[1]
    assert world.bot.health()["ok"]


def test_a_start_with_a_token_that_is_refused_for_now_goes_on(watched: Watched) -> None:
    """It worked here before: e-mail and page go on, and the chat as soon as the token works."""
    world, patient, before = watched.world, watched.world.patient(), len(watched.mailed)
    world.bot.stops()

    world.do("faults", kind="401", times=6)
    world.bot.starts()
    patient.says("/start")
    until(lambda: len(watched.mailed) > before, "the operator is mailed")
    is_answered(patient)

    assert "refuses the bot" in watched.mailed[before]


@contextmanager
def polling(world: World) -> Iterator[None]:
    """A second program polls with our token while the block lasts."""
    ended = threading.Event()

    def poll() -> None:
        with httpx.Client(timeout=60, trust_env=False) as client:
            while not ended.is_set():
                # an offset that confirms nothing
                client.post(f"{world.server.url}/bot{TOKEN}/getUpdates", json={"timeout": 1})

    thief = threading.Thread(target=poll)
    thief.start()
    try:
        yield
    finally:
        ended.set()
        thief.join(PATIENCE)


def test_a_second_poller_is_told_and_takes_nothing_away(watched: Watched) -> None:
    """What it reads is not confirmed, and so it comes to us as well."""
    world, patient = watched.world, watched.world.patient()

    with polling(world):
        hears(watched.sam, "Somebody else reads")
        patient.says("/start")
    is_answered(patient)

    hears(watched.sam, "Somebody else polled this bot")


def test_a_webhook_that_a_thief_sets_is_taken_off(watched: Watched) -> None:
    """Polling is refused then: operators hear why, and the poll goes on."""
    world, patient = watched.world, watched.world.patient()

    assert asks_telegram(world, "setWebhook", url=THIEF).is_success
    patient.says("/start")
    is_answered(patient)

    hears(watched.sam, "Somebody changed where")
    assert world.calls("deleteWebhook")[-1]["params"].get("drop_pending_updates") is not True


def test_our_webhook_is_set_again_when_a_thief_changed_it(new_world: NewWorld) -> None:
    """Within a minute, with our secret; what Telegram still has comes to us."""
    world = new_world(breaks=HURRIED, **HOOK)
    sam, patient = world.clinician("Sam", "operator"), world.patient()

    assert asks_telegram(world, "setWebhook", url=THIEF).is_success
    patient.says("/start")
    is_answered(patient)

    hears(sam, "Somebody changed where")
    assert world.calls("setWebhook")[-1]["params"]["secret_token"] == SECRET
    until(lambda: "a foreign webhook" not in str(world.bot.health()["reasons"]), "it is ours again")


def test_words_that_cannot_leave_the_disk_and_a_file_that_is_gone_are_told(
    new_world: NewWorld, tmp_path: Path
) -> None:
    """The database takes every write, and so nothing else would show it at night."""
    file = tmp_path / "moved.sqlite3"
    world = new_world(breaks=HURRIED, DATABASE_URL=f"sqlite:///{file}")
    sam, closed = world.clinician("Sam", "operator"), world.bot.folder / "spool" / "00000000.jsonl"

    closed.mkdir()
    os.utime(closed, (0, 0))
    hears(sam, "Messages of patients wait")
    closed.rmdir()
    hears(sam, "Messages of patients waited")

    elsewhere = file.rename(tmp_path / "elsewhere")
    hears(sam, "The database cannot be written")
    elsewhere.rename(file)
    hears(sam, "The database could not be written")


def test_more_than_a_day_away_is_told_once_to_everybody(new_world: NewWorld) -> None:
    """Telegram has forgotten what was written on the first day; the patient is asked to repeat."""
    world = new_world()
    lee, patient = world.clinician("Dr Lee"), world.patient()
    patient.rushes(*WELCOME, *PLACE)
    patient.sees()
    until(lambda: world.bot.health().get("last_poll_age") is not None, "it has polled")
    world.bot.stops()

    patient.says("I am in pain and this word is lost")
    world.lets_pass(timedelta(hours=25))
    world.bot.starts()
    hears(patient, "could not be reached between")
    world.until_quiet()

    listed = lee.sees()
    assert "For 25 hours" in listed
    assert "No alert is open" in listed
    assert "send it again" in patient.sees()
    assert "this word is lost" not in str(world.kept(patient).journal)


def test_connections_that_hang_are_opened_anew(watched: Watched) -> None:
    """Calls by the old ones neither end nor fail; by the new ones everything goes on."""
    world, patient = watched.world, watched.world.patient()
    hang = world.bot.folder / "hang-wire"

    hang.write_text("old")
    patient.says("/start")
    is_answered(patient)

    hears(watched.sam, "connection to Telegram hangs")
    assert world.bot.process is not None
    assert world.bot.process.poll() is None
    hang.unlink()


def test_connections_that_hang_for_ever_end_the_process(watched: Watched) -> None:
    """Opened anew in vain, again and again: status 70; what was written waits at Telegram."""
    world, patient = watched.world, watched.world.patient()
    hang = world.bot.folder / "hang-wire"

    hang.write_text("all")
    patient.says("/start")

    assert watched.ends() == EX_SOFTWARE
    hang.unlink()
    world.bot.starts()
    is_answered(patient)


def test_a_loop_that_hangs_is_told_and_ended(watched: Watched) -> None:
    """Status 70, so that the supervisor starts it again; then the patient is answered."""
    world, patient = watched.world, watched.world.patient()

    (world.bot.folder / "hang-loop").touch()
    hears(watched.sam, "busy with one thing")
    patient.says("/start")

    assert watched.ends() == EX_SOFTWARE
    world.bot.starts()
    is_answered(patient)
