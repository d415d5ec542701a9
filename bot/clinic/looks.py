"""Looks are kept: who saw what of whom, once for a while; a poll sees only what was looked at."""

from __future__ import annotations

from datetime import timedelta

from bot.clinic.answers import Forbidden, Listed
from bot.clinic.visit import Visit
from bot.store import audit, openings
from bot.store.unit import Unit

LOOKED_FOR = timedelta(minutes=10)
"""Looking at the same again within so long is one look."""

POLLED_FOR = timedelta(hours=1)
"""How long after a look the page may ask again by itself for what was looked at."""


def keep_look(visit: Visit, patient_id: int | None, act: str, subject: str = "") -> None:
    """Keep a look at this of the patient, once for a while; Forbidden to a poll without one."""
    since = visit.at - (POLLED_FOR if visit.asked.polls else LOOKED_FOR)
    me = visit.clinician.id
    if openings.did(visit.unit, me, patient_id, act, subject=subject, since=since):
        return
    if visit.asked.polls:
        # a header that says "nobody looks" must not be a way to look without being kept
        raise Forbidden
    audit.note(
        visit.unit,
        at=visit.at,
        clinician_id=me,
        act=act,
        patient_id=patient_id,
        subject=subject,
    )


def keep_list(unit: Unit, visit: Visit, listed: Listed) -> None:
    """Keep a look at a list of patients, once for a while for the same patients."""
    me, since = visit.clinician.id, visit.at - LOOKED_FOR
    subjects = audit.listed(listed.patients)
    seen = [openings.did(unit, me, None, listed.act, subject=s, since=since) for s in subjects]
    if not all(seen):
        audit.note_list(
            unit, at=visit.at, clinician_id=me, act=listed.act, patient_ids=listed.patients
        )


def needs_look_at_list(visit: Visit, listed: Listed) -> None:
    """Nothing, or Forbidden to a poll of a list at which this clinician has not looked."""
    since = visit.at - POLLED_FOR
    if not openings.did(visit.unit, visit.clinician.id, None, listed.act, since=since):
        raise Forbidden
