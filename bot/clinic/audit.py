"""Audit: who looked at whom, and who changed what; for leads."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import Route

from bot.clinic.answers import Answer, Shown
from bot.clinic.frame import ROOT, Frame
from bot.clinic.looks import keep_look
from bot.clinic.visit import Visit
from bot.store import audit, members
from bot.store.audit import Entry

AUDIT = f"{ROOT}/audit"
PAGE = 50
MOST_NAMED = 6
"""So many of those on a list are named; the filter finds whoever was on it."""

ACTS = {
    "sign-in": "signed in",
    "end-session": "ended a session",
    "break-glass": "opened a patient not on their caseload",
    "open-today": "read what is open today",
    "open-patients": "read the table of patients",
    "list-alerts": "listed open alerts in the chat",
    "list-patients": "listed patients in the chat",
    "list-unread": "listed unread words in the chat",
    "list-calls": "listed calls in the chat",
    "open-patient": "opened a patient",
    "show-words": "read a patient's words",
    "show-cards": "read plans and exercises",
    "show-thread": "read the thread",
    "show-notes": "read the notes",
    "hide-words": "hid the patient's words again",
    "hide-cards": "hid plans and exercises again",
    "hide-thread": "hid the thread again",
    "hide-notes": "hid the notes again",
    "take-over": "took over the conversation",
    "hand-back": "handed the conversation back",
    "call": "offered a call",
    "propose": "suggested a change",
    "mode": "set the contact mode",
    "assign": "put a patient on a caseload",
    "unassign": "took a patient off a caseload",
    "minutes": "noted minutes",
    "mark-seen": "marked words as seen",
    "move-call": "moved a call",
    "cancel-call": "took a call back",
    "withdraw": "took a suggestion back",
    "write": "wrote to the patient",
    "note": "kept a note",
    "ask-letter": "asked for a letter",
    "letter": "opened the letter",
    "open-draft": "saw a patient's last score above a draft",
    "open-card": "opened a patient's card in the chat",
    "draft-letter": "read the draft of a letter in the chat",
    "round": "read a patient's summary in a round",
    "save-chart": "saved a chart",
    "open-alert": "opened an alert",
    "take-alert": "took an alert",
    "act-on-alert": "acted on an alert",
    "close-alert": "closed an alert",
    "settle-call": "said how a call went",
    "read-note": "read how an alert ended",
    "note-alert": "added a note to an alert",
    "read-audit": "read the audit",
    "erase": "erased a patient",
    "restore": "put a backup back",
    "invite": "made an invite code",
    "disable": "disabled a member",
    "shift-add": "added a shift to the rota",
    "shift-remove": "took a shift off the rota",
    "swap-add": "let somebody stand in",
    "swap-remove": "took back a standing-in",
}
"""What was done, in words; an act without words here is shown by its own name."""


def routes(frame: Frame) -> list[Route]:
    """The audit."""
    return [frame.page(AUDIT, view, writes=True)]


def view(visit: Visit) -> Answer:
    """What was kept, newest first, a page at a time, of one clinician or patient if wished."""
    visit.needs_lead()
    who, pseudonym = visit.query_number("who"), visit.query("patient")
    patient_id = members.patient_named(visit.unit, pseudonym) if pseudonym else None
    unknown = bool(pseudonym) and patient_id is None
    keep_look(visit, patient_id, "read-audit", f"of clinician {who}" if who else "")
    found = (
        []
        if unknown
        else audit.entries(
            visit.unit,
            limit=PAGE + 1,
            before=visit.query_number("before"),
            clinician_id=who,
            patient_id=patient_id,
        )
    )
    return Shown(
        "audit.html",
        {
            "entries": found[:PAGE],
            "lists": _lists(visit, found[:PAGE]),
            "older": found[PAGE - 1].id if len(found) > PAGE else None,
            "is_first": visit.query_number("before") is None,
            "names": {each.id: each.name for each in members.everyone(visit.unit)},
            "who": who,
            "patient": pseudonym,
            "unknown": unknown,
            "acts": ACTS,
        },
    )


def _lists(visit: Visit, entries: list[Entry]) -> dict[int, str]:
    """Who was on each list that somebody read, by the entry's number: some, and how many more."""
    on = {each.id: numbers for each in entries if (numbers := audit.on_list(each.subject))}
    first = {number for numbers in on.values() for number in numbers[:MOST_NAMED]}
    names = members.names_of(visit.unit, first)
    return {entry: _named(them, names) for entry, them in on.items()}


def _named(numbers: list[int], names: Mapping[int, str]) -> str:
    said = ", ".join(names.get(number, "–") for number in numbers[:MOST_NAMED])
    more = len(numbers) - MOST_NAMED
    return f"{said} and {more} more" if more > 0 else said
