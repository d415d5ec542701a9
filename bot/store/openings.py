"""What a clinician has open before them just now, and forms that were sent before: by the audit."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from bot.store.tables import audit
from bot.store.unit import Unit

HIDDEN = "hide-"
"""How the name of the act begins that ends a showing."""

SHOWN = "show-"
"""How the name of the act begins that shows words."""


def shown_since(
    unit: Unit, clinician_id: int, patient_id: int, what: str, *, since: datetime
) -> datetime | None:
    """Since when the clinician has this of the patient open, not longer than `since`; else None."""
    acts = f"{SHOWN}{what}", f"{HIDDEN}{what}"
    query = select(audit.c.act, audit.c.at).where(
        *_by(clinician_id, patient_id), audit.c.act.in_(acts), audit.c.at > since
    )
    newest = unit.connection.execute(query.order_by(audit.c.id.desc()).limit(1)).one_or_none()
    return newest.at if newest is not None and newest.act.startswith(SHOWN) else None


def did(
    unit: Unit,
    clinician_id: int,
    patient_id: int | None,
    act: str,
    *,
    subject: str | None = None,
    since: datetime | None = None,
) -> bool:
    """Whether the clinician did that with this patient, or with a list of many for None.

    It may have to be with that subject, or since that moment.
    """
    wanted = [*_by(clinician_id, patient_id), audit.c.act == act]
    wanted += [audit.c.subject == subject] if subject is not None else []
    wanted += [audit.c.at > since] if since is not None else []
    return unit.connection.execute(select(audit.c.id).where(*wanted).limit(1)).first() is not None


def _by(clinician_id: int, patient_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return audit.c.patient_id == patient_id, audit.c.clinician_id == clinician_id
