"""Who may see a patient at the desk, by the rule of the page; each look and each act is kept."""

from __future__ import annotations

from collections.abc import Iterable

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


def keep_list(chair: Chair, act: str, patient_ids: Iterable[int]) -> None:
    """Keep in the audit that the clinician read a list, and which patients were on it."""
    me = chair.clinician.id
    audit.note_list(chair.unit, at=chair.at, clinician_id=me, act=act, patient_ids=patient_ids)


def keep_act(chair: Chair, act: str, patient_id: int, subject: str = "") -> None:
    """Keep in the audit that the clinician did this, by the name that it has on the page too."""
    keep_look(chair, patient_id, act, subject)
