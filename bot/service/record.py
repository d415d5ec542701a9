"""From a turn's effects to rows: answers, scores, alerts, nudges, and what is to be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from bot.service import alerts, care, flooding, offers, parting
from bot.service.export import DATA, PAGE
from bot.service.post import Body, Bubble, Document, Picture, Settled, bubble, veiled
from bot.service.post import Toast as ToastPost
from bot.service.site import Site
from bot.store import cards, nudges, outbox, people, records
from bot.store.outbox import NewPost
from bot.store.people import Patient
from bot.store.unit import Unit
from flows import effects as do
from flows.effects import Effect
from flows.program import Release
from flows.turn import Turn


def record(
    unit: Unit, site: Site, patient: Patient, release: Release, turned: Turn, *, at: datetime
) -> None:
    """Write everything that a turn decided; the caller's transaction makes it one."""
    state = turned.state
    state_json = site.states.write(state, at)
    people.save_state(
        unit,
        patient.id,
        state_json=state_json,
        phase=state.phase,
        turn=state.turn,
        release=state.release,
        zone=_text(state.answers.get("zone")),
        country=_text(state.answers.get("country")),
        last_seen_at=state.last_seen_at,
        reachable=state.reachable,
        was=patient,
    )
    for effect in turned.effects:
        _carry_out(unit, site, patient, release, effect, turn=state.turn, at=at)
    flooding.make_room(unit, release, patient, turned)
    outbox.add(unit, _posts(release, patient, turned, at))
    if state.phase == "withdrawn" != patient.phase:
        parting.part(unit, site, patient, at=at)


def _carry_out(
    unit: Unit,
    site: Site,
    patient: Patient,
    release: Release,
    effect: Effect,
    *,
    turn: int,
    at: datetime,
) -> None:
    match effect:
        case do.Send() | do.Settle() | do.Toast() | do.Chart() | do.Sheet() | do.GiveData():
            return  # what is sent goes out in one list, in order
        case do.Record():
            records.answer(
                unit,
                patient.id,
                records.Answer(turn, effect.flow, effect.step, effect.key, effect.value, at),
            )
        case do.Keep():
            records.score(unit, patient.id, effect.score)
        case do.File():
            cards.file(unit, patient.id, effect.card, turn=turn, replaces=effect.replaces)
        case do.Agree():
            records.consent(unit, patient.id, _consent(release, effect, turn, at))
        case do.Raise():
            alerts.raise_alert(unit, site, release, patient, effect, at=at)
        case do.Nudge():
            nudges.set(unit, patient.id, effect.key, effect.due_at, effect.slot, turn)
        case do.Cancel():
            nudges.cancel(unit, patient.id, effect.key, effect.reason)
        case do.Skip():
            nudges.settle(unit, patient.id, effect.key, "skipped", effect.reason)
        case do.Relay():
            care.relay(unit, site, patient, effect.text, at=at)
        case do.Reply():
            offers.answer(unit, site, patient, effect.offer, effect.value, at)
        case do.Erase():
            return  # then there is nothing to record, and nobody comes here


def _consent(release: Release, effect: do.Agree, turn: int, at: datetime) -> records.Consent:
    return records.Consent(
        turn=turn,
        version=effect.version,
        text_hash=hashlib.sha256(effect.text.encode()).hexdigest(),
        language=release.program.language,
        agreed=effect.agreed,
        at=at,
    )


def _posts(release: Release, patient: Patient, turned: Turn, at: datetime) -> Sequence[NewPost]:
    """Bubbles first, for they may be urgent; then the old prompt loses its buttons."""
    if patient.contact_id is None:
        return ()
    sent = [effect for effect in turned.effects if not isinstance(effect, do.Settle)]
    settled = [effect for effect in turned.effects if isinstance(effect, do.Settle)]
    return [
        NewPost(
            contact_id=patient.contact_id,
            patient_id=patient.id,
            lane=_lane(effect, turned),
            shape=body.shape,
            body=body.model_dump_json(),
            created_at=at,
            turn=effect.turn if isinstance(effect, do.Settle) else turned.state.turn,
        )
        for effect in (*sent, *settled)
        for body in _bodies(release, effect)
    ]


def _lane(effect: Effect, turned: Turn) -> do.Lane:
    if isinstance(effect, do.Send):
        return effect.lane
    lanes = [each.lane for each in turned.effects if isinstance(each, do.Send)]
    return lanes[0] if lanes and lanes[0] == "nudge" else "reply"


def _bodies(release: Release, effect: Effect) -> tuple[Body, ...]:
    """What is sent for an effect: nothing, one thing, or one's data twice, to read and to use."""
    match effect:
        case do.Send():
            return (_bubble(effect),)
        case do.Settle():
            return (Settled(note=_note(release, effect.chosen)),)
        case do.Chart() | do.Sheet():
            return (Picture(drawing=effect),)
        case do.GiveData():
            same = release.text("mydata-data").strip()
            page = Document(caption=effect.caption.strip(), name=PAGE)
            return page, Document(caption=same, name=DATA)
        case _:
            return ()


def _bubble(effect: do.Send) -> Bubble:
    made = bubble(effect.text, effect.values, effect.buttons)
    made = made.model_copy(update={"private": True}) if effect.private else made
    return veiled(made, effect.veil) if effect.veil else made


def _note(release: Release, chosen: str | None) -> str | None:
    if chosen is None:
        return None
    return bubble(release.text("chosen"), {"chosen": chosen}).text


def answer_tap(unit: Unit, patient: Patient, query: str, turned: Turn, at: datetime) -> None:
    """Answer a tap, as every tap is, with the turn's short notice if there is one.

    Without words it only ends the button's waiting: too little to be kept until it is sent.
    """
    texts = [e.text.strip() for e in turned.effects if isinstance(e, do.Toast)]
    if not texts:
        unit.taps.append(query)
    elif patient.contact_id is not None:
        post = NewPost(
            contact_id=patient.contact_id,
            patient_id=patient.id,
            lane="reply",
            shape="toast",
            body=ToastPost(query=query, text=texts[0]).model_dump_json(),
            created_at=at,
        )
        outbox.add(unit, [post])


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)
