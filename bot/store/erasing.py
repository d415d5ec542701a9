"""What becomes of each table when a patient is erased: removed, emptied or kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    Table,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    true,
    update,
)

from bot.keys import CannotOpen
from bot.store import bonds, people
from bot.store.inbox import nobodys
from bot.store.tables import (
    alert_tries,
    alerts,
    answers,
    calls,
    cards,
    caseloads,
    consents,
    contacts,
    desks,
    drafts,
    glasses,
    inbox,
    mails,
    messages,
    notes,
    nudges,
    offers,
    outbox,
    patients,
    scores,
    tombstones,
    turns,
)
from bot.store.unit import Unit, insert

Fate = Literal["removed", "emptied", "kept"]

PLAN: Mapping[str, Fate] = {
    "patients": "emptied",
    "caseloads": "removed",
    "contacts": "removed",
    "groups": "kept",
    "inbox": "emptied",
    "turns": "removed",
    "answers": "removed",
    "scores": "removed",
    "cards": "removed",
    "consents": "removed",
    "alerts": "emptied",
    "alert_moves": "kept",
    "alert_tries": "kept",
    "mails": "removed",
    "nudges": "removed",
    "outbox": "removed",
    "messages": "removed",
    "drafts": "removed",
    "desks": "removed",
    "offers": "removed",
    "calls": "removed",
    "notes": "removed",
    "guidance": "kept",
    # reasons too: the key that opens them goes with the patient's
    "audit": "kept",
    "glasses": "removed",
}
"""Every table that hangs on a patient, on what they are reached by, or on an alert about them.

What is kept says when somebody in the team did something, and not a word or number of the
patient's. What is emptied keeps its row, so that others still lead somewhere.
"""

LONGEST_REASON = 256
NOBODY = "erased"
_SETTLED = ("sent", "refused", "dropped", "gone", "doubtful")


@dataclass(frozen=True, slots=True)
class Stone:
    """Who was erased, when, and why."""

    pseudonym: str
    erased_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A patient whom a pseudonym names: since when, and the content they stand on."""

    id: int
    created_at: datetime
    release: str


def find(unit: Unit, pseudonym: str) -> Found | None:
    """The patient with just that pseudonym, locked until the transaction ends; None for nobody."""
    columns = [patients.c[name] for name in Found.__dataclass_fields__]
    query = select(*columns).where(patients.c.pseudonym == pseudonym)
    locked = query.with_for_update() if unit.locks else query
    row = unit.connection.execute(locked).one_or_none()
    return None if row is None else Found(*row)


def lookups(unit: Unit, patient_id: int) -> list[str]:
    """By what the patient is known who writes from their chats."""
    return list(unit.connection.execute(_of_contact(patient_id, "lookup")).scalars())


def bury(unit: Unit, stone: Stone) -> None:
    """Keep who was erased; the last time counts."""
    values = {"erased_at": stone.erased_at, "reason": stone.reason[:LONGEST_REASON]}
    statement = insert(unit, tombstones).values(pseudonym=stone.pseudonym, **values)
    unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["pseudonym"], set_=values)
    )


def buried(unit: Unit) -> list[Stone]:
    """Everybody who was erased, the first one first."""
    columns = [tombstones.c[name] for name in Stone.__dataclass_fields__]
    query = select(*columns).order_by(tombstones.c.erased_at, tombstones.c.id)
    return [Stone(*row) for row in unit.connection.execute(query)]


def empty(
    unit: Unit,
    patient_id: int,
    *,
    state_json: str,
    facts: Callable[[str], str],
    at: datetime,
    leaves_at: datetime | None = None,
    until: int | None = None,
) -> None:
    """Nothing is left of the patient but a pseudonym and when somebody did something about them.

    `facts` gives an alert's facts without what the patient answered; `state_json` is who is left.
    With `leaves_at` they stay reachable until then, as nobody's patient. What they have sent after
    the inbox row `until` is that of somebody who begins anew.
    """
    bonds.put_right(unit)
    _empty_inbox(unit, patient_id, at, until)
    _empty_nobodys(unit, patient_id)
    _remove_told(unit, patient_id)
    for table in _WORDS:
        _run(unit, delete(table).where(table.c.patient_id == patient_id))
    _empty_alerts(unit, patient_id, facts)
    _remove_contact(unit, patient_id, leaves_at)
    _empty_patient(unit, patient_id, state_json)


# children first: a call hangs on its offer
_WORDS = (
    caseloads,
    turns,
    answers,
    scores,
    cards,
    consents,
    nudges,
    messages,
    drafts,
    desks,
    calls,
    offers,
    notes,
    glasses,
)


