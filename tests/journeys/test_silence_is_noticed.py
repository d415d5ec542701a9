"""Telegram falls silent, or the process does: operators hear of it, and patients lose nothing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.sandbox.supervise import free_port
from bot.sandbox.world import TOKEN
from tests.bot.mail.server import Postmaster, serving
from tests.journeys.conftest import NewWorld
from tests.journeys.people import Person
from tests.journeys.processes import PATIENCE, until
from tests.journeys.scripts import PLACE, WELCOME
from tests.journeys.team import SAM, mailing
from tests.journeys.world import World

HURRIED = (sys.executable, str(Path(__file__).with_name("hurried_bot.py")))
SECRET = "a-secret-of-the-webhook-000000000"  # noqa: S105 - only this test's door
HOOK = {"WEBHOOK_URL": "http://127.0.0.1:{port}/telegram", "WEBHOOK_SECRET": SECRET}
THIEF = "http://127.0.0.1:9/thief"
HELLO = "Paceful"


@pytest.fixture
def mail_port() -> int:
    """Where the mail server is."""
    return free_port()


def asks_telegram(world: World, method: str, **params: object) -> httpx.Response:
    """What Telegram answers to somebody who has the token, too."""
    return world.client.post(f"{world.server.url}/bot{TOKEN}/{method}", json=params)


def hears(person: Person, words: str) -> None:
    """They read these words sooner or later."""
    until(lambda: words in person.everything(), f"somebody reads “{words}”")


def is_answered(patient: Person) -> None:
    """What they wrote was answered."""
    hears(patient, HELLO)


def test_a_token_that_is_refused_and_works_again_costs_no_word(
    new_world: NewWorld, mail_port: int
) -> None:
    """Operators hear of it by e-mail, which is the way that is left; nobody restarts anything."""
    world, postmaster = new_world(command=HURRIED, **mailing(mail_port)), Postmaster()
    world.clinician("Sam", "operator")
    patient = world.patient()

    with serving(postmaster, port=mail_port):
        world.do("faults", kind="401", times=12)
        patient.says("/start")
        until(lambda: bool(postmaster.to(SAM)), "the operator is mailed")
        is_answered(patient)
        until(lambda: len(postmaster.to(SAM)) == 2, "the operator is mailed that it is over")

    refused, over = (letter.get_content() for letter in postmaster.to(SAM))
    assert "refuses the bot" in refused
    assert "Over after" in over
    assert world.bot.health()["ok"]


def test_a_start_with_a_token_that_is_refused_for_now_goes_on(
    new_world: NewWorld, mail_port: int
) -> None:
    """It worked here before: e-mail and page go on, and the chat as soon as the token works."""
    world, postmaster = new_world(command=HURRIED, **mailing(mail_port)), Postmaster()
    patient = world.patient()
    until(lambda: world.bot.health().get("last_poll_age") is not None, "it has polled")
    world.bot.stops()

    with serving(postmaster, port=mail_port):
        world.do("faults", kind="401", times=4)
        world.bot.starts()
        patient.says("/start")
        until(lambda: bool(postmaster.to(SAM)), "the operator is mailed")
        is_answered(patient)


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
        thread_ends = thief.join(PATIENCE)
        assert thread_ends is None


def test_a_second_poller_is_told_and_takes_nothing_away(new_world: NewWorld) -> None:
    """What it reads is not confirmed, and so it comes to us as well."""
    world = new_world(command=HURRIED)
    sam, patient = world.clinician("Sam", "operator"), world.patient()

    with polling(world):
        hears(sam, "Somebody else reads")
        patient.says("/start")
    is_answered(patient)

    hears(sam, "Somebody else polled this bot")


def test_a_webhook_that_a_thief_sets_is_taken_off(new_world: NewWorld) -> None:
    """Polling is refused then: operators hear why, and the poll goes on."""
    world = new_world(command=HURRIED)
    sam, patient = world.clinician("Sam", "operator"), world.patient()

    assert asks_telegram(world, "setWebhook", url=THIEF).is_success
    patient.says("/start")
    is_answered(patient)

    hears(sam, "Somebody changed where")
    assert world.calls("deleteWebhook")[-1]["params"].get("drop_pending_updates") is not True


def test_our_webhook_is_set_again_when_a_thief_changed_it(new_world: NewWorld) -> None:
    """Within a minute, with our secret; what Telegram still has comes to us."""
    world = new_world(command=HURRIED, **HOOK)
    sam, patient = world.clinician("Sam", "operator"), world.patient()

    assert asks_telegram(world, "setWebhook", url=THIEF).is_success
    patient.says("/start")
    is_answered(patient)

    hears(sam, "Somebody changed where")
    assert world.calls("setWebhook")[-1]["params"]["secret_token"] == SECRET
    until(lambda: "a foreign webhook" not in str(world.bot.health()["reasons"]), "it is ours again")


def test_more_than_a_day_away_is_told_once_to_everybody(new_world: NewWorld) -> None:
    """Telegram has forgotten what was written on the first day; the patient is asked to repeat."""
    world = new_world()
    sam, lee = world.clinician("Sam", "operator"), world.clinician("Dr Lee")
    patient = world.patient()
    patient.rushes(*WELCOME, *PLACE)
    patient.sees()
    until(lambda: world.bot.health().get("last_poll_age") is not None, "it has polled")
    world.bot.stops()

    patient.says("I am in pain and this word is lost")
    world.lets_pass(timedelta(hours=25))
    world.bot.starts()
    hears(patient, "could not be reached between")
    world.until_quiet()

    assert "For 25 hours" in sam.sees()
    assert "No alert is open" in lee.sees()
    assert "send it again" in patient.sees()
    events = [entry.event_json for entry in world.kept(patient).journal]
    assert not [each for each in events if "lost" in each]
    world.bot.restarts()
    world.until_quiet()
    assert not patient.glimpses()


@pytest.fixture
def stuck_world(tmp_path: Path) -> Iterator[World]:
    """A world in which the bot may hang."""
    world = World.begins(tmp_path, command=HURRIED)
    yield world
    world.ends()


def test_a_loop_that_hangs_is_told_and_ended(stuck_world: World) -> None:
    """Status 70, so that the supervisor starts it again; then the patient is answered."""
    world = stuck_world
    sam, patient = world.clinician("Sam", "operator"), world.patient()
    until(lambda: "watch.written_at" in marks(world), "the watch has looked")

    (world.bot.folder / "hang-loop").touch()
    hears(sam, "busy with one thing")
    patient.says("/start")

    assert world.bot.process is not None
    assert world.bot.process.wait(PATIENCE) == 70
    world.bot.starts()
    is_answered(patient)


def test_connections_that_hang_are_opened_anew(stuck_world: World) -> None:
    """Calls by the old ones neither end nor fail; by the new ones everything goes on."""
    world = stuck_world
    sam, patient = world.clinician("Sam", "operator"), world.patient()

    (world.bot.folder / "hang-wire").write_text("old")
    patient.says("/start")
    is_answered(patient)

    hears(sam, "connection to Telegram hangs")
    assert world.bot.process is not None
    assert world.bot.process.poll() is None


def test_connections_that_hang_for_ever_end_the_process(stuck_world: World) -> None:
    """Opened anew in vain, again and again: status 70; what was written waits at Telegram."""
    world = stuck_world
    sam, patient = world.clinician("Sam", "operator"), world.patient()
    hang = world.bot.folder / "hang-wire"

    hang.write_text("all")
    patient.says("/start")

    assert world.bot.process is not None
    assert world.bot.process.wait(PATIENCE) == 70
    assert "connection to Telegram hangs" in sam.everything()
    hang.unlink()
    world.bot.starts()
    is_answered(patient)


def marks(world: World) -> list[str]:
    """The names of all that the service has noted about itself."""
    return world.read(
        lambda unit: [
            str(row[0]) for row in unit.connection.exec_driver_sql("SELECT name FROM marks")
        ]
    )
