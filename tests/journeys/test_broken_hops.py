"""Each way to the care team breaks on top of the last, until nobody is left, and mends again."""

from __future__ import annotations

from datetime import timedelta

from bot.sandbox.supervise import free_port
from tests.bot.mail.server import Postmaster, serving
from tests.journeys.conftest import NewWorld
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.team import (
    RED,
    TEAM,
    Page,
    Room,
    Tried,
    alert_of,
    in_need,
    mailing,
    name_of,
    puts_on_rota,
    tried,
)
from tests.journeys.world import World

FAILED, SENT = "failed", "sent"
NOBODY = "Nobody could be reached about alert"


def test_each_broken_way_costs_no_minute_and_whoever_comes_back_hears(
    new_world: NewWorld,
) -> None:
    """First, next, group, team and e-mail fail in turn; the page says so until somebody is back."""
    postmaster, port = Postmaster(), free_port()
    postmaster.says = "550 No such mailbox"
    with serving(postmaster, port=port):
        world = new_world(**mailing(port))
        lee, ortiz, kim = (world.clinician(name) for name in ("Dr Lee", "Dr Ortiz", "Dr Kim"))
        sam = world.clinician("Sam", "operator")
        lead = world.clinician("Prof Adeyemi", "lead")
        room = Room(world, "Pain team", lee)
        room.joins()
        puts_on_rota(Page.of(world, lead), "Dr Lee", "Dr Ortiz")
        lead.blocks()

        lee.blocks()
        first = in_need(world)
        assert is_red(ortiz, world, first)
        assert not kim.sees()
        assert tried(world, first) == [(0, "telegram", FAILED), (1, "telegram", SENT)]

        ortiz.blocks()
        second = in_need(world)
        assert is_red(kim, world, second)
        assert name_of(world, second) in room.texts[-1]
        assert at_hop(world, second, 2) == ["group sent", *3 * ["telegram failed"], "telegram sent"]

        room.puts_bot_out(silently=True)
        kim.blocks()
        third = in_need(world)
        until(lambda: NOBODY in sam.glimpses(), "the operator hears that nobody was reached")
        assert at_hop(world, third, 2) == ["group failed", *4 * ["telegram failed"]]
        assert at_hop(world, third, 3) == ["mail failed", *4 * ["telegram failed"]]
        assert alert_of(world, third).raised_at > world.now - timedelta(minutes=1)

        # the alert is told again and again, and the page says that it comes to nothing
        for _ in range(2):
            before = len(tried(world, third))
            world.skips(minutes=16)
            until(lambda: len(tried(world, third)) > before, "it is tried again")  # noqa: B023
            assert alert_of(world, third).state == "told"
            assert world.bot.health()["alerts_overdue"] == 1
            assert "alerts_overdue" in str(world.bot.health()["reasons"])
        world.bot.dies()
        world.bot.starts()

        ortiz.sees()
        ortiz.unblocks()
        assert is_red(ortiz, world, first, second, third)
        assert world.bot.health()["alerts_overdue"] == 0
        park = world.clinician("Dr Park")
        assert all(name_of(world, each) in park.everything() for each in (first, second, third))
        park.sees()
        postmaster.says = "250 OK"
        world.skips(minutes=16)
        until(lambda: len(postmaster.to(TEAM)) == 3, "all three are mailed")
        park.taps("I have it")
        assert "is yours" in park.sees()


def is_red(clinician: Person, world: World, *patients: Person) -> bool:
    """Whether the clinician was just told of a red alert of each of them, and of nobody else."""
    heard = [bubble.text for bubble in clinician.sees() if RED in bubble.text]
    names = [name_of(world, patient) for patient in patients]
    assert len(heard) == len(names), heard
    return all(any(name in text for text in heard) for name in names)


def at_hop(world: World, patient: Person, hop: int) -> list[str]:
    """Each try at this hop of the chain, in the order of the alphabet."""
    made: Tried = [each for each in tried(world, patient) if each[0] == hop]
    return sorted(f"{channel} {state}" for _, channel, state in made)
