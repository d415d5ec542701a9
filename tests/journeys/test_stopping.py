"""An operator stops the bot in the middle of its work."""

from __future__ import annotations

from bot.store import inbox, outbox
from bot.store.unit import Unit
from flows.events import Said
from tests.journeys.conftest import NewWorld
from tests.journeys.people import Person
from tests.journeys.scripts import WELCOME
from tests.journeys.world import World

MESSAGES = 30
SECONDS = 20
"""Later than that `deploy/paceful.service` has it killed."""


def test_stopped_with_thirty_messages_waiting_it_leaves_in_order(new_world: NewWorld) -> None:
    """Exit status 0 before it would be killed; what was not done is done once, in order, later."""
    world = new_world()
    patients = [world.patient() for _ in range(5)]
    for patient in patients:
        patient.rushes(*WELCOME)
    for patient in patients:
        patient.sees()
    words = [f"message {number}" for number in range(MESSAGES // len(patients))]

    for each in words:
        for patient in patients:
            patient.says(f"{each} of mine")
    took = world.bot.stops()
    waiting = world.see("state")["pending_updates"] + world.read(undone)
    world.bot.starts()
    world.until_quiet()

    assert took < SECONDS
    assert waiting
    for patient in patients:
        assert said(world, patient)[-len(words) :] == [f"{each} of mine" for each in words]
        assert len(world.kept(patient).journal) == patient.acts


def undone(unit: Unit) -> int:
    """How much waits in the inbox and the outbox."""
    return inbox.counts(unit).waiting + outbox.counts(unit).get("pending", 0)


def said(world: World, patient: Person) -> list[str]:
    """The patient's messages in the order in which they were handled."""
    return [event.text for _, event in world.kept(patient).journal if isinstance(event, Said)]
