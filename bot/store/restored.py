"""What a restored database must not do again, and what must not be taken for something newer."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, String, and_, cast, exists, select, update

from bot.keys import CannotOpen
from bot.store import people
from bot.store.people import Patient
from bot.store.tables import (
    inbox,
    invites,
    mails,
    nudges,
    outbox,
    page_links,
    page_sessions,
    patients,
    replicas,
)
from bot.store.unit import Unit
from bot.store.wants import is_clock

REASON = "restored"
AT_ONCE = 200
_UNSETTLED = ("pending", "sending")


def forget_unsent(unit: Unit) -> int:
    """How many answers and nudges that waited are not sent; alerts and help lines wait on."""
    unsettled = outbox.c.state.in_(_UNSETTLED)
    late = update(outbox).where(unsettled, outbox.c.lane.in_(("reply", "nudge")))
    dropped = unit.connection.execute(late.values(state="dropped", error=REASON)).rowcount
    for table in (outbox, mails):
        sending = update(table).where(table.c.state == "sending")
        unit.connection.execute(sending.values(state="pending", claimed_at=None, claimed_by=None))
    return dropped


def skip_nudges(unit: Unit, now: datetime) -> int:
    """How many reminders had come due and are not sent: they may have been, before the restore.

    Clocks of ours run on, and what they tell the care team is told.
    """
    came = nudges.c.state.in_(("waiting", "fired")), nudges.c.due_at <= now, ~is_clock()
    _drop_fired(unit, and_(*came), now)
    skipped = update(nudges).where(*came).values(state="skipped", reason=REASON)
    return unit.connection.execute(skipped).rowcount


def end_doors(unit: Unit, now: datetime) -> None:
    """Nobody is signed in, and no code or link opens anything: it may have been used since."""
    execute = unit.connection.execute
    execute(
        update(page_sessions)
        .where(page_sessions.c.ended_at.is_(None))
        .values(ended_at=now, end_reason=REASON)
    )
    for table in (page_links, invites):
        execute(update(table).where(table.c.used_at.is_(None)).values(used_at=now))
    execute(update(replicas).where(replicas.c.ended_at.is_(None)).values(ended_at=now))


def leap_turns(unit: Unit, by: int) -> int:
    """How many patients are so many turns further: a button sent since the backup is stale."""
    done, last = 0, 0
    while numbers := _after(unit, last):
        for patient in _readable(unit, numbers):
            _leap(unit, patient, by)
            done += 1
        last = numbers[-1]
    return done


def _drop_fired(unit: Unit, came: ColumnElement[bool], now: datetime) -> None:
    """What had come due and was about to be sent is not handled any more."""
    begins = "nudge:" + cast(nudges.c.id, String) + ":"
    is_one = exists().where(came, inbox.c.external_id.startswith(begins))
    waiting = inbox.c.source == "clock", inbox.c.handled_at.is_(None), is_one
    gone = {"handled_at": now, "outcome": "ignored", "body": None}
    unit.connection.execute(update(inbox).where(*waiting).values(gone))


def _after(unit: Unit, last: int) -> list[int]:
    query = select(patients.c.id).where(patients.c.id > last).order_by(patients.c.id)
    return list(unit.connection.execute(query.limit(AT_ONCE)).scalars())


def _readable(unit: Unit, numbers: list[int]) -> list[Patient]:
    """These patients, but for whose state no key opens: they cost nobody else anything."""
    with suppress(CannotOpen):
        return list(people.load(unit, numbers).values())
    return [each for number in numbers for each in _one(unit, number)]


def _one(unit: Unit, number: int) -> list[Patient]:
    with suppress(CannotOpen):
        return list(people.load(unit, [number]).values())
    return []


def _leap(unit: Unit, patient: Patient, by: int) -> None:
    state = orjson.loads(patient.state_json)
    turn = patient.turn + by
    people.save_state(
        unit,
        patient.id,
        state_json=orjson.dumps({**state, "turn": turn}).decode(),
        phase=patient.phase,
        turn=turn,
        release=patient.release,
        zone=patient.zone,
        country=patient.country,
        last_seen_at=patient.last_seen_at,
        reachable=patient.reachable,
    )
