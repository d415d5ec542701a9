"""What is under an old key is put under the first one, some rows at a time, while others work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Row,
    Table,
    bindparam,
    case,
    func,
    select,
    text,
    true,
    update,
)

from bot.keys import HEAD_BYTES, CannotOpen, Seal, Vault
from bot.store import bonds
from bot.store.tables import (
    clinicians,
    contacts,
    drafts,
    groups,
    inbox,
    invites,
    mails,
    outbox,
    patients,
)
from bot.store.unit import Unit

AT_ONCE = 200
"""How many rows are put under the first key in one transaction: a few milliseconds of work."""
SCANNED_AT_ONCE = 5000
GIVES_WAY_AFTER = "300ms"
"""So long a batch waits for somebody's lock, on PostgreSQL; then it is tried again later."""
NOBODY = "nobody:"
_ALL = true()

Places = Callable[[Row[Any]], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that a seal of the site seals, for which rows, and at which place in each."""

    column: Column[Any]
    place: Places
    rows: ColumnElement[bool] = _ALL

    @property
    def table(self) -> Table:
        """The table it is in."""
        return self.column.table


def _of_clinician(name: str) -> Sealed:
    return Sealed(clinicians.c[name], lambda row: ("clinicians", name, row.id))


def _of_mail(name: str, rows: ColumnElement[bool] = _ALL) -> Sealed:
    return Sealed(mails.c[name], lambda row: ("mails", name, row.kind, None), rows)


SEALED = (
    *map(_of_clinician, ("name", "email", "replies")),
    Sealed(groups.c.name, lambda row: ("groups", "name", row.contact_id)),
    Sealed(inbox.c.body, lambda row: ("inbox", "body", row.source, row.external_id, row.digest)),
    _of_mail("address"),
    *(_of_mail(name, mails.c.alert_id.is_(None)) for name in ("subject", "body")),
    Sealed(
        outbox.c.body,
        lambda row: ("outbox", "body", row.contact_id, None, row.turn, row.lane, row.shape),
        outbox.c.patient_id.is_(None),
    ),
    Sealed(
        drafts.c.text,
        lambda row: ("drafts", "text", None, row.clinician_id),
        drafts.c.patient_id.is_(None),
    ),
)
"""What the seals of the site seal, but for contacts, whose lookup is another with each key, and
invitations, whose code nobody knows any more: they open nothing once the old key is gone."""


@dataclass(frozen=True, slots=True)
class Step:
    """A batch that was gone through: up to which row (None: there is no more), what was changed."""

    last: int | None
    changed: int = 0


def give_way(unit: Unit) -> None:
    """From now on this transaction does not wait long for anybody, on PostgreSQL."""
    if unit.locks:
        unit.connection.execute(text(f"SET LOCAL lock_timeout = '{GIVES_WAY_AFTER}'"))


def forget_codes(unit: Unit, _after: int, now: datetime) -> Step:
    """Nothing tells for whom the codes were that open nothing any more, and that an old key made.

    A code that can be used is kept: it opens as long as the key is there that it was made with.
    """
    over = invites.c.used_at.is_not(None) | (invites.c.expires_at <= now)
    old = head(invites.c.name).in_(unit.vault.site("invites").heads[1:])
    gone = unit.connection.execute(update(invites).where(over, old).values(name=b""))
    return Step(None, gone.rowcount)


def head(column: Column[Any]) -> ColumnElement[bytes]:
    """With what a sealed column begins, which says under which key it is."""
    return func.substr(column, 1, HEAD_BYTES, type_=LargeBinary)


def reseal(unit: Unit, sealed: Sealed, after: int) -> Step:
    """Put some rows behind that one under the first key; what opens with none is left alone."""
    table, seal = sealed.table, unit.vault.site(sealed.table.name)

    def again(row: Row[Any]) -> bytes:
        place = sealed.place(row)
        return seal.seal_bytes(seal.open_bytes(getattr(row, sealed.column.name), *place), *place)

    return _again(unit, sealed.column, seal, again, sealed.rows, table, after)


def rewrap(unit: Unit, after: int) -> Step:
    """Wrap some patients' data keys behind that one anew."""

    def again(row: Row[Any]) -> bytes:
        return unit.vault.rewrapped(row.wrapped_key)

    seal, column = unit.vault.wrapping, patients.c.wrapped_key
    return _again(unit, column, seal, again, _ALL, patients, after)


def rename(unit: Unit, after: int) -> Step:
    """Give some contacts behind that one the lookup of the first key, wherever it is kept."""
    if unit.locks:
        # whoever has read a lookup is waited for: it must not be another one before they are done
        unit.connection.execute(text("LOCK TABLE inbox, contacts IN ACCESS EXCLUSIVE MODE"))
    query = select(contacts).where(contacts.c.id > after).order_by(contacts.c.id).limit(AT_ONCE)
    rows = unit.connection.execute(query).all()
    renamed = [new for row in rows if (new := _renamed(unit.vault, row)) is not None]
    free = _free(unit, renamed)
    if free:
        this = update(contacts).where(contacts.c.id == bindparam("this"))
        unit.connection.execute(this, [each for each, _ in free])
        _rename_senders(unit, {was: each["lookup"] for each, was in free})
    return Step(rows[-1].id if rows else None, len(free))


def forget_strangers(unit: Unit, after: int) -> Step:
    """Nothing tells who sent the arrivals that were handled and are no contact's."""
    span = select(inbox.c.id).where(inbox.c.id > after).order_by(inbox.c.id).limit(SCANNED_AT_ONCE)
    last = unit.connection.execute(select(func.max(span.subquery().c.id))).scalar_one()
    if last is None:
        return Step(None)
    theirs = (
        inbox.c.id.between(after + 1, last),
        inbox.c.handled_at.is_not(None),
        # a lookup is written in hexadecimal, and no other name is as long
        func.length(inbox.c.sender) == 64,
        inbox.c.sender.not_in(select(contacts.c.lookup)),
    )
    gone = unit.connection.execute(update(inbox).where(*theirs).values(sender=NOBODY))
    return Step(last, gone.rowcount)


def _again(
    unit: Unit,
    column: Column[Any],
    seal: Seal,
    again: Callable[[Row[Any]], bytes],
    which: ColumnElement[bool],
    table: Table,
    after: int,
) -> Step:
    old = head(column).in_(seal.heads[1:])
    query = select(table).where(table.c.id > after, which, old).order_by(table.c.id).limit(AT_ONCE)
    rows = unit.connection.execute(query).all()
    changed = []
    for row in rows:
        # what opens with no key is counted by whoever looks, and stays what it is
        try:
            changed.append({"this": row.id, "was": getattr(row, column.name), "new": again(row)})
        except CannotOpen:
            continue
    if changed:
        # whoever changed the row meanwhile has put it under the first key themselves
        same = table.c.id == bindparam("this"), column == bindparam("was")
        statement = update(table).where(*same).values({column.name: bindparam("new")})
        unit.connection.execute(statement, changed)
    return Step(rows[-1].id if rows else None, len(changed))


def _renamed(vault: Vault, row: Row[Any]) -> tuple[dict[str, Any], str] | None:
    """What a contact is under the first key, and under which lookup it was; None if it is."""
    try:
        bond = bonds.bond_of(vault, row)
    except CannotOpen:
        return None
    name = vault.lookup("telegram", bond.chat)
    if name == row.lookup and row.chat.startswith(vault.site("contacts").heads[0]):
        return None
    return {"this": row.id, "lookup": name, "chat": bonds.sealed(vault, name, bond)}, row.lookup


def _free(
    unit: Unit, renamed: Iterable[tuple[dict[str, Any], str]]
) -> list[tuple[dict[str, Any], str]]:
    """Those whose new name no other contact has."""
    wanted = {each["lookup"]: each["this"] for each, _ in renamed}
    query = select(contacts.c.lookup, contacts.c.id).where(contacts.c.lookup.in_(list(wanted)))
    taken = {name for name, number in unit.connection.execute(query) if number != wanted[name]}
    return [(each, was) for each, was in renamed if each["lookup"] not in taken]


def _rename_senders(unit: Unit, names: Mapping[str, str]) -> None:
    theirs = update(inbox).where(inbox.c.sender.in_(list(names)))
    unit.connection.execute(theirs.values(sender=case(dict(names), value=inbox.c.sender)))
