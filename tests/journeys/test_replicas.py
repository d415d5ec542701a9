"""Three processes on one PostgreSQL: nothing twice, nothing lost, whichever of them is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.fleet import HOOK, SECRET, Fleet, Member, fleet
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import PLACE, SUITED, WELCOME

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

READY = (*WELCOME, *PLACE)
MANY = 4
STORMS = 50


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
    several_work(three, patients)

    first = three.leader
    first.dies()
    for patient in patients:
        patient.says("/now")
    took = three.until_led_by_another(first)
    world.until_quiet()

    first.begins()
    until(first.answers, "it is back")
    second, sender = three.leader, hangs_while_sending(three, patients[0])
    for each in {second.number: second, sender.number: sender}.values():
        each.stands_still()
    took_again = three.until_led_by_another(second)
    for patient in patients:
        patient.rushes(*SUITED)
    world.until_quiet()
    for each in {second.number: second, sender.number: sender}.values():
        each.goes_on()
    until(lambda: "came too late" in sender.log.read_text(), "its late result is refused")
    world.skips(days=1)
    world.until_quiet()

    print(f"taken over after {took:.1f} s (killed) and {took_again:.1f} s (stopped)")  # noqa: T201
    three.is_sound()


def several_work(three: Fleet, patients: list[Person]) -> None:
    """Whoever polls is quick by itself: where much comes at once the others take their part."""
    for _ in range(STORMS):
        if len(who_sent(three)) > 1:
            return
        for patient in patients:
            patient.rushes(*["/now"] * MANY)
        three.world.until_quiet()
    raise AssertionError("the others never sent anything")


def hangs_while_sending(three: Fleet, patient: Person) -> Member:
    """Whoever is sending something to this patient that Telegram does not answer."""
    hang = {"kind": "hang", "method": "sendMessage", "seconds": 5}
    three.world.do("faults", chat=patient.number, **hang)
    patient.says("/now")
    sending = "SELECT claimed_by FROM outbox WHERE state = 'sending'"
    until(lambda: bool(three.rows(sending)), "it is on its way")
    number = three.rows(sending)[0][0]
    return next(each for each in three.bots if each.replica == number)


def who_sent(three: Fleet) -> set[int]:
    """The numbers of the processes that sent something."""
    return {number for (number,) in three.rows("SELECT DISTINCT claimed_by FROM outbox")}
