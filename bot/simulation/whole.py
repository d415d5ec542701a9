"""A whole clinic from its first day to a moment: people, a team, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.keys import Vault
from bot.service.renewal import take_up
from bot.service.site import Site
from bot.simulation.answering import Act
from bot.simulation.clinic import Clinic, JumpingClock, read_arrival
from bot.simulation.ending import leave_some_under_way
from bot.simulation.people import newcomers
from bot.simulation.team import CareTeam
from bot.store import alerts, guidance, people
from bot.store.store import Store
from bot.store.unit import Unit
from flows.state import State

FIRST_NUMBER = 1001
"""The sandbox's own patient is the first of them."""

BEFORE = timedelta(days=1)
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What clinic is wanted: how many people, over how many weeks, by which chance, up to when."""

    patients: int
    weeks: int
    seed: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """What a clinic came to: people by phase, lessons, alerts by rule and by state, minutes."""

    phases: dict[str, int]
    turns: int
    lessons: int
    scores: int
    rules: dict[str, int]
    states: dict[str, int]
    minutes: float


def live(
    store: Store, site: Site, vault: Vault, wish: Wish, progress: Callable[[datetime], None]
) -> None:
    """Everything that happens in such a clinic, kept in this store as the service keeps it."""
    persons = newcomers(wish.patients, wish.weeks, wish.seed, wish.until, FIRST_NUMBER)
    clock = JumpingClock(min(person.begins_at for person in persons) - BEFORE)
    site = Site(site.settings, site.releases, clock, read_arrival)
    store.write_now(take_up, site)
    team = CareTeam(site, wish.until, wish.seed)
    clinic = Clinic(store, site, clock, team=team)
    store.write_now(team.join, _bringing(clinic), clock.now())
    clinic.admit(persons, lambda number: vault.lookup("telegram", number))
    clinic.live(wish.until, progress)
    store.write_now(leave_some_under_way, clinic, team)


def summary(unit: Unit, since: datetime) -> Summary:
    """What there is in this clinic."""
    found = people.load(unit, [glance.id for glance in people.patients(unit, MOST)]).values()
    states = [State.model_validate_json(patient.state_json) for patient in found]
    raised = [alert for patient in found for alert in alerts.of_patient(unit, patient.id)]
    lessons = [d for state in states for d in state.done if d.flow.startswith("lesson/")]
    return Summary(
        phases=dict(Counter(patient.phase for patient in found)),
        turns=sum(state.turn for state in states),
        lessons=len(lessons),
        scores=sum(len(state.scores) for state in states),
        rules=dict(Counter(alert.rule for alert in raised)),
        states=dict(Counter(alert.state for alert in raised)),
        minutes=sum(total.minutes for total in guidance.totals(unit, since)),
    )


def _bringing(clinic: Clinic) -> Callable[[Unit, int, str], None]:
    return lambda unit, number, text: clinic.brings(unit, number, Act(text=text))
