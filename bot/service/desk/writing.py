"""A clinician writes to a patient from their chat."""

from __future__ import annotations

from bot.service import care
from bot.service.desk.alerts import acted_on
from bot.service.desk.chair import Chair
from bot.service.incoming import Wrote
from bot.store import alerts, outbox

MOST_LETTERS = 3000


def wrote(chair: Chair, wrote: Wrote) -> None:
    """Pass words on to the patient whose alert or message they answer."""
    if wrote.reply_to is None:
        chair.say("c-which")
    else:
        _reply(chair, wrote.reply_to, wrote.text.strip())


def edited(chair: Chair, wrote: Wrote) -> None:
    """Answer a clinician who changed an earlier message."""
    chair.say("c-edited")


def _reply(chair: Chair, reply_to: int, text: str) -> None:
    contact = chair.clinician.contact_id or 0
    post = outbox.by_message(chair.unit, contact, reply_to)
    if post is None or post.patient_id is None:
        chair.say("c-which")
        return
    if len(text) > MOST_LETTERS:
        chair.say("c-too-long", count=str(len(text)), most=str(MOST_LETTERS))
        return
    patient = chair.patient(post.patient_id)
    alert = alerts.get(chair.unit, post.alert_id) if post.alert_id else None
    if alert is not None:
        acted_on(chair, alert)
    name = f"told:{chair.cause}"
    care.tell(chair.unit, patient, chair.clinician, text, at=chair.at, name=name)
    chair.say(
        "c-sent" if patient.reachable else "c-unreachable", alert, pseudonym=patient.pseudonym
    )
