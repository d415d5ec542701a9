"""One patient on the page: who it is, whether this clinician may look, and what stands on top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clinic.answers import Forbidden, Missing
from bot.clinic.looks import keep_look
from bot.clinic.patients import PATH
from bot.clinic.visit import Visit
from bot.keys import new_code
from bot.service import alerts as alerting
from bot.service.team import care_team
from bot.store import alerts, openings, people, roster
from bot.store.people import Clinician, Patient
from bot.store.roster import Line
from flows import timing
from flows.state import State

SHOWN_FOR = timedelta(minutes=15)
"""What was shown on demand is hidden again after so long."""

TABS = ("", "timeline", "thread", "plans", "notes", "letter")


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An open alert in the head of the page."""

    id: int
    tier: str
    title: str
    state: str
    raised_at: datetime
    deadline_at: datetime | None
    taken_by: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A patient whom this clinician may look at."""

    line: Line
    patient: Patient
    state: State
    team: tuple[Clinician, ...]

    @property
    def path(self) -> str:
        """The address of the patient's page."""
        return path_of(self.line)

    def name_of(self, clinician_id: int | None) -> str:
        """The name of somebody in the team; a dash for nobody."""
        return next((each.name for each in self.team if each.id == clinician_id), "–")


def path_of(line: Line) -> str:
    """The address of a patient's page."""
    return f"{PATH}/{line.pseudonym}"


def line_of(visit: Visit) -> Line:
    """The patient in the address, or Missing."""
    line = roster.line(visit.unit, visit.word("pseudonym"), at=visit.at)
    if line is None:
        raise Missing
    return line


def opened(visit: Visit) -> Opened:
    """The patient in the address, or Forbidden if they are not open to this clinician."""
    line = line_of(visit)
    if not visit.may_open(line.id):
        raise Forbidden
    patient = people.load(visit.unit, [line.id])[line.id]
    state = State.model_validate_json(patient.state_json)
    return Opened(line, patient, state, tuple(care_team(visit.unit)))


def look(visit: Visit, line: Line) -> None:
    """Keep that the clinician looked at this patient; once for a while."""
    keep_look(visit, line.id, "open-patient")


def new_form(visit: Visit) -> str:
    """The name of a form that is done once; none where the page asks by itself, and fills none."""
    # a page without news must be the same page, or it would be sent whole each time
    return "" if visit.asked.polls else new_code()


def shown_until(visit: Visit, line: Line, what: str) -> datetime | None:
    """Until when the clinician has this of the patient open; None if it is hidden."""
    since = visit.at - SHOWN_FOR
    shown_at = openings.shown_since(visit.unit, visit.clinician.id, line.id, what, since=since)
    return shown_at + SHOWN_FOR if shown_at is not None else None


def top(visit: Visit, it: Opened, tab: str) -> dict[str, Any]:
    """What stands on top of each page about a patient."""
    release, state = visit.site.release, it.state
    local = timing.local(visit.at, state.zone) if it.line.zone else None
    return {
        "it": it,
        "line": it.line,
        "root": it.path,
        "tab": tab,
        "phase": release.label(f"phase-{it.line.phase}"),
        "local": f"{local:%a %H:%M}" if local else None,
        "guides": [it.name_of(each) for each in it.line.clinicians if it.name_of(each) != "–"],
        "writes": it.name_of(it.patient.taken_by) if it.patient.taken_by else None,
        "alerts": _alerts(visit, it),
    }


def _alerts(visit: Visit, it: Opened) -> list[OpenAlert]:
    return [
        OpenAlert(
            id=alert.id,
            tier=alert.tier,
            title=alerting.reason_of(alert).title,
            state=alert.state,
            raised_at=alert.raised_at,
            deadline_at=alert.deadline_at,
            taken_by=it.name_of(alert.taken_by) if alert.taken_by else None,
        )
        for alert in alerts.open_of_patient(visit.unit, it.line.id)
    ]
