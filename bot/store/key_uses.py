"""Under which keys the rows are, and which processes seal with which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, func, select, true

from bot.keys import HEAD_BYTES, CannotOpen, Seal
from bot.store import bonds, keyring, replicas
from bot.store.errors import BadDatabase
from bot.store.rekeying import SEALED, head
from bot.store.tables import contacts, invites, patients
from bot.store.tables import replicas as processes
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Uses:
    """How many rows are under each key, by its name and table; and under none that is here."""

    rows: Mapping[str, Mapping[str, int]]
    unreadable: int
    invitations: int
    invitations_until: datetime | None


def uses(unit: Unit, now: datetime) -> Uses:
    """Under which keys the rows are."""
    found: dict[str, Counter[str]] = {name: Counter() for name in unit.vault.names}
    places = [(each.column, unit.vault.site(each.table.name), each.rows) for each in SEALED]
    places.append((patients.c.wrapped_key, unit.vault.wrapping, true()))
    unreadable = sum(_count(unit, found, *place) for place in places)
    unreadable += _count_contacts(unit, found)
    number, until = _open_invitations(unit, now)
    return Uses(found, unreadable, number, until)


def retire(unit: Unit, url: str, now: datetime, needed: Collection[str] = ()) -> Uses:
    """Under which keys the rows are; without those under which there is nothing we can start.

    The keys of these names are needed for something else, as is the first, and whatever a process
    that lives seals with.
    """
    keyring.lock(unit)
    found = uses(unit, now)
    sealing = {keys[0] for keys in sealing_elsewhere(unit, url).values()}
    stay = {unit.vault.names[0], *needed, *sealing}
    empty = [name for name, rows in found.rows.items() if not rows and name not in stay]
    keyring.retire(unit, empty)
    return found


def sealing_elsewhere(unit: Unit, url: str) -> dict[int, list[str]]:
    """The keys of each process that lives and seals with another key than ours, by its number."""
    keys = keyring.of_processes(unit.connection, _at_work(unit, url))
    first = unit.vault.names[0]
    return {number: names for number, names in keys.items() if names and names[0] != first}


def _count(
    unit: Unit,
    found: Mapping[str, Counter[str]],
    column: Column[Any],
    seal: Seal,
    which: ColumnElement[bool],
) -> int:
    """Count a column's rows with those found; how many are under a key that is not here."""
    begins, unknown = head(column), 0
    query = select(begins, func.count()).where(which, func.length(column) > 0).group_by(begins)
    names = dict(zip(seal.heads, found, strict=True))
    for begun, number in unit.connection.execute(query):
        if (name := names.get(bytes(begun))) is None:
            unknown += number
        else:
            found[name][column.table.name] += number
    return unknown


def _count_contacts(unit: Unit, found: Mapping[str, Counter[str]]) -> int:
    seal, unknown = unit.vault.site("contacts"), 0
    names = dict(zip(seal.heads, found, strict=True))
    for row in unit.connection.execute(select(contacts)):
        try:
            chat = bonds.bond_of(unit.vault, row).chat
        except CannotOpen:
            unknown += 1
            continue
        lookups = dict(zip(unit.vault.lookups("telegram", chat), found, strict=True))
        # the older of the two says until when it needs an old key
        order = list(found)
        sealed, named = names[row.chat[:HEAD_BYTES]], lookups.get(row.lookup, order[0])
        found[max(sealed, named, key=order.index)]["contacts"] += 1
    return unknown


def _open_invitations(unit: Unit, now: datetime) -> tuple[int, datetime | None]:
    """How many codes that can still be used were made with an old key, and until when."""
    old = unit.vault.site("invites").heads[1:]
    usable = invites.c.used_at.is_(None), invites.c.expires_at > now
    query = select(func.count(), func.max(invites.c.expires_at))
    row = unit.connection.execute(query.where(*usable, head(invites.c.name).in_(old))).one()
    return row[0], row[1]


def _at_work(unit: Unit, url: str) -> set[int]:
    """The numbers of the processes that work on the database now."""
    if unit.connection.dialect.name == "postgresql":
        return replicas.alive(unit.connection)
    newest = select(func.max(processes.c.id))
    number = unit.connection.execute(newest).scalar_one()
    try:
        with replicas.unserved(url):
            return set()
    except BadDatabase:
        return {number} if number else set()
