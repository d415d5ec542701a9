"""Every way to the care team breaks in turn, and somebody hears of the alert all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.supervise import free_port
from bot.store import groups, people, rota
from bot.store.unit import Unit
from tests.bot.mail.server import Postmaster, serving
from tests.journeys.conftest import NewWorld
from tests.journeys.databases import locked
from tests.journeys.kept import opened
from tests.journeys.processes import until
from tests.journeys.team import RED, SAM, TEAM, Room, in_need, mailing, tried
from tests.journeys.world import World


def puts_on_rota(world: World, *names: str) -> None:
    """These are on call at every hour of the week, in this order."""

    def add(unit: Unit) -> None:
        ids = {each.name: each.id for each in people.clinicians(unit)}
        for place, name in enumerate(names):
            for day in range(8):
                hours = {"start": "00:00", "until": "00:00"}
                rota.add_shift(unit, day=day, place=place, clinician_id=ids[name], **hours)

    settings = world.bot.settings
    with opened(settings["DATABASE_URL"], settings["SECRET_KEYS"]) as store:
        store.write_now(add)


def test_a_clinician_who_blocked_the_bot_costs_no_minute(new_world: NewWorld) -> None:
    """The one on call cannot be reached: the next one hears of it at once, and only that one."""
    world = new_world()
    lee, ortiz, kim = (world.clinician(name) for name in ("Dr Lee", "Dr Ortiz", "Dr Kim"))
    puts_on_rota(world, "Dr Lee", "Dr Ortiz")

    lee.blocks()
    patient = in_need(world)

    assert RED in ortiz.sees()
    assert not kim.sees()
    assert tried(world, patient) == [(0, "telegram", "failed"), (1, "telegram", "sent")]


def test_a_group_is_told_and_a_tap_there_takes_the_alert(new_world: NewWorld) -> None:
    """It joined by a code; what its members say to each other is not even delivered."""
    world = new_world()
    lee = world.clinician("Dr Lee")
    visitor = world.patient("Vic Visitorson")
    room = Room(world, "Pain team", lee, visitor)
    room.joins()
    room.says(visitor, "has anybody seen the blue folder?")

    patient = in_need(world)
    lee.sees()
    assert RED in room.texts[-1]
    room.taps(visitor, "I have it")
    world.until_quiet()
    room.taps(lee, "I have it")

    assert "is yours" in lee.sees()
    assert visitor.toasts() == ["This is for the care team only."]
    assert "Dr Lee has alert" in room.texts[-1]
    assert world.kept(patient).alerted[0][2] == "taken"


@pytest.mark.parametrize("silently", [False, True], ids=["and said so", "without a word"])
def test_a_group_that_put_the_bot_out_is_lost(new_world: NewWorld, *, silently: bool) -> None:
    """Whether Telegram says it in time or refuses the alert: the others are told."""
    world = new_world()
    lee = world.clinician("Dr Lee")
    room = Room(world, "Pain team", lee)
    room.joins()

    room.puts_bot_out(silently=silently)
    world.until_quiet()
    patient = in_need(world)

    assert RED in lee.sees()
    assert world.read(groups.current) == []
    failed = [(2, "group", "failed")] if silently else []
    assert [each for each in tried(world, patient) if each[1] == "group"] == failed


@pytest.mark.parametrize("silently", [False, True], ids=["and said so", "without a word"])
def test_an_alert_follows_a_group_into_its_supergroup(
    new_world: NewWorld, *, silently: bool
) -> None:
    """Telegram's own error names the new chat, and the alert is sent there at once."""
    world = new_world()
    lee = world.clinician("Dr Lee")
    room = Room(world, "Pain team", lee)
    room.joins()

    room.becomes_supergroup(silently=silently)
    world.until_quiet()
    patient = in_need(world)

    assert len([text for text in room.texts if RED in text]) == 1
    assert {state for _, _, state in tried(world, patient)} == {"sent"}
    room.taps(lee, "I have it")
    world.until_quiet()
    assert world.kept(patient).alerted[0][2] == "taken"


@pytest.fixture
def mail_port() -> int:
    """Where the mail server is, when it is there."""
    return free_port()


def test_a_mail_server_that_was_down_gets_the_alert_when_it_is_back(
    new_world: NewWorld, mail_port: int
) -> None:
    """Nobody takes it, nobody can be mailed, the bot is killed meanwhile; then it goes out."""
    world, postmaster = new_world(**mailing(mail_port)), Postmaster()
    lee = world.clinician("Dr Lee")
    patient = in_need(world)
    lee.sees()

    world.skips(minutes=16)
    until(
        lambda: any(each[1:] == ("mail", "failed") for each in tried(world, patient)), "it failed"
    )
    assert "Nobody has taken this yet" in lee.sees()
    world.bot.dies()
    world.bot.starts()
    with serving(postmaster, port=mail_port):
        world.lets_pass(timedelta(minutes=16))
        until(lambda: bool(postmaster.to(TEAM)), "the e-mail arrives")
        until(lambda: tried(world, patient)[-1][1:] == ("mail", "sent"), "that is kept")

    letter = postmaster.to(TEAM)[0]
    assert RED in letter.get_content()
    assert "want to die" not in letter.get_content()


@pytest.fixture
def stuck_world(tmp_path: Path, mail_port: int) -> Iterator[World]:
    """A world whose log may be full of trouble."""
    world = World.begins(tmp_path, **mailing(mail_port))
    yield world
    world.ends()


def test_operators_hear_of_it_when_the_ticking_stops(stuck_world: World, mail_port: int) -> None:
    """Somebody else holds the database: the page turns red, chat and mailbox say it, once each."""
    world, postmaster = stuck_world, Postmaster()
    sam = world.clinician("Sam", "operator")

    with serving(postmaster, port=mail_port):
        # the watch has looked and knows who the operators are
        until(lambda: bool(world.bot.health().get("ok")), "all is well")
        with locked(world.bot.settings["DATABASE_URL"]):
            world.lets_pass(timedelta(seconds=100))
            until(lambda: "stands still" in sam.glimpses(), "the operator is told")
            until(lambda: bool(postmaster.to(SAM)), "the operator is mailed")
            # a tick that was under way when the clock was moved may have ended after it
            until(lambda: "tick_age" in str(world.bot.health().get("reasons")), "the page tells it")

        until(lambda: "goes on" in sam.glimpses(), "the operator is told that it is over")
        until(lambda: len(postmaster.to(SAM)) == 2, "the operator is mailed that it is over")

    told = [bubble.text.split(".")[0] for bubble in sam.everything().bubbles[1:]]
    assert [each for each in told if each.startswith("The service")] == [
        "The service stands still",
        "The service goes on",
    ]
