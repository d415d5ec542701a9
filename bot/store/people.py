"""Patients and clinicians, the contacts by which they are reached, and each patient's journal."""

import logging
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, Table, Update, bindparam, select, update

from bot.keys import CannotOpen
from bot.store import ahead, bonds, pseudonyms, standing
from bot.store.standing import standing_of
from bot.store.tables import clinicians as clinicians_table
from bot.store.tables import contacts, turns
from bot.store.tables import patients as patients_table
from bot.store.unit import Unit, add

log = logging.getLogger(__name__)
_JOURNAL = turns.insert()

SEALED = ("email", "replies")
"""What of a clinician, beside the name, nobody reads in the database itself."""


class AlreadyEnrolled(Exception):
    """This contact belongs to a patient already."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone who can be reached, and who they are to us; a stranger is neither.

    `is_forged` if the row says something else than what was sealed: who they are is as sealed.
    """

    id: int
    lookup: str
    patient_id: int | None
    clinician_id: int | None
    is_forged: bool = False


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as the engine needs them: where they are, and how to reach them."""

    id: int
    pseudonym: str
    state_json: str
    phase: str
    turn: int
    release: str
    zone: str | None
    country: str | None
    language: str
    created_at: datetime
    last_seen_at: datetime | None
    reachable: bool
    contact_id: int | None
    lookup: str | None
    taken_by: int | None = None


_TOLD = ("phase", "zone", "country", "last_seen_at", "reachable")
"""What few turns change; SQLite writes the indexes in which they stand anew, changed or not."""
_TOLD_OF = attrgetter(*_TOLD)
_AFTER_STATE = attrgetter(*list(Patient.__dataclass_fields__)[3:])


@dataclass(frozen=True, slots=True)
class Glance:
    """A patient in a list, without anything that is sealed."""

    id: int
    pseudonym: str
    phase: str
    turn: int
    last_seen_at: datetime | None
    reachable: bool


@dataclass(frozen=True, slots=True)
class Clinician:
    """A member of the care team, and what they set for themselves."""

    id: int
    name: str
    role: str
    joined_at: datetime
    contact_id: int | None
    email: str | None = None
    zone: str | None = None
    replies: str | None = None
    digest_hour: int | None = None


class Entry(NamedTuple):
    """One line of a patient's journal: what happened at that turn, under which release."""

    turn: int
    event_json: str
    release: str


def contact(unit: Unit, lookup: str) -> Contact | None:
    """The contact that is kept under that lookup, or None for a stranger; or CannotOpen."""
    row = ahead.contact(unit, lookup)
    return None if row is None else _contact(unit, row)


def known_as(unit: Unit, chat: str) -> str:
    """Under which of its lookups that chat's contact is kept; the first key's for a stranger."""
    lookups = unit.vault.lookups("telegram", chat)
    if len(lookups) == 1:
        return lookups[0]
    query = select(contacts.c.lookup).where(contacts.c.lookup.in_(lookups))
    return unit.asking.execute(query).scalar_one_or_none() or lookups[0]


def meet(unit: Unit, *, lookup: str, chat: str) -> Contact:
    """The contact with that lookup, made now if it is a stranger, and put right if it was forged.

    One that does not open is set aside, and they are a stranger: help must reach whoever writes.
    """
    row = bonds.met(unit, lookup, chat)
    try:
        known = _contact(unit, row)
    except CannotOpen:
        log.error("contact %s does not open, and is nobody's from now on", row.id)
        bonds.set_aside(unit, row)
        return _contact(unit, bonds.met(unit, lookup, chat))
    if known.is_forged:
        bonds.put_right(unit)
    return replace(known, is_forged=False)


def lookup_of(unit: Unit, contact_id: int) -> str:
    """The lookup of that contact."""
    query = select(contacts.c.lookup).where(contacts.c.id == contact_id)
    return str(unit.connection.execute(query).scalar_one())


def chat_of(unit: Unit, contact_ids: Iterable[int]) -> dict[int, str]:
    """The chats of these contacts, by contact; CannotOpen if one of them was forged."""
    return {row.id: bonds.chat_in(unit.vault, row) for row in _rows(unit, contact_ids)}


def chats_of(unit: Unit, contact_ids: Collection[int]) -> dict[int, str]:
    """The chats of these contacts, by contact, without those that do not open or were forged."""
    rows = _rows(unit, contact_ids) if contact_ids else ()
    return {row.id: bond.chat for row, bond in bonds.sound(unit.vault, rows)}


def sound_chats(unit: Unit, contact_ids: Iterable[int]) -> list[str]:
    """The chats of these contacts, each once, without those that were forged."""
    return list(dict.fromkeys(chats_of(unit, list(contact_ids)).values()))


