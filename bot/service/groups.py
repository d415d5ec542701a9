"""The care team's groups: they join by a code, hear of alerts, and are lost when they are lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.service import desk, guessing, joining, uninvited
from bot.service.desk import Chair
from bot.service.incoming import Added, Incoming, InGroup, Left, MovedOn, Pressed, Wrote
from bot.service.post import Bubble, Toast
from bot.service.recognising import contact_of
from bot.service.site import Site
from bot.service.team import CARING
from bot.service.wording import fixed
from bot.store import groups, outbox, people
from bot.store.groups import Group
from bot.store.inbox import Kept
from bot.store.outbox import NewPost
from bot.store.people import Clinician, Contact
from bot.store.unit import Unit


def in_group(unit: Unit, site: Site, kept: Kept, incoming: InGroup, now: datetime) -> bool:
    """Whether what happened in a group was ours to answer or to keep."""
    match incoming.what:
        case Pressed() as pressed:
            return _pressed(unit, site, kept, incoming, pressed, now)
        case Wrote(text=text):
            return _join(unit, site, kept, incoming.chat, text, now)
        case Added() as what:
            return uninvited.added(unit, kept, incoming, what, now)
        case Left():
            return _lose(unit, kept, now)
        case MovedOn(chat=chat):
            return _move(unit, kept, chat, now)


def _join(unit: Unit, site: Site, kept: Kept, chat: str, text: str, now: datetime) -> bool:
    if not guessing.may_try(unit, kept.sender, now):
        return False
    invitation = joining.redeem_for_group(unit, text, at=now)
    if invitation is None:
        return False
    group = groups.join(unit, lookup=kept.sender, chat=chat, name=invitation.name, at=now)
    uninvited.stay(unit, group.contact_id)
    _say(unit, [group], fixed(site.release, "c-group-welcome", name=group.name), now)
    return True


def _pressed(
    unit: Unit, site: Site, kept: Kept, incoming: InGroup, pressed: Pressed, now: datetime
) -> bool:
    """The tap counts for the clinician who tapped; whoever else is there gets a short notice."""
    contact = contact_of(unit, site, kept, now)
    clinician = _clinician(unit, contact)
    if clinician is not None and _takes(pressed.data):
        chair = Chair(unit, site, clinician, kept.id, now)
        desk.at_desk(chair, Incoming(incoming.chat, None, pressed))
    else:
        met = contact or people.meet(unit, lookup=kept.sender, chat=incoming.chat)
        _toast(unit, site, met, pressed.query, now)
    return True


def _clinician(unit: Unit, contact: Contact | None) -> Clinician | None:
    number = contact.clinician_id if contact else None
    team = (each for each in people.clinicians(unit) if each.role in CARING)
    return next((each for each in team if each.id == number), None)


def _takes(data: str) -> bool:
    # the only button that a group is ever shown
    match data.split("."):
        case ["alert", number, "take"]:
            return number.isdecimal()
        case _:
            return False


def _toast(unit: Unit, site: Site, contact: Contact, query: str, now: datetime) -> None:
    notice = Toast(query=query, text=fixed(site.release, "c-group-only-team").text)
    post = NewPost(
        contact_id=contact.id,
        lane="reply",
        shape="toast",
        body=notice.model_dump_json(),
        created_at=now,
    )
    outbox.add(unit, [post])


def _lose(unit: Unit, kept: Kept, now: datetime) -> bool:
    contact = people.contact(unit, kept.sender)
    return contact is not None and groups.lose(unit, contact.id, "the bot was put out", now)


def _move(unit: Unit, kept: Kept, chat: str, now: datetime) -> bool:
    contact = people.contact(unit, kept.sender)
    if contact is None or groups.of_contact(unit, contact.id) is None:
        return False
    return groups.moved(unit, contact.id, chat) or groups.lose(unit, contact.id, "moved", now)


def _say(unit: Unit, to: Iterable[Group], bubble: Bubble, now: datetime) -> None:
    body = bubble.model_dump_json()
    outbox.add(
        unit,
        [
            NewPost(
                contact_id=each.contact_id,
                lane="reply",
                shape="bubble",
                body=body,
                created_at=now,
            )
            for each in to
        ],
    )
