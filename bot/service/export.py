"""Everything that is kept about a patient, as a file for them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from bot import markup
from bot.service.site import Site
from bot.store import calls, offers, people, records
from bot.store.calls import Call
from bot.store.cards import Filed
from bot.store.offers import Offer
from bot.store.unit import Unit
from flows.events import EVENT, is_patients
from flows.state import State


def export(unit: Unit, site: Site, patient_id: int) -> bytes:
    """The patient's data as JSON: what they answered, scored, agreed to, wrote and were told."""
    kept = records.of_patient(unit, patient_id)
    names = {each.id: each.name for each in people.clinicians(unit)}
    state = State.model_validate_json(kept.patient.state_json)
    whole = {
        "made_at": site.clock.now(),
        "pseudonym": kept.patient.pseudonym,
        "joined_at": kept.patient.created_at,
        "phase": state.phase,
        "settings": _settings(state),
        "consents": [asdict(each) for each in kept.consents],
        "answers": [asdict(each) for each in kept.answers],
        "scores": [each.model_dump() for each in kept.scores],
        "cards": [_card(each) for each in kept.cards],
        "lessons": [done.model_dump() for done in state.done],
        "history": _history(unit, patient_id),
        "messages": [_message(each, names) for each in kept.messages],
        "alerts": [_without(asdict(each), "id", "patient_id", "taken_by") for each in kept.alerts],
        "calls": [_call(each, names) for each in calls.of_patient(unit, patient_id)],
        "offers": [_offer(each, names) for each in offers.of_patient(unit, patient_id)],
        "nudges": [asdict(each) for each in kept.nudges],
    }
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def _history(unit: Unit, patient_id: int) -> list[dict[str, Any]]:
    """What the patient did, as it was kept: their words, taps and edits, not other people's."""
    events = [
        EVENT.validate_json(entry.event_json) for entry in people.journal_of(unit, patient_id)
    ]
    return [
        event.model_dump(exclude={"desk"}, exclude_none=True)
        for event in events
        if is_patients(event)
    ]


def _settings(state: State) -> dict[str, Any]:
    names = ("country", "zone", "track", "pack", "pace", "nudge-time", "nudge-days", "goal")
    return {name: state.answers[name] for name in names if name in state.answers}


def _card(filed: Filed) -> dict[str, Any]:
    """A version of a card: as it was read, and what was filled in."""
    card = filed.card
    return {
        **card.model_dump(include={"number", "card", "flow", "title", "at", "answers"}),
        "text": markup.plain(card.text, card.words),
        "replaced_at": filed.replaced_at,
    }


def _call(call: Call, names: dict[int, str]) -> dict[str, Any]:
    """A call: with whom, when, what became of it, and the times that were offered."""
    plain = {name: getattr(call, name) for name in ("at", "minutes", "state", "purpose", "slots")}
    return {"with": names.get(call.clinician_id, "care team"), "offered_at": call.made_at, **plain}


def _offer(offer: Offer, names: dict[int, str]) -> dict[str, Any]:
    """What the care team asked: who, what, the letter itself, and what was answered."""
    asked = {name: getattr(offer, name) for name in ("kind", "subject", "state", "answer", "body")}
    by = names.get(offer.clinician_id, "care team")
    return {"from": by, "at": offer.made_at, **asked, "answered_at": offer.answered_at}


def _message(message: Any, names: dict[int, str]) -> dict[str, Any]:
    who = names.get(message.clinician_id, "care team") if message.clinician_id else "me"
    return {"at": message.at, "from": who, "text": message.text}


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