def enrol(
    unit: Unit,
    *,
    lookup: str,
    chat: str,
    release: str,
    state_json: str,
    language: str,
    at: datetime,
    phase: str = "consenting",
) -> Patient:
    """A new patient with a key and a pseudonym of their own, or AlreadyEnrolled."""
    known = _locked(unit, meet(unit, lookup=lookup, chat=chat))
    if known.patient_id is not None:
        raise AlreadyEnrolled
    values: dict[str, Any] = {
        "pseudonym": pseudonyms.free(unit),
        "created_at": at,
        "wrapped_key": unit.vault.new_patient_key(),
        "state": b"",
        "phase": phase,
        "turn": 0,
        "release": release,
        "language": language,
        "last_seen_at": at,
        "reachable": True,
    }
    patient_id = add(unit, patients_table, values)
    sealed = unit.seal_of(patient_id).seal(state_json, *_state_place(patient_id, 0))
    _change(unit, patients_table, patient_id, {"state": sealed})
    bonds.give_patient(unit, known.id, patient_id)
    return load(unit, [patient_id])[patient_id]


def load(unit: Unit, patient_ids: Iterable[int], *, lock: bool = True) -> dict[int, Patient]:
    """These patients by id; for writing on PostgreSQL locked until the transaction ends.

    Whoever only shows them takes no lock.
    """
    rows = ahead.patients(unit, list(patient_ids), lock=lock)
    return {row.id: _patient(unit, row) for row in rows}


def save_state(
    unit: Unit,
    patient_id: int,
    *,
    state_json: str,
    phase: str,
    turn: int,
    release: str,
    zone: str | None,
    country: str | None,
    last_seen_at: datetime | None,
    reachable: bool,
    was: Patient | None = None,
) -> None:
    """Keep where a patient is now; what is as it `was` in the row need not be written again."""
    row = {
        "row_id": patient_id,
        "state": unit.seal_of(patient_id).seal(state_json, *_state_place(patient_id, turn)),
        "turn": turn,
        "release": release,
    }
    ahead.forget_patient(unit, patient_id)
    told = phase, zone, country, last_seen_at, reachable
    if was is not None and told == _TOLD_OF(was):
        unit.later(patients_table, patient_id, _moving_on(), row)
        return
    row.update(zip(_TOLD, told, strict=True))
    unit.later(patients_table, patient_id, _row(patients_table), row)


def journal(
    unit: Unit,
    patient_id: int,
    turn: int,
    event_json: str,
    cause: int | None,
    release: str,
    at: datetime,
) -> None:
    """Keep what happened at a turn, and the inbox row that brought it."""
    values = {
        "patient_id": patient_id,
        "turn": turn,
        "at": at,
        "cause": cause,
        "event": unit.seal_of(patient_id).seal(event_json, *_event_place(patient_id, turn)),
        "release": release,
    }
    unit.later(turns, patient_id, _JOURNAL, values)


def journal_of(unit: Unit, patient_id: int) -> list[Entry]:
    """Everything that happened to a patient, oldest first."""
    seal = unit.seal_of(patient_id)
    query = select(turns).where(turns.c.patient_id == patient_id).order_by(turns.c.turn)
    return [
        Entry(row.turn, seal.open(row.event, *_event_place(patient_id, row.turn)), row.release)
        for row in unit.connection.execute(query)
    ]


def patients(unit: Unit, limit: int) -> list[Glance]:
    """The patients at a glance, those seen last first."""
    columns = [patients_table.c[name] for name in Glance.__dataclass_fields__]
    newest = patients_table.c.last_seen_at.desc().nulls_last(), patients_table.c.id
    query = select(*columns).order_by(*newest).limit(limit)
    return [Glance(*row) for row in unit.connection.execute(query)]


def join_clinician(
    unit: Unit, *, lookup: str, chat: str, name: str, role: str, at: datetime
) -> Clinician:
    """The member of the care team who is reached there; someone who comes back keeps their id."""
    known = meet(unit, lookup=lookup, chat=chat)
    clinician_id = known.clinician_id
    if clinician_id is None:
        blank = {"name": b"", "role": role, "joined_at": at}
        clinician_id = add(unit, clinicians_table, blank)
        bonds.give_clinician(unit, known.id, clinician_id)
    standing.appoint(unit, clinician_id, name=name, role=role, at=at)
    return Clinician(clinician_id, name, role, at, known.id)


def clinicians(unit: Unit) -> list[Clinician]:
    """The care team as it is now, in the order in which they joined, without forged rows."""
    if "team" not in unit.ahead:
        found = [_clinician(unit, row) for row in unit.ask(_team(), {})]
        unit.ahead["team"] = [each for each in found if each is not None]
    return list(unit.ahead["team"])


