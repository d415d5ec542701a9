"""The team as a lead sees it: everyone who ever joined, and what one who leaves has to hand on."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, or_, select, update

from bot.keys import CannotOpen
from bot.store import standing
from bot.store.tables import (
    alerts,
    caseloads,
    clinicians,
    contacts,
    desks,
    drafts,
    mails,
    outbox,
    patients,
    shifts,
    swaps,
)
from bot.store.unit import Unit
from bot.store.wants import is_open


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who joined the team; `disabled_at` if they are no longer in it."""

    id: int
    name: str
    role: str
    joined_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Burden:
    """What a member has in hand, for others to take over when they leave."""

    patients: tuple[str, ...]
    shifts: int
    swaps: int
    alerts: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hand on."""
        return not (self.patients or self.shifts or self.swaps or self.alerts)


@dataclass(frozen=True, slots=True)
class Freed:
    """What was taken off somebody who left: patients, shifts, swaps, and words not sent."""

    patients: tuple[int, ...]
    shifts: int
    swaps: int
    drafts: int


_GUIDED = caseloads.c.patient_id
UNREADABLE = "?"


def everyone(unit: Unit) -> list[Member]:
    """Everyone who ever joined, in the order in which they did; a forged row is as if they left."""
    rows = unit.connection.execute(select(clinicians).order_by(clinicians.c.id))
    return [_member(unit, row) for row in rows]


def disable(unit: Unit, clinician_id: int, at: datetime) -> bool:
    """Whether the member was in the team, and is no longer from now on."""
    return standing.dismiss(unit, clinician_id, at)


def free(unit: Unit, clinician_id: int, at: datetime) -> Freed:
    """What somebody who leaves had: off the rota and the caseloads, and nothing of theirs waits."""
    run = unit.connection.execute
    theirs = caseloads.c.clinician_id == clinician_id, caseloads.c.until_at.is_(None)
    guided = run(update(caseloads).where(*theirs).values(until_at=at).returning(_GUIDED)).scalars()
    on = run(delete(shifts).where(shifts.c.clinician_id == clinician_id)).rowcount
    stood_in = run(update(swaps).where(*_holds(clinician_id, at)).values(removed_at=at)).rowcount
    unsent = drafts.c.clinician_id == clinician_id, drafts.c.state == "waits"
    dropped = {"state": "cancelled", "settled_at": at, "text": b""}
    words = run(update(drafts).where(*unsent).values(dropped)).rowcount
    run(delete(desks).where(desks.c.clinician_id == clinician_id))
    return Freed(tuple(sorted(set(guided))), on, stood_in, words)


def say_no_more(unit: Unit, clinician_id: int) -> tuple[list[int], list[int]]:
    """The posts and the e-mails that waited to be told to somebody who left: they are dropped."""
    # somebody who is a patient too is still spoken with as such
    own = contacts.c.clinician_id == clinician_id, contacts.c.patient_id.is_(None)
    posts = outbox.c.contact_id.in_(select(contacts.c.id).where(*own)), outbox.c.state == "pending"
    letters = mails.c.clinician_id == clinician_id, mails.c.state == "pending"
    dropped = {"state": "dropped", "error": "left"}
    told = update(outbox).where(*posts).values(dropped).returning(outbox.c.id)
    mailed = update(mails).where(*letters).values(dropped).returning(mails.c.id)
    return (
        list(unit.connection.execute(told).scalars()),
        list(unit.connection.execute(mailed).scalars()),
    )


def pseudonyms(unit: Unit, patient_ids: Collection[int], *, alone: bool = False) -> list[str]:
    """The pseudonyms of these patients in order; `alone`, of those whom nobody guides."""
    query = select(patients.c.pseudonym).where(patients.c.id.in_(patient_ids))
    if alone:
        query = query.where(~_is_guided())
    return list(unit.connection.execute(query.order_by(patients.c.pseudonym)).scalars())


def burden(unit: Unit, clinician_id: int, at: datetime) -> Burden:
    """What that member has in hand; of one who left, the patients whom nobody guides since then."""
    own = (
        select(patients.c.pseudonym)
        .join(caseloads, caseloads.c.patient_id == patients.c.id)
        .where(caseloads.c.clinician_id == clinician_id, _is_theirs(clinician_id))
        .order_by(patients.c.pseudonym)
        .distinct()
    )
    taken = select(alerts.c.id).where(is_open(), alerts.c.taken_by == clinician_id)
    on = select(func.count()).select_from(shifts).where(shifts.c.clinician_id == clinician_id)
    stands_in = select(func.count()).select_from(swaps).where(*_holds(clinician_id, at))
    run = unit.connection.execute
    return Burden(
        tuple(run(own).scalars()),
        int(run(on).scalar_one()),
        int(run(stands_in).scalar_one()),
        tuple(run(taken.order_by(alerts.c.id)).scalars()),
    )


def names_of(unit: Unit, patient_ids: Collection[int]) -> dict[int, str]:
    """The pseudonyms of these patients by their numbers."""
    query = select(patients.c.id, patients.c.pseudonym).where(patients.c.id.in_(patient_ids))
    return {number: name for number, name in unit.connection.execute(query)}


def patient_named(unit: Unit, pseudonym: str) -> int | None:
    """The number of the patient with just this pseudonym, or None."""
    query = select(patients.c.id).where(patients.c.pseudonym == pseudonym)
    found: int | None = unit.connection.execute(query).scalar_one_or_none()
    return found


def _member(unit: Unit, row: Row[Any]) -> Member:
    name = UNREADABLE
    with suppress(CannotOpen):
        name = standing.standing_of(unit.vault, row).name
    left_at = row.disabled_at
    if not standing.is_sound(unit.vault, row):
        left_at = left_at or row.joined_at
    return Member(row.id, name, row.role, row.joined_at, left_at)


def _holds(clinician_id: int, at: datetime) -> tuple[ColumnElement[bool], ...]:
    """The swaps of that member that hold or will."""
    theirs = swaps.c.clinician_id == clinician_id
    return theirs, swaps.c.until_at > at, swaps.c.removed_at.is_(None)


def _is_theirs(clinician_id: int) -> ColumnElement[bool]:
    """Whether they guide the patient, or did until they left and nobody does since."""
    left_at = (
        select(clinicians.c.disabled_at).where(clinicians.c.id == clinician_id).scalar_subquery()
    )
    ended = caseloads.c.until_at == left_at
    return or_(caseloads.c.until_at.is_(None), and_(ended, ~_is_guided()))


def _is_guided() -> ColumnElement[bool]:
    """Whether somebody of the team guides the patient."""
    other, member = caseloads.alias(), clinicians.alias()
    return exists().where(
        other.c.patient_id == patients.c.id,
        other.c.until_at.is_(None),
        member.c.id == other.c.clinician_id,
        member.c.disabled_at.is_(None),
    )
