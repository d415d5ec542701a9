"""A care team for the stories: who joins, who is on call, and what became of an alert."""

from __future__ import annotations

from datetime import datetime

from bot.service import alerts as alerting
from bot.store import alerts, people, rota, tries
from bot.store.alerts import Alert
from bot.store.store import Store
from bot.store.tries import Try
from bot.store.unit import Unit
from flows.effects import Raise
from tests.bot.service.practice import Person, Practice

ALL_WEEK = range(7)


def clinician_id(practice: Practice, name: str) -> int:
    """The number of the member of the team who is called so."""
    return next(c.id for c in practice.store.read_now(people.clinicians) if c.name == name)


def on_call(practice: Practice, name: str, place: int) -> None:
    """From now on this one is on call in that place, day and night."""
    someone = clinician_id(practice, name)
    for day in ALL_WEEK:
        practice.store.write_now(
            rota.add_shift, day=day, start="00:00", until="24:00", clinician_id=someone, place=place
        )


def reopen(practice: Practice, url: str) -> None:
    """The process dies between two commits, and starts again on what was kept."""
    practice.store.close()
    practice.store = Store.open(url, practice.vault)
    practice.start(practice.site.release)


def alert_of(practice: Practice, number: int = 1) -> Alert:
    """The alert of that number."""
    found = practice.store.read_now(alerts.get, number)
    assert found is not None
    return found


def tries_of(practice: Practice, number: int = 1) -> list[Try]:
    """Every try to reach somebody about that alert."""
    return practice.store.read_now(tries.of_alert, number)


def told(*readers: Person) -> list[int]:
    """How many bubbles each of these has got since the last look."""
    return [len(each.news()) for each in readers]


def due_at(practice: Practice, number: int = 1) -> datetime:
    """When that alert is due; an open one always is at some moment."""
    deadline = alert_of(practice, number).deadline_at
    assert deadline is not None
    return deadline


async def raised(practice: Practice, rule: str, *numbers: int) -> list[Person]:
    """These patients, about each of whom this rule has just raised an alert."""
    found = [await practice.patient(number, "at-consent") for number in numbers]
    for patient in found:
        fire(practice, patient, rule)
    await practice.tick()
    return found


def fire(practice: Practice, patient: Person, rule: str) -> None:
    """The rule fires for this patient, as in a turn of theirs."""
    fire_with(practice, patient, Raise(rule=rule))


def fire_with(practice: Practice, patient: Person, effect: Raise) -> None:
    """A turn of this patient's raises just this."""

    def work(unit: Unit) -> None:
        known = people.load(unit, [patient.patient_id])[patient.patient_id]
        site, now = practice.site, practice.clock.now()
        alerting.raise_alert(unit, site, site.release, known, effect, at=now)

    practice.store.write_now(work)
