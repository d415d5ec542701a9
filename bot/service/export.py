"""Everything that is kept about a patient, gathered for them: their own words, nobody else's.

Of what others wrote to them or about them it says who and when, and not what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from bot import markup
from bot.service.own_page import own_page
from bot.service.site import Site
from bot.store import calls, notes, offers, people, records
from bot.store.calls import Call
from bot.store.cards import Filed
from bot.store.offers import Offer
from bot.store.thread import Message
from bot.store.unit import Unit
from flows.events import EVENT, is_patients
from flows.state import State

DATA, PAGE = "paceful-my-data.json", "paceful-my-data.html"
"""The names of the two files, which say what each of them is."""
_TEAM = "care team"


def own_file(unit: Unit, site: Site, patient_id: int, name: str) -> bytes:
    """The patient's data as the file of that name: as a page to read, or as JSON."""
    whole = gathered(unit, site, patient_id)
    if name != PAGE:
        return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    return own_page(site.release, whole, records.scores_of(unit, patient_id)).encode()


def gathered(unit: Unit, site: Site, patient_id: int) -> dict[str, Any]:
    """What the patient answered, scored, agreed to, wrote and did, and when others wrote."""
    kept = records.of_patient(unit, patient_id)
    names = {each.id: each.name for each in people.clinicians(unit)}
    state = State.model_validate_json(kept.patient.state_json)
    return {
        "made_at": site.clock.now(),
        "pseudonym": kept.patient.pseudonym,
        "joined_at": kept.patient.created_at,
        "kept_for": site.settings.retention.record_words,
        "phase": state.phase,
        "settings": _settings(state),
        "consents": [asdict(each) for each in kept.consents],
        "answers": [asdict(each) for each in kept.answers],
        "scores": [each.model_dump() for each in kept.scores],
        "cards": [_card(each) for each in kept.cards],
        "lessons": [asdict(done) for done in state.done],
        "history": _history(unit, patient_id),
        "messages": [_message(each, names) for each in kept.messages],
        "notes": [
            {"at": each.at, "from": names.get(each.clinician_id, _TEAM)}
            for each in reversed(notes.of_patient(unit, patient_id))
        ],
        "alerts": [_without(asdict(each), "id", "patient_id", "taken_by") for each in kept.alerts],
        "calls": [_call(each, names) for each in calls.of_patient(unit, patient_id)],
        "offers": [_offer(each, names) for each in offers.of_patient(unit, patient_id)],
        "nudges": [asdict(each) for each in kept.nudges],
    }


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


def _call(call: Call, names: Mapping[int, str]) -> dict[str, Any]:
    """A call: with whom, when, what became of it, and the times that were offered."""
    plain = {name: getattr(call, name) for name in ("at", "minutes", "state", "purpose", "slots")}
    return {"with": names.get(call.clinician_id, _TEAM), "offered_at": call.made_at, **plain}


def _offer(offer: Offer, names: Mapping[int, str]) -> dict[str, Any]:
    """What the care team asked: who, of what kind, and what was answered; a letter stays theirs."""
    asked = {name: getattr(offer, name) for name in ("kind", "subject", "state", "answer")}
    by = names.get(offer.clinician_id, _TEAM)
    return {"from": by, "at": offer.made_at, **asked, "answered_at": offer.answered_at}


def _message(message: Message, names: Mapping[int, str]) -> dict[str, Any]:
    """The patient's own words; of a clinician's, who wrote and when."""
    if message.clinician_id is not None:
        return {"at": message.at, "from": names.get(message.clinician_id, _TEAM)}
    return {"at": message.at, "from": "me", "text": message.text}


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
