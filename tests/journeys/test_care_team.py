"""A red alert that nobody answers: the whole chain, for two days, until a lead sees to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from bot.sandbox.supervise import free_port
from bot.store import alerts
from bot.store.alerts import Alert
from tests.bot.mail.server import Postmaster, serving
from tests.journeys.conftest import NewWorld
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import PLACE, WELCOME
from tests.journeys.team import (
    RED,
    TEAM,
    Page,
    Room,
    Told,
    alert_of,
    mailing,
    moves_of,
    puts_on_rota,
    told,
)
from tests.journeys.world import MORNING, World

NIGHT = datetime(2027, 1, 13, 23, 30, tzinfo=UTC)
OFFICE = "Mon-Fri 09:00-17:00"
OWN = "ortiz@example.org"
AGAIN = "Nobody has taken this yet"
EVERYBODY = ("Dr Lee", "Dr Ortiz", "Prof Adeyemi")
HOPS: dict[int, Told] = {
    0: [(0, "telegram", "Dr Lee")],
    15: [(1, "telegram", "Dr Ortiz")],
    30: [(2, "group", None), *((2, "telegram", name) for name in EVERYBODY)],
    45: [
        (3, "group", None),
        (3, "mail", None),
        (3, "mail", "Dr Ortiz"),
        *((3, "telegram", name) for name in EVERYBODY),
    ],
}
"""Who is told after how many minutes, by which way."""


@dataclass
class Clinic:
    """Two clinicians and a lead, their rota, their group, their mailboxes."""

    world: World
    lee: Person
    ortiz: Person
    lead: Person
    room: Room
    postmaster: Postmaster

    @property
    def team(self) -> tuple[Person, Person, Person]:
        """All three."""
        return self.lee, self.ortiz, self.lead

    def hears(self) -> tuple[int, int, int, int]:
        """How many new bubbles about a red alert each phone shows, and the group in all."""
        lee, ortiz, lead = (
            len([each for each in person.sees() if RED in each.text]) for person in self.team
        )
        return lee, ortiz, lead, len([text for text in self.room.texts if RED in text])

    def tries(self, alert: Alert, begin: int) -> Told:
        """Each try from there on, once none is under way any more."""
        self.world.until_quiet()
        until(lambda: self.world.bot.health().get("mails") == 0, "the e-mails are out")
        return told(self.world, alert, begin)

    def letters(self) -> list[EmailMessage]:
        """What the mailboxes hold."""
        return self.postmaster.letters


Opens = Callable[[datetime], Clinic]


@pytest.fixture
def new_clinic(new_world: NewWorld) -> Iterator[Opens]:
    """Opens a clinic whose rota the lead has set on the clinic page."""
    postmaster, port = Postmaster(), free_port()

    def opens(at: datetime) -> Clinic:
        world = new_world(at=at, **{**mailing(port), "CARE_TEAM_HOURS": OFFICE})
        lee, ortiz = world.clinician("Dr Lee"), world.clinician("Dr Ortiz")
        lead = world.clinician("Prof Adeyemi", "lead")
        ortiz.says(f"/mail {OWN}")
        room = Room(world, "Pain team", lee, ortiz)
        room.joins()
        puts_on_rota(Page.of(world, lead), "Dr Lee", "Dr Ortiz")
        ortiz.sees()
        return Clinic(world, lee, ortiz, lead, room, postmaster)

    with serving(postmaster, port=port):
        yield opens


@pytest.mark.parametrize(
    ("at", "promised"),
    [(MORNING, "I am telling your care team now. They work"), (NIGHT, "but they are away now")],
    ids=["in office hours", "at night"],
)
def test_a_red_alert_goes_along_the_whole_chain(
    new_clinic: Opens, at: datetime, promised: str
) -> None:
    """At 0, 15, 30 and 45 minutes, each time those whose turn it is; the bot dies in between."""
    clinic = new_clinic(at)
    world, patient = clinic.world, clinic.world.patient("Philippa Canarybird")
    patient.answers(*WELCOME, *PLACE)
    answered = patient.answers("I want to die")

    assert promised in answered
    assert "call 999" in answered
    assert "116 123" in answered
    alert, tries = alert_of(world, patient), 0
    heard = {0: (1, 0, 0, 0), 15: (0, 1, 0, 0), 30: (1, 1, 1, 1), 45: (1, 1, 1, 2)}
    for minutes, made in HOPS.items():
        if minutes:
            assert clinic.hears() == (0, 0, 0, heard[minutes - 15][3])
            world.skips(until=alert.raised_at + timedelta(minutes=minutes - 1))
            assert clinic.hears() == (0, 0, 0, heard[minutes - 15][3])
            world.skips(minutes=2)
        assert clinic.tries(alert, tries) == made
        assert clinic.hears() == heard[minutes]
        tries += len(made)
        if minutes == 15:
            world.bot.dies()
            world.bot.starts()
    assert sorted(str(letter["To"]) for letter in clinic.letters()) == [OWN, TEAM]
    assert not [each for each in clinic.letters() if "want to die" in each.get_content()]
    assert moves_of(world, alert) == ["tell"] * 4
    assert not patient.sees()


def test_nobody_answers_for_two_days_and_then_the_lead_sees_to_it(new_clinic: Opens) -> None:
    """It is told again and again, across a kill and a restart, and only a person closes it."""
    clinic = new_clinic(MORNING)
    world = clinic.world
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE, "I want to die")
    alert = alert_of(world, patient)
    world.skips(until=alert.raised_at + timedelta(minutes=46))
    clinic.hears()

    world.skips(hours=3)
    assert clinic.hears() == (12, 12, 12, 2 + 12)
    world.bot.dies()
    world.lets_pass(timedelta(hours=20))
    world.bot.starts()
    world.until_quiet()
    # the time in which the bot was away is made up by one word, not by eighty
    assert clinic.hears()[:3] == (1, 1, 1)
    world.bot.restarts()
    world.lets_pass(timedelta(hours=20))
    until(lambda: AGAIN in clinic.lead.glimpses(), "it is told again")
    world.skips(until=alert.raised_at + timedelta(days=2))
    assert clinic.hears()[0] > 10
    assert alert_of(world, patient).state == "told"
    assert not [move for move in moves_of(world, alert) if move != "tell"]

    page = Page.of(world, clinic.lead)
    assert "Not taken" in page.shows("/clinic/today")
    path = f"/clinic/alerts/{alert.id}"
    assert page.does(f"{path}/take") == "alert-taken"
    for other in (clinic.lee, clinic.ortiz):
        assert f"Prof Adeyemi has alert {alert.id}" in other.sees()
    assert f"Prof Adeyemi has alert {alert.id}" in clinic.room.texts[-1]
    assert page.does(f"{path}/act") == "alert-acted"
    assert page.does(f"{path}/close", outcome="other") == "409"
    note = "Safe, with her sister; the crisis team calls tomorrow."
    assert page.does(f"{path}/close", outcome="other", note=note) == "alert-closed"

    for each in clinic.team:
        assert "closed by Prof Adeyemi: Something else" in each.sees()
    assert "Your care team has closed this" in patient.sees()
    assert note in page.shows(path)
    assert moves_of(world, alert)[-3:] == ["take", "act", "close"]
    letters = len(clinic.letters())
    world.skips(days=1)
    assert clinic.hears()[:3] == (0, 0, 0)
    assert len(clinic.letters()) == letters
    assert world.read(lambda unit: alerts.note_of(unit, alert.id)) == note
