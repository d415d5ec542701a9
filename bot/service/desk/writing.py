"""A clinician writes to a patient from their chat."""

from __future__ import annotations

from datetime import timedelta

from bot.service import care
from bot.service.desk import doors, glance
from bot.service.desk.alerts import say_taken
from bot.service.desk.chair import Chair, slot_of
from bot.service.desk.tasks import ask, is_asked_by, take
from bot.service.desk.telltale import tells_who
from bot.service.incoming import Wrote
from bot.store import alerts, caseload, drafts, outbox, people, thread
from bot.store.alerts import Alert
from bot.store.desks import Desk
from bot.store.drafts import Draft
from bot.store.people import Patient
from flows.effects import Button
from flows.escalation import UNTAKEN
from flows.scene import Rows

MOST_LETTERS = 3000
FRESH = timedelta(hours=12)
"""After so long, words to a patient begin anew, and it is shown first who will read them."""
MOST_CHOICES = 8
LEFT = "withdrawn"


def wrote(chair: Chair, wrote: Wrote) -> None:
    """Pass words on to the patient whose alert or message they answer, or ask who is meant."""
    meant = _answered(chair, wrote.reply_to) if wrote.reply_to is not None else None
    if meant is not None:
        to_patient(chair, *meant, wrote)
    elif not take(chair, wrote):
        _ask_which(chair, wrote)


def begin(chair: Chair, patient: Patient) -> str | None:
    """Have the clinician's next words go to this patient."""
    if has_left(chair, patient):
        return None
    ask(chair, "write", patient.id)
    chair.about(patient.id, "c-write", pseudonym=patient.pseudonym)
    return None


def asked(chair: Chair, desk: Desk, wrote: Wrote) -> None:
    """Take the words that were to go to the patient on the desk."""
    patient = find(chair, desk.patient_id)
    if patient is None:
        _ask_which(chair, wrote)
    else:
        to_patient(chair, patient, None, wrote)


def to_patient(chair: Chair, patient: Patient, alert: Alert | None, wrote: Wrote) -> None:
    """Send words to the patient; the first ones for a while wait until they are confirmed."""
    text = wrote.text.strip()
    if _too_long(chair, text) or has_left(chair, patient):
        return
    # a word in reply to an alert is often meant for the bot
    is_short = alert is not None and len(text.split()) <= 1
    is_telling = tells_who(text)
    if is_telling:
        chair.about(patient.id, "c-tells-who", pseudonym=patient.pseudonym)
    if is_short or is_telling or _is_fresh(chair, patient):
        _draft(chair, patient, alert, text, wrote.message)
    else:
        _send(chair, patient, alert, text, name=f"told:{chair.cause}", source=wrote.message)


