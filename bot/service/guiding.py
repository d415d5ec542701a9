"""What guidance a patient should get by now: where they are, and which call is due."""

from __future__ import annotations

from datetime import datetime

from bot.service.site import Site
from bot.store import calls, caseload
from bot.store.people import Patient
from bot.store.unit import Unit
from flows import course
from flows.calls import due_purpose
from flows.events import Cleared
from flows.scene import Scene
from flows.state import State

SPOKEN_OF = ("offered", "wished", "booked", "over", "done", "declined")
"""A call in one of these states counts; one that fell through is due again."""

LIVE_MODES = ("live", "mixed")
"""The contact modes in which calls are offered by the program's own plan."""


def scene_of(site: Site, patient: Patient, at: datetime) -> Scene:
    """Where the patient is at that moment, by the newest content; nothing happens in it."""
    state = State.model_validate_json(patient.state_json)
    return Scene(site.release, Cleared(at=at), state)


def due_call(unit: Unit, site: Site, patient: Patient, at: datetime) -> str | None:
    """The call of the plan that is due and that nobody has spoken of, or None."""
    if caseload.mode_of(unit, patient.id) not in LIVE_MODES:
        return None
    scene = scene_of(site, patient, at)
    if scene.state.learning_at is None or scene.state.phase in {"finished", "withdrawn"}:
        return None
    had = calls.of_patient(unit, patient.id)
    return due_purpose(
        course.weeks(scene),
        site.release.program.calls,
        [call.purpose for call in had if call.state in SPOKEN_OF],
        closing=scene.state.phase in {"finishing", "following_up"},
    )
