"""Posts to the care team: put into the outbox, for whoever can be reached in a chat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.service.post import Bubble, Document, Settled
from bot.store import outbox
from bot.store.alerts import Alert
from bot.store.outbox import NewPost
from bot.store.people import Clinician
from bot.store.unit import Unit

HANDED_OVER = 0
"""In the place of a turn: these words were meant for somebody whose chat is gone."""


def post_to(
    unit: Unit,
    clinicians: Iterable[Clinician],
    body: Bubble | Settled | Document,
    alert: Alert | None,
    *,
    at: datetime,
    patient_id: int | None = None,
    handed_over: bool = False,
) -> None:
    """Put a post for these clinicians into the outbox; what is handed over is so only once."""
    contacts = [each.contact_id for each in clinicians if each.contact_id is not None]
    posts = [_post(contact, body, alert, at, patient_id) for contact in contacts]
    if handed_over:
        posts = [replace(each, turn=each.turn or HANDED_OVER) for each in posts]
    outbox.add(unit, posts)


def post_one(
    unit: Unit, contact_id: int, body: Bubble | Settled, alert: Alert | None, *, at: datetime
) -> int:
    """The number of a new post for this contact, a person's or a group's."""
    return outbox.put(unit, _post(contact_id, body, alert, at, None))


def settle_buttons(
    unit: Unit, clinicians: Iterable[Clinician], alert: Alert, *, at: datetime
) -> None:
    """Take the buttons off the last bubble about this alert in these clinicians' chats."""
    post_to(unit, clinicians, Settled(), alert, at=at)


def _post(
    contact_id: int,
    body: Bubble | Settled | Document,
    alert: Alert | None,
    at: datetime,
    patient_id: int | None,
) -> NewPost:
    return NewPost(
        contact_id=contact_id,
        patient_id=alert.patient_id if alert else patient_id,
        alert_id=alert.id if alert else None,
        lane="alert",
        shape=body.shape,
        body=body.model_dump_json(),
        created_at=at,
        # what a patient's turn is to their prompts, an alert's number is to its buttons
        turn=alert.id if alert and _has_buttons(body) else None,
    )


def _has_buttons(body: Bubble | Settled | Document) -> bool:
    return isinstance(body, Settled) or (isinstance(body, Bubble) and bool(body.buttons))