def edited(chair: Chair, wrote: Wrote) -> None:
    """Change what still waits, and tell the patient of what has gone out before."""
    text, me = wrote.text.strip(), chair.clinician.id
    number = wrote.message or 0
    draft = drafts.of_message(chair.unit, me, number)
    sent = thread.sent_from(chair.unit, me, number)
    if draft is None and sent is None:
        chair.say("c-edited")
    elif not text or _too_long(chair, text):
        return
    elif draft is not None:
        drafts.change(chair.unit, draft, text=text)
        _show_again(chair, draft)
    elif sent is not None and text != sent[1].text:
        _correct(chair, *sent, text, number)


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap under a draft asks for, carried out; the short notice to show, if any."""
    match parts:
        case [number, *acts] if number.isdecimal():
            draft = drafts.waiting(chair.unit, int(number), chair.clinician.id)
        case _:
            return None
    if draft is None:
        return _too_late(chair, int(number))
    match acts:
        case ["send"] if draft.patient_id is not None:
            _send_draft(chair, draft)
        case ["cancel"]:
            _cancel(chair, draft)
        case ["to", patient_id] if patient_id.isdecimal() and draft.patient_id is None:
            _choose(chair, draft, int(patient_id))
        case _:
            return None
    return None


def find(chair: Chair, patient_id: int | None) -> Patient | None:
    """The patient of that number, or None if there is none any more."""
    return people.load(chair.unit, [patient_id or 0]).get(patient_id or 0)


def _answered(chair: Chair, message: int) -> tuple[Patient, Alert | None] | None:
    """About whom the message is that was answered: one of ours, or one of their own."""
    post = outbox.by_message(chair.unit, chair.clinician.contact_id or 0, message)
    if post is None:
        own = thread.sent_from(chair.unit, chair.clinician.id, message)
        patient = find(chair, own[0]) if own is not None else None
        return (patient, None) if patient is not None else None
    if is_asked_by(chair, post):
        return None
    patient = find(chair, post.patient_id)
    alert = alerts.get(chair.unit, post.alert_id) if post.alert_id else None
    return (patient, alert) if patient is not None else None


def _too_long(chair: Chair, text: str) -> bool:
    if len(text) <= MOST_LETTERS:
        return False
    chair.say("c-too-long", count=str(len(text)), most=str(MOST_LETTERS))
    return True


def has_left(chair: Chair, patient: Patient) -> bool:
    """Whether the patient has left, and nothing urgent calls for words to them after all."""
    if care.refuses(chair.unit, patient) is None:
        return False
    chair.about(patient.id, "c-left", pseudonym=patient.pseudonym)
    return True


def _is_fresh(chair: Chair, patient: Patient) -> bool:
    last = thread.wrote_to(chair.unit, chair.clinician.id, patient.id)
    return last is None or chair.at - last >= FRESH


def _draft(
    chair: Chair, patient: Patient, alert: Alert | None, text: str, source: int | None
) -> None:
    older = drafts.waiting_for(chair.unit, chair.clinician.id, patient.id)
    for each in older:
        _put_away(chair, each, "replaced")
    number = drafts.keep(
        chair.unit,
        clinician_id=chair.clinician.id,
        patient_id=patient.id,
        text=text,
        at=chair.at,
        alert_id=alert.id if alert else None,
        source_message=source,
    )
    _show(chair, number, patient, text, replaces=bool(older))


def _show(chair: Chair, number: int, patient: Patient, text: str, *, replaces: bool) -> None:
    # above the words stand the patient's phase and last score
    doors.keep_look(chair, patient.id, "open-draft", f"draft {number}")
    chair.about(
        patient.id,
        "c-draft-instead" if replaces else "c-draft",
        _buttons(chair, number, "send", "cancel"),
        slot_of("draft", number),
        text=text,
        **glance.whom(chair, patient),
    )


def _show_again(chair: Chair, draft: Draft) -> None:
    changed = drafts.waiting(chair.unit, draft.id, draft.clinician_id)
    patient = find(chair, draft.patient_id)
    if changed is None or patient is None:
        return  # it still has nobody to go to, and the question who stands already
    chair.settle(slot_of("draft", draft.id))
    _show(chair, draft.id, patient, changed.text, replaces=True)


def _ask_which(chair: Chair, wrote: Wrote) -> None:
    text = wrote.text.strip()
    if _too_long(chair, text):
        return
    choices = _last_patients(chair)
    if not choices:
        chair.say("c-which")
        return
    for older in drafts.waiting_for(chair.unit, chair.clinician.id, None):
        _put_away(chair, older, "replaced")
    number = drafts.keep(
        chair.unit,
        clinician_id=chair.clinician.id,
        patient_id=None,
        text=text,
        at=chair.at,
        source_message=wrote.message,
    )
    rows = tuple(
        (Button(label=each.pseudonym, data=f"draft.{number}.to.{each.id}"),) for each in choices
    )
    cancel = _buttons(chair, number, "cancel")
    chair.about(None, "c-which-of", (*rows, *cancel), slot_of("draft", number), text=text)


def _last_patients(chair: Chair) -> list[Patient]:
    """Whom the words may be for: those who wait, those written with last, and one's own."""
    unit = chair.unit
    likely = [
        *(alert.patient_id for alert in alerts.open_(unit) if alert.taken_by == chair.clinician.id),
        *thread.recent(unit, MOST_CHOICES),
        *caseload.of_clinician(unit, chair.clinician.id),
    ]
    numbers = list(dict.fromkeys(likely))[:MOST_CHOICES]
    found = people.load(unit, numbers, lock=False)
    return [found[number] for number in numbers if number in found]


