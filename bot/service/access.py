"""Who may open which patient on the clinic page, and how someone else may for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.service.team import CARING, care_team
from bot.store import alerts, audit, caseload, glasses
from bot.store.people import Clinician
from bot.store.unit import Unit

GLASS_HOLDS = timedelta(minutes=60)
MOST_REASON = 500


def may_open(unit: Unit, clinician: Clinician, patient_id: int, at: datetime) -> bool:
    """Whether the clinician may see what is kept about this patient at that moment."""
    if clinician.role not in CARING:
        return False
    return (
        clinician.role == "lead"
        or _is_theirs(unit, clinician, patient_id)
        or _has_their_alert(unit, clinician, patient_id)
        or glasses.open_until(unit, clinician.id, patient_id, at) is not None
    )


def break_glass(
    unit: Unit, clinician: Clinician, patient_id: int, reason: str, at: datetime
) -> bool:
    """Whether the patient is open to the clinician from now on; not without a reason."""
    why = reason.strip()[:MOST_REASON]
    if not why or clinician.role not in CARING:
        return False
    glasses.break_(
        unit,
        clinician_id=clinician.id,
        patient_id=patient_id,
        reason=why,
        at=at,
        until_at=at + GLASS_HOLDS,
    )
    audit.note(
        unit,
        at=at,
        clinician_id=clinician.id,
        act="break-glass",
        patient_id=patient_id,
        reason=why,
    )
    return True


def _is_theirs(unit: Unit, clinician: Clinician, patient_id: int) -> bool:
    own = set(caseload.of_patient(unit, patient_id))
    # those who left the team guide nobody
    guiding = own & {each.id for each in care_team(unit)}
    return not guiding or clinician.id in guiding


def _has_their_alert(unit: Unit, clinician: Clinician, patient_id: int) -> bool:
    open_ = alerts.open_of_patient(unit, patient_id)
    return any(alert.taken_by == clinician.id for alert in open_)