def set_own(unit: Unit, clinician_id: int, **values: str | int | None) -> None:
    """Keep what a clinician set for themselves: name, email, zone, replies or digest_hour."""
    if isinstance(name := values.pop("name", None), str):
        standing.rename(unit, clinician_id, name)
    seal = unit.vault.site("clinicians")
    kept = {
        name: seal.seal(value, "clinicians", name, clinician_id)
        if name in SEALED and isinstance(value, str)
        else value
        for name, value in values.items()
    }
    if kept:
        _change(unit, clinicians_table, clinician_id, kept)


def _clinician(unit: Unit, row: Row[Any]) -> Clinician | None:
    """A member of the team, or None if the row is not what was sealed."""
    try:
        sealed = standing_of(unit.vault, row)
    except CannotOpen:
        return None
    if not sealed.fits(row):
        return None
    email, replies = (_opened(unit, row, name) for name in SEALED)
    return Clinician(
        row.id,
        sealed.name,
        sealed.role,
        row.joined_at,
        row.contact_id,
        email,
        row.zone,
        replies,
        row.digest_hour,
    )


def _opened(unit: Unit, row: Row[Any], name: str) -> str | None:
    """What they set for themselves, or None; what does not open costs nobody their place."""
    seal, sealed = unit.vault.site("clinicians"), getattr(row, name)
    with suppress(CannotOpen):
        return None if sealed is None else seal.open(sealed, "clinicians", name, row.id)
    return None


def _contact(unit: Unit, row: Row[Any]) -> Contact:
    bond = bonds.bond_of(unit.vault, row)
    return Contact(row.id, row.lookup, bond.patient_id, bond.clinician_id, not bond.fits(row))


def _rows(unit: Unit, contact_ids: Iterable[int]) -> Sequence[Row[Any]]:
    return unit.ask(_by_id(), {"ids": list(contact_ids)})


def _patient(unit: Unit, row: Row[Any]) -> Patient:
    unit.keep_seal(row.id, row.wrapped_key)
    place = _state_place(row.id, row.turn)
    state_json = unit.seal_of(row.id).open(row.state, *place)
    return Patient(row.id, row.pseudonym, state_json, *_AFTER_STATE(row))


def _locked(unit: Unit, known: Contact) -> Contact:
    """The contact as it is now, which nobody else makes a patient until the transaction ends."""
    if not unit.locks:
        return known
    query = select(contacts).where(contacts.c.id == known.id).with_for_update()
    return _contact(unit, unit.connection.execute(query).one())


def _change(unit: Unit, table: Table, row_id: int, values: dict[str, Any]) -> None:
    # values apart from the statement: it need not be built and compared with others each time
    unit.connection.execute(_row(table), {**values, "row_id": row_id})


def lookups_of_members(unit: Unit) -> frozenset[str]:
    """By which contacts the team's members are known, those who have left included."""
    rows = unit.connection.execute(select(contacts).where(contacts.c.clinician_id.is_not(None)))
    return frozenset(row.lookup for row, _ in bonds.sound(unit.vault, rows))


def pseudonyms_and_countries(unit: Unit) -> dict[str, tuple[str, str | None]]:
    """Each patient's pseudonym and country, by the lookup of their contact."""
    of_patient = contacts.join(patients_table, contacts.c.patient_id == patients_table.c.id)
    columns = (contacts.c.lookup, patients_table.c.pseudonym, patients_table.c.country)
    rows = unit.connection.execute(select(*columns).select_from(of_patient))
    return {lookup: (pseudonym, country) for lookup, pseudonym, country in rows}


@cache
def _by_id() -> Select[Any]:
    return select(contacts).where(contacts.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _team() -> Select[Any]:
    # statements are written once: to write one takes longer than to run it
    return (
        select(clinicians_table, contacts.c.id.label("contact_id"))
        .outerjoin(contacts, contacts.c.clinician_id == clinicians_table.c.id)
        .where(clinicians_table.c.disabled_at.is_(None))
        .order_by(clinicians_table.c.id)
    )


@cache
def _moving_on() -> Update:
    # a statement of its own: what waits is written by its first row's columns
    return update(patients_table).where(patients_table.c.id == bindparam("row_id"))


@cache
def _row(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam("row_id"))


def _state_place(patient_id: int, turn: int) -> tuple[object, ...]:
    # with the turn, so that an old state cannot pass for the present one
    return ("patients", "state", patient_id, turn)


def _event_place(patient_id: int, turn: int) -> tuple[object, ...]:
    return ("turns", "event", patient_id, turn)