def _choose(chair: Chair, draft: Draft, patient_id: int) -> None:
    patient = find(chair, patient_id)
    if patient is None or doors.is_shut(chair, patient) or has_left(chair, patient):
        return
    chair.settle(slot_of("draft", draft.id))
    if not _is_fresh(chair, patient):
        drafts.settle(chair.unit, draft.id, "sent", chair.at)
        name = f"told:draft:{draft.id}"
        _send(chair, patient, None, draft.text, name=name, source=draft.source_message)
        return
    older = drafts.waiting_for(chair.unit, chair.clinician.id, patient_id)
    for each in older:
        _put_away(chair, each, "replaced")
    drafts.change(chair.unit, draft, patient_id=patient_id)
    _show(chair, draft.id, patient, draft.text, replaces=bool(older))


def _send_draft(chair: Chair, draft: Draft) -> None:
    patient = find(chair, draft.patient_id)
    if patient is None or has_left(chair, patient):
        _put_away(chair, draft, "cancelled")
        return
    _put_away(chair, draft, "sent")
    alert = alerts.get(chair.unit, draft.alert_id) if draft.alert_id else None
    name = f"told:draft:{draft.id}"
    _send(chair, patient, alert, draft.text, name=name, source=draft.source_message)


def _cancel(chair: Chair, draft: Draft) -> None:
    _put_away(chair, draft, "cancelled")
    chair.say("c-cancelled")


def _put_away(chair: Chair, draft: Draft, fate: drafts.Fate) -> None:
    drafts.settle(chair.unit, draft.id, fate, chair.at)
    chair.settle(slot_of("draft", draft.id))


def _too_late(chair: Chair, number: int) -> str | None:
    fate = drafts.fate_of(chair.unit, number, chair.clinician.id)
    return f"c-draft-{fate}" if fate is not None else None


def _send(
    chair: Chair,
    patient: Patient,
    alert: Alert | None,
    text: str,
    *,
    name: str,
    source: int | None,
) -> None:
    care.send(
        chair.unit,
        chair.site,
        chair.clinician,
        patient,
        text,
        at=chair.at,
        name=name,
        alert=alert,
        source_message=source,
    )
    doors.keep_act(chair, "write", patient.id)
    answer = "c-sent" if patient.reachable else "c-unreachable"
    chair.about(patient.id, answer, pseudonym=patient.pseudonym)
    if alert is not None and alert.state in UNTAKEN:
        say_taken(chair, alert)


def _correct(chair: Chair, patient_id: int, before: thread.Message, text: str, source: int) -> None:
    patient = find(chair, patient_id)
    if patient is None or has_left(chair, patient):
        return
    care.send(
        chair.unit,
        chair.site,
        chair.clinician,
        patient,
        text,
        at=chair.at,
        name=f"told:{chair.cause}",
        source_message=source,
        corrects=before.corrects or before.id,
    )
    doors.keep_act(chair, "write", patient.id, "correction")
    answer = "c-corrected" if patient.reachable else "c-unreachable"
    chair.about(patient.id, answer, pseudonym=patient.pseudonym)


def _buttons(chair: Chair, number: int, *acts: str) -> Rows:
    label = chair.site.release.label
    row = tuple(Button(label=label(f"draft-{act}"), data=f"draft.{number}.{act}") for act in acts)
    return (row,)