def _empty_inbox(unit: Unit, patient_id: int, at: datetime, until: int | None) -> None:
    # the row stays, so that Telegram's second copy of the message is still known as one
    theirs: ColumnElement[bool] = inbox.c.sender.in_(_of_contact(patient_id, "lookup"))
    if until is not None:
        theirs = and_(theirs, or_(inbox.c.id <= until, inbox.c.source != "telegram"))
    handled = func.coalesce(inbox.c.handled_at, at)
    done = case((inbox.c.outcome == "done", "done"), else_="ignored")
    gone = {"body": None, "sender": NOBODY, "handled_at": handled, "outcome": done, "message": None}
    _run(unit, update(inbox).where(theirs).values(gone))


def _empty_nobodys(unit: Unit, patient_id: int) -> None:
    """Empty what came in without a sender that anybody could read, if their number stands in it."""
    contact = unit.connection.execute(_of_contact(patient_id, "id")).scalars()
    for chat in people.sound_chats(unit, contact):
        number = re.compile(rf"(?<!\d){re.escape(chat)}(?!\d)")
        theirs = [row for row, body in nobodys(unit) if number.search(body)]
        _run(unit, update(inbox).where(inbox.c.id.in_(theirs)).values(body=None))


def _remove_told(unit: Unit, patient_id: int) -> None:
    """Remove what was said to them and about them, and what waits to be said."""
    own = select(alerts.c.id).where(alerts.c.patient_id == patient_id)
    tried = select(alert_tries.c.post_id, alert_tries.c.mail_id).where(
        alert_tries.c.alert_id.in_(own)
    )
    posts = select(tried.subquery().c.post_id)
    mailed = select(tried.subquery().c.mail_id)
    # one that tells of several patients is theirs too: it goes once it has been told
    together = outbox.c.id.in_(posts), outbox.c.state.in_(_SETTLED)
    _run(unit, delete(outbox).where(_about(outbox, own, patient_id)))
    _run(unit, delete(outbox).where(outbox.c.contact_id.in_(_of_contact(patient_id, "id"))))
    _run(unit, delete(outbox).where(*together))
    _run(unit, delete(mails).where(mails.c.alert_id.in_(own)))
    _run(unit, delete(mails).where(mails.c.id.in_(mailed), mails.c.state.in_(_SETTLED)))


def _about(table: Table, own: Select[Any], patient_id: int) -> ColumnElement[bool]:
    return or_(table.c.patient_id == patient_id, table.c.alert_id.in_(own))


def _empty_alerts(unit: Unit, patient_id: int, facts: Callable[[str], str]) -> None:
    query = select(alerts.c.id, alerts.c.facts).where(alerts.c.patient_id == patient_id)
    for number, kept in unit.connection.execute(query).all():
        values = {"facts": facts(kept), "note": None}
        _run(unit, update(alerts).where(alerts.c.id == number).values(values))


def _remove_contact(unit: Unit, patient_id: int, leaves_at: datetime | None) -> None:
    theirs = contacts.c.patient_id == patient_id
    if leaves_at is not None:
        _run(unit, update(contacts).where(theirs).values(leaves_at=leaves_at))
    # somebody who is of the team too stays reachable as such
    stays = contacts.c.clinician_id.is_not(None) if leaves_at is None else true()
    staying = unit.connection.execute(select(contacts.c.id).where(theirs, stays)).scalars()
    for number in staying.all():
        # what does not open leads nowhere, and goes
        with suppress(CannotOpen):
            bonds.give_patient(unit, number, None)
    _run(unit, delete(contacts).where(theirs))


def _empty_patient(unit: Unit, patient_id: int, state_json: str) -> None:
    """A new key in the place of the old one: what that one sealed opens nowhere any more."""
    wrapped = unit.vault.new_patient_key()
    sealed = unit.vault.patient(wrapped).seal(state_json, "patients", "state", patient_id, 0)
    values = {
        "wrapped_key": wrapped,
        "state": sealed,
        "phase": "withdrawn",
        "turn": 0,
        "zone": None,
        "country": None,
        "last_seen_at": None,
        "reachable": False,
        "taken_by": None,
        "taken_word_at": None,
        "taken_due_at": None,
    }
    _run(unit, update(patients).where(patients.c.id == patient_id).values(values))


def _of_contact(patient_id: int, column: str) -> Select[Any]:
    return select(contacts.c[column]).where(contacts.c.patient_id == patient_id)


def _run(unit: Unit, statement: Executable) -> None:
    unit.connection.execute(statement)
