"""The care team's groups: which there are, how they are reached, and how they were lost."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store import bonds, people
from bot.store.people import Contact
from bot.store.tables import contacts, groups, outbox
from bot.store.unit import Unit, insert

LONGEST_REASON = 128


@dataclass(frozen=True, slots=True)
class Group:
    """A group that hears of alerts."""

    id: int
    contact_id: int
    name: str


def current(unit: Unit) -> list[Group]:
    """The groups that can be reached now, in the order in which they joined."""
    query = select(groups).where(groups.c.lost_at.is_(None)).order_by(groups.c.id)
    seal = unit.vault.site("groups")
    return [
        Group(row.id, row.contact_id, seal.open(row.name, *_place(row.contact_id)))
        for row in unit.connection.execute(query)
    ]


def of_contact(unit: Unit, contact_id: int) -> Group | None:
    """The group that is reached there now, or None."""
    return next((each for each in current(unit) if each.contact_id == contact_id), None)


def join(unit: Unit, *, lookup: str, chat: str, name: str, at: datetime) -> Group:
    """The group in that chat, from now on; one that comes back keeps its number."""
    contact = people.meet(unit, lookup=lookup, chat=chat)
    sealed = unit.vault.site("groups").seal(name, *_place(contact.id))
    joined = {"name": sealed, "joined_at": at, "lost_at": None, "lost_reason": None}
    statement = insert(unit, groups).values(contact_id=contact.id, **joined)
    kept = statement.on_conflict_do_update(index_elements=["contact_id"], set_=joined)
    unit.connection.execute(kept)
    number = select(groups.c.id).where(groups.c.contact_id == contact.id)
    return Group(unit.connection.execute(number).scalar_one(), contact.id, name)


def lose(unit: Unit, contact_id: int, reason: str, at: datetime) -> bool:
    """Whether a group was reached there until now; from now on it is not."""
    present = groups.c.contact_id == contact_id, groups.c.lost_at.is_(None)
    lost = {"lost_at": at, "lost_reason": reason[:LONGEST_REASON]}
    return unit.connection.execute(update(groups).where(*present).values(lost)).rowcount > 0


def moved(unit: Unit, contact_id: int, chat: str) -> bool:
    """Whether the group is reached in its new chat from now on; not if another is there already."""
    lookup = people.known_as(unit, chat)
    known = people.contact(unit, lookup)
    if known is not None and (known.id == contact_id or not _is_nobodys(unit, known)):
        return known.id == contact_id
    if known is not None:
        _forget(unit, known.id)
    bonds.move(unit, contact_id, lookup=lookup, chat=chat)
    return True


def _is_nobodys(unit: Unit, contact: Contact) -> bool:
    """Whether it is only a chat that we were put into, and no group ever joined there."""
    if contact.patient_id is not None or contact.clinician_id is not None:
        return False
    query = select(groups.c.id).where(groups.c.contact_id == contact.id)
    return unit.connection.execute(query).first() is None


def _forget(unit: Unit, contact_id: int) -> None:
    unit.connection.execute(delete(outbox).where(outbox.c.contact_id == contact_id))
    unit.connection.execute(delete(contacts).where(contacts.c.id == contact_id))


def _place(contact_id: int) -> tuple[object, ...]:
    return ("groups", "name", contact_id)
