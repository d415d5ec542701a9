"""The last moment of a simulated clinic: something of everything is under way, as on any day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.service import alerts as alerting
from bot.service import care
from bot.service.site import Site
from bot.simulation.answering import Act
from bot.simulation.clinic import Clinic, Life
from bot.simulation.letters import TO_PATIENT
from bot.simulation.team import CareTeam
from bot.store import alerts, people
from bot.store.alerts import Alert
from bot.store.unit import Unit

STATES = ("raised", "told", "seen", "taken", "acted")
"""Of open alerts; whatever weeks a clinic had, some are closed."""

MAKES = {"raised": ("/fit", "phone", "yes")}
"""What a patient sends and taps for an alert that waits for a digest."""
ASKS = ("/person", "contact")
"""What they send and tap for any other."""


def leave_some_under_way(unit: Unit, clinic: Clinic, team: CareTeam) -> None:
    """Where no alert stands in one of the states, somebody asks for a person, and one does."""
    there = {alert.state for alert in alerts.open_(unit)}
    askers = _askers(unit, clinic)
    for state in STATES:
        if state in there:
            continue
        life = next(askers, None)
        if life is None:
            return
        alert = _asked(unit, clinic, life, *MAKES.get(state, ASKS))
        if alert is not None:
            _bring_to(unit, clinic.site, team, alert, state, clinic.clock.now())
    clinic.work(unit)


def _askers(unit: Unit, clinic: Clinic) -> Iterator[Life]:
    """Those who learn and have no alert, one after another, the first of them last."""
    for life in sorted(clinic.lives.values(), key=lambda life: -life.person.number):
        state = clinic.state_of(unit, life)
        if life.row is None or state.phase != "learning" or state.held is not None:
            continue
        if not alerts.of_patient(unit, life.row):
            yield life


def _asked(unit: Unit, clinic: Clinic, life: Life, command: str, *choices: str) -> Alert | None:
    clinic.brings(unit, life.person.number, Act(text=command))
    for choice in choices:
        asked = clinic.state_of(unit, life).asked
        clinic.brings(unit, life.person.number, Act(data=f"{asked}.{choice}"))
    found = alerts.open_of_patient(unit, life.row or 0)
    return found[-1] if found else None


def _bring_to(
    unit: Unit, site: Site, team: CareTeam, alert: Alert, state: str, at: datetime
) -> None:
    who = team.clinician_of(unit, alert)
    if state == "seen":
        alerting.see(unit, site, alert, who, at=at)
    if state in {"taken", "acted"}:
        alerting.take(unit, site, alert, who, at=at)
    if state == "acted":
        patient, text = people.load(unit, [alert.patient_id])[alert.patient_id], TO_PATIENT[0]
        name = f"simulated:{alert.id}:last"
        care.send(unit, site, who, patient, text, at=at, name=name, alert=alert)
