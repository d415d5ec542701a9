"""Who may open which patient on the clinic page, and how someone else may for a while."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.service.team import CARING, care_team
from bot.store import alerts, audit, caseload, glasses, roster
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


def open_among(
    unit: Unit, clinician: Clinician, patient_ids: Collection[int], at: datetime
) -> set[int]:
    """Those of these patients whom the clinician may open at that moment."""
    if clinician.role not in CARING:
        return set()
    if clinician.role == "lead":
        return set(patient_ids)
    return roster.open_to(unit, clinician.id, patient_ids, at)


def may_let_go(unit: Unit, clinician_id: int, patient_id: int) -> bool:
    """Whether the clinician may come off the caseload: not as the last with an alert open."""
    guiding = _guiding(unit, patient_id)
    # whoever lets go last leaves nobody who is told first
    is_last = guiding == {clinician_id}
    return not (is_last and alerts.open_of_patient(unit, patient_id))


def break_glass(
    unit: Unit, clinician: Clinician, patient_id: int, reason: str, at: datetime
) -> bool:
    """Whether the patient is open to the clinician from now on; not without a reason."""
    why = reason.strip()[:MOST_REASON]
    # a reason is there to be read: spaces, dots and invisible signs are none
    if not any(sign.isalnum() for sign in why) or clinician.role not in CARING:
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
    guiding = _guiding(unit, patient_id)
    return not guiding or clinician.id in guiding


def _guiding(unit: Unit, patient_id: int) -> set[int]:
    # those who left the team guide nobody
    return set(caseload.of_patient(unit, patient_id)) & {each.id for each in care_team(unit)}


def _has_their_alert(unit: Unit, clinician: Clinician, patient_id: int) -> bool:
    open_ = alerts.open_of_patient(unit, patient_id)
    return any(alert.taken_by == clinician.id for alert in open_)
