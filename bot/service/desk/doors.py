"""Who may see a patient at the desk, by the rule of the page; each look is kept."""

from __future__ import annotations

from bot.service import access
from bot.service.desk.chair import Chair
from bot.store import audit
from bot.store.people import Patient


def is_shut(chair: Chair, patient: Patient) -> bool:
    """Whether the patient is not open to the clinician, who then hears where to say why."""
    if access.may_open(chair.unit, chair.clinician, patient.id, chair.at):
        return False
    # about nobody: what answers it must not go to a patient they may not see
    chair.about(None, "c-shut", pseudonym=patient.pseudonym)
    return True


def keep_look(chair: Chair, patient_id: int, act: str, subject: str = "") -> None:
    """Keep in the audit that the clinician looked at this of the patient."""
    audit.note(
        chair.unit,
        at=chair.at,
        clinician_id=chair.clinician.id,
        act=act,
        patient_id=patient_id,
        subject=subject,
    )
