"""The chain of the audit: each entry carries a hash of itself and of everything before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Row, select, text

from bot.store.tables import audit
from bot.store.unit import Unit

BEGINNING = ""
"""What stands before the first entry."""

AT_ONCE = 500
# any number will do, as long as every process uses the same
_LOCK = 4_121_908


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the chain: its number, its hash, and whether that is what it should be."""

    id: int
    hash: str
    fits: bool


def add(unit: Unit, entries: Sequence[Mapping[str, Any]]) -> None:
    """Add entries behind the last one; nobody else adds any until this transaction ends."""
    if unit.locks:
        # taken as the last thing of a transaction: whoever holds it waits for nobody's row
        unit.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before, rows = head(unit), []
    found = before.hash if before is not None else BEGINNING
    for entry in entries:
        found = hash_of(found, entry)
        rows.append({**entry, "hash": found})
    unit.connection.execute(audit.insert(), rows)


def head(unit: Unit) -> Link | None:
    """The newest entry, taken to be right; None if there is none."""
    query = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)
    row = unit.connection.execute(query).one_or_none()
    return None if row is None else Link(row.id, row.hash, fits=True)


def links(unit: Unit) -> Iterator[Link]:
    """Every entry from the first on, worked out anew from what it says and the one before it."""
    before = BEGINNING
    for row in _rows(unit):
        right = hash_of(before, row._asdict())
        yield Link(row.id, row.hash, fits=row.hash == right)
        before = row.hash


def hash_of(before: str, entry: Mapping[str, Any]) -> str:
    """The hash of an entry behind one with that hash; a reason counts as it is sealed."""
    reason = entry["reason"]
    plain = {
        "at": entry["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "clinician_id": entry["clinician_id"],
        "act": entry["act"],
        "patient_id": entry["patient_id"],
        "subject": entry["subject"],
        "reason": hashlib.sha256(reason).hexdigest() if reason is not None else None,
    }
    written = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((before + written).encode()).hexdigest()


def _rows(unit: Unit) -> Iterator[Row[Any]]:
    """Every entry in order, some at a time: a cursor would stay open if nobody reads to the end."""
    last = 0
    while True:
        query = select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(AT_ONCE)
        rows = unit.connection.execute(query).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].id
