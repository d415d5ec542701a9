"""Three processes on one PostgreSQL: nothing twice, nothing lost, whichever of them is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.service.deliver import LEASE
from tests.journeys.fleet import HOOK, SECRET, Fleet, fleet
from tests.journeys.people import Person
from tests.journeys.scripts import PLACE, SUITED, WELCOME

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

READY = (*WELCOME, *PLACE)
MANY = 4


@pytest.fixture(params=["polling", "webhook"])
def three(request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str) -> Iterator[Fleet]:
    """Three bots: one polls and all work, or all take the webhook behind a proxy."""
    hook = {"WEBHOOK_URL": HOOK, "WEBHOOK_SECRET": SECRET}
    settings = hook if request.param == "webhook" else {}
    with fleet(tmp_path, postgres_url, 3, **settings) as bots:
        yield bots


def journal_of(three: Fleet, patient: Person) -> list[str]:
    """What this patient said, in the order in which it was taken."""
    events = [event for _, event in three.world.kept(patient).journal]
    return [text for each in events if (text := getattr(each, "text", ""))]


def test_the_leader_dies_and_stands_still_and_nobody_notices(three: Fleet) -> None:
    """Per patient in order, each thing once; the next one leads; late writes come to nothing."""
    world = three.world
    world.clinician("Dr Lee")
    patients = [world.patient() for _ in range(MANY)]
    for patient in patients:
        patient.rushes(*READY)
    world.until_quiet()
    for patient in patients:
        assert journal_of(three, patient) == [word for word in READY if word != "/start"]
    assert len(who_sent(three)) > 1

    first = three.leader
    first.dies()
    for patient in patients:
        patient.says("/now")
    took = three.until_led_by_another(first)
    world.until_quiet()

    second = three.leader
    world.do("faults", kind="hang", method="sendMessage", chat=patients[0].number, seconds=2)
    patients[0].says("/now")
    second.stands_still()
    took_again = three.until_led_by_another(second)
    for patient in patients:
        patient.rushes(*SUITED)
    world.until_quiet()
    second.goes_on()
    first.starts()
    world.skips(days=1)
    world.lets_pass(LEASE)
    world.until_quiet()

    print(f"taken over after {took:.1f} s (killed) and {took_again:.1f} s (stopped)")  # noqa: T201
    three.is_sound()


def who_sent(three: Fleet) -> set[int]:
    """The numbers of the processes that sent something."""
    return {number for (number,) in three.rows("SELECT DISTINCT claimed_by FROM outbox")}
