"""Whose a contact is, sealed with its chat, so that nobody changes it who has no key.

The numbers stand in columns too, to be looked for by; what is sealed counts. Nothing else writes
these columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, select, update

from bot.keys import CannotOpen, Vault
from bot.store.tables import contacts
from bot.store.unit import Unit, insert

BONDS_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Bond:
    """Where a contact is reached, and whose it is."""

    chat: str
    patient_id: int | None = None
    clinician_id: int | None = None

    def fits(self, row: Row[Any]) -> bool:
        """Whether the row's columns say the same."""
        return (self.patient_id, self.clinician_id) == (row.patient_id, row.clinician_id)


def sealed(vault: Vault, lookup: str, bond: Bond) -> bytes:
    """The bond as the contact of that lookup keeps it."""
    written = json.dumps([bond.chat, bond.patient_id, bond.clinician_id])
    return vault.site("contacts").seal(written, "contacts", "chat", lookup)


def bond_of(vault: Vault, row: Row[Any]) -> Bond:
    """What was sealed for this contact, whatever its columns say; or CannotOpen."""
    return _opened_bond(vault, row.chat, row.lookup)


# the same few people are met again and again; what does not open is not remembered
@lru_cache(BONDS_KEPT)
def _opened_bond(vault: Vault, blob: bytes, lookup: str) -> Bond:
    opened = vault.site("contacts").open(blob, "contacts", "chat", lookup)
    match parts(opened):
        case [str(chat), int() | None as patient_id, int() | None as clinician_id]:
            return Bond(chat, patient_id, clinician_id)
        case _:
            raise CannotOpen


def chat_in(vault: Vault, row: Row[Any]) -> str:
    """Where the contact is reached; CannotOpen if somebody changed whose it is."""
    bond = bond_of(vault, row)
    if not bond.fits(row):
        raise CannotOpen
    return bond.chat


def met(unit: Unit, lookup: str, chat: str) -> Row[Any]:
    """The row of that lookup, made now, and nobody's, if there is none."""
    query = select(contacts).where(contacts.c.lookup == lookup)
    known = unit.connection.execute(query).one_or_none()
    if known is not None:
        return known
    blob = sealed(unit.vault, lookup, Bond(chat))
    statement = insert(unit, contacts).values(lookup=lookup, chat=blob).on_conflict_do_nothing()
    unit.connection.execute(statement)
    return unit.connection.execute(query).one()


def give_patient(unit: Unit, contact_id: int, patient_id: int | None) -> None:
    """From now on the contact is this patient's, or no patient's."""
    row = _locked(unit, contact_id)
    _keep(unit, row, replace(bond_of(unit.vault, row), patient_id=patient_id))


def give_clinician(unit: Unit, contact_id: int, clinician_id: int) -> None:
    """From now on the contact is this clinician's."""
    row = _locked(unit, contact_id)
    _keep(unit, row, replace(bond_of(unit.vault, row), clinician_id=clinician_id))


def move(unit: Unit, contact_id: int, *, lookup: str, chat: str) -> None:
    """From now on the contact is reached in that chat, and stays whose it is."""
    row = _locked(unit, contact_id)
    bond = replace(bond_of(unit.vault, row), chat=chat)
    this = update(contacts).where(contacts.c.id == contact_id)
    values = {"lookup": lookup, "chat": sealed(unit.vault, lookup, bond)}
    unit.connection.execute(this.values(values))


def put_right(unit: Unit) -> list[int]:
    """The contacts whose columns were not what is sealed with them, and now are."""
    forged = _forged(unit, select(contacts))
    if not forged:
        return []
    these = contacts.c.id.in_([number for number, _ in forged])
    query = select(contacts).where(these).order_by(contacts.c.id)
    # read again, in one order: somebody else may have just put them right
    again = query.with_for_update() if unit.locks else query
    forged = _forged(unit, again)
    for number, bond in forged:
        _put_right(unit, number, bond)
    return [number for number, _ in forged]


def set_aside(unit: Unit, row: Row[Any]) -> None:
    """Nobody is found by this contact, which does not open; it is kept to be looked into."""
    this = update(contacts).where(contacts.c.id == row.id)
    unit.connection.execute(this.values(lookup=f"unreadable {row.id}"))


def parts(opened: str) -> object:
    """What was sealed, part by part; None if a version sealed it that bound nothing."""
    try:
        return json.loads(opened)
    except ValueError:
        return None


def sound(vault: Vault, rows: Iterable[Row[Any]]) -> Iterator[tuple[Row[Any], Bond]]:
    """Those of these contacts whose columns say what was sealed, and what that was."""
    return ((row, bond) for row, bond in _opened(vault, rows) if bond.fits(row))


def _forged(unit: Unit, query: Select[Any]) -> list[tuple[int, Bond]]:
    """Those whose columns say something else than their seal; what does not open says nothing."""
    found = _opened(unit.vault, unit.connection.execute(query))
    return [(row.id, bond) for row, bond in found if not bond.fits(row)]


def _opened(vault: Vault, rows: Iterable[Row[Any]]) -> Iterator[tuple[Row[Any], Bond]]:
    for row in rows:
        with suppress(CannotOpen):
            yield row, bond_of(vault, row)


def _put_right(unit: Unit, contact_id: int, bond: Bond) -> None:
    this, run = contacts.c.id == contact_id, unit.connection.execute
    for column, number in (("patient_id", bond.patient_id), ("clinician_id", bond.clinician_id)):
        # each number is one contact's: whoever else holds it, which may not even open, lets it go
        other = contacts.c[column] == number, ~this
        run(update(contacts).where(*other).values({column: None}))
        run(update(contacts).where(this).values({column: number}))


def _locked(unit: Unit, contact_id: int) -> Row[Any]:
    query = select(contacts).where(contacts.c.id == contact_id)
    return unit.connection.execute(query.with_for_update() if unit.locks else query).one()


def _keep(unit: Unit, row: Row[Any], bond: Bond) -> None:
    values = {
        "chat": sealed(unit.vault, row.lookup, bond),
        "patient_id": bond.patient_id,
        "clinician_id": bond.clinician_id,
    }
    unit.connection.execute(update(contacts).where(contacts.c.id == row.id).values(values))
