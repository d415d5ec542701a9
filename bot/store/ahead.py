"""Who wrote, and where they are: read for a whole batch of arrivals at the cost of one."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from bot.store.tables import contacts
from bot.store.tables import patients as patients_table
from bot.store.unit import Unit


def read(unit: Unit, lookups: Collection[str]) -> None:
    """Have these senders' contacts and patients ready; on PostgreSQL the patients are locked."""
    found = {row.lookup: row for row in _contacts_of(unit, lookups)}
    for lookup in lookups:
        unit.ahead["contact", lookup] = found.get(lookup)
    ids = [row.patient_id for row in found.values() if row.patient_id is not None]
    for row in _patients_of(unit, ids, lock=True) if ids else ():
        unit.ahead["patient", row.id] = row


def is_read(unit: Unit, lookup: str) -> bool:
    """Whether this sender was read ahead, and nothing may have changed since."""
    return ("contact", lookup) in unit.ahead


def contact(unit: Unit, lookup: str) -> Row[Any] | None:
    """The row of the contact with that lookup, or None for a stranger."""
    if is_read(unit, lookup):
        row: Row[Any] | None = unit.ahead["contact", lookup]
        return row
    return next(iter(_contacts_of(unit, [lookup])), None)


def patients(unit: Unit, ids: Sequence[int], *, lock: bool) -> Sequence[Row[Any]]:
    """The rows of these patients, each with its contact; to be written if locked."""
    known = [unit.ahead.get(("patient", each)) for each in ids]
    if known and all(row is not None for row in known):
        return [row for row in known if row is not None]
    return _patients_of(unit, ids, lock=lock)


def forget_patient(unit: Unit, patient_id: int) -> None:
    """Have that patient read anew: what was read ahead holds no more."""
    unit.ahead.pop(("patient", patient_id), None)


def _contacts_of(unit: Unit, lookups: Collection[str]) -> Sequence[Row[Any]]:
    return unit.ask(_contacts(), {"lookups": list(lookups)})


def _patients_of(unit: Unit, ids: Collection[int], *, lock: bool) -> Sequence[Row[Any]]:
    query = _patients(lock=unit.locks and lock)
    return unit.ask(query, {"ids": list(ids)})


@cache
def _contacts() -> Select[Any]:
    # statements are written once: to write one takes longer than to run it
    these = contacts.c.lookup.in_(bindparam("lookups", expanding=True))
    return select(contacts).where(these)


@cache
def _patients(*, lock: bool) -> Select[Any]:
    query = (
        select(patients_table, contacts.c.id.label("contact_id"), contacts.c.lookup)
        .outerjoin(contacts, contacts.c.patient_id == patients_table.c.id)
        .where(patients_table.c.id.in_(bindparam("ids", expanding=True)))
        # always in the same order, so that two processes cannot wait for each other
        .order_by(patients_table.c.id)
    )
    return query.with_for_update(of=patients_table) if lock else query
