"""When a turn cannot be taken: help is shown all the same, the person is told, someone is paged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from bot.keys import CannotOpen
from bot.service import handle
from bot.service.alerts import raise_alert
from bot.service.handle import beginning, enrol
from bot.service.incoming import Incoming, InGroup, Pressed, SentThing, Wrote
from bot.service.mailing import page_operators
from bot.service.post import Bubble, bubble
from bot.service.recognising import recognised
from bot.service.site import Site
from bot.service.strangers import stranger_post
from bot.service.team import care_team
from bot.service.wording import fixed, line
from bot.store import nudges, outbox, people
from bot.store.inbox import Kept
from bot.store.people import Contact, Patient
from bot.store.unit import Unit
from flows import crisis
from flows.effects import Raise
from flows.events import EVENT, Desk, Due, Said
from flows.program import Release
from flows.reading import read_command
from flows.scene import Scene
from flows.wording import values_for

log = logging.getLogger(__name__)

NOW = "now"
"""The command, and the choice behind its button, that show the help lines."""


def put_aside(unit: Unit, site: Site, row: int, error: str) -> None:
    """Count a failure; after the last try page someone and answer the person, all in one."""
    dead = handle.put_aside(unit, site, row, error)
    if dead is not None:
        _tell(unit, site, dead, error)


def _tell(unit: Unit, site: Site, kept: Kept, error: str) -> None:
    """Page whoever can help, and answer the person; words of need get the help lines first."""
    now = site.clock.now()
    if kept.source != "telegram":
        with _by_itself(unit, kept, "nudge"):
            _set_again(unit, kept, now)
        _page(unit, site, kept, error, None, urgent=False)
        return
    incoming = _read(site, kept)
    if incoming is None or isinstance(incoming, InGroup):
        _page(unit, site, kept, error, None, urgent=False)
        return
    urgent = crisis.screen(site.release.crisis, words_of(incoming)) is not None
    kept = recognised(unit, kept, incoming.chat)
    contact = people.meet(unit, lookup=kept.sender, chat=incoming.chat)
    patient = _patient(unit, contact)
    if is_need(site.release, incoming):
        with _by_itself(unit, kept, "help"):
            _help(unit, site, contact, patient, now)
    if urgent and contact.patient_id is None and contact.clinician_id is None:
        # an alert is somebody's: it must not wait for a turn of theirs that succeeds
        with _by_itself(unit, kept, "enrolment"):
            patient = enrol(unit, site, kept, incoming, invited=False)
    with _by_itself(unit, kept, "answer"):
        outbox.add(unit, [stranger_post(contact, fixed(site.release, "fault"), now)])
    with _by_itself(unit, kept, "page"):
        _page(unit, site, kept, error, patient, urgent=urgent)
    if urgent and patient is not None:
        raised = Raise(rule=site.release.crisis.hard_rule)
        with _by_itself(unit, kept, "alert"):
            raise_alert(unit, site, site.release, patient, raised, at=now)


@contextmanager
def _by_itself(unit: Unit, kept: Kept, what: str) -> Iterator[None]:
    """One of several things to do: if it fails, it alone is undone, and the others are done."""
    try:
        with unit.apart():
            yield
    # what failed the turn may fail any of these too, and help must be shown all the same
    except Exception:
        log.exception("inbox row %s was put aside without its %s", kept.id, what)


def _read(site: Site, kept: Kept) -> Incoming | InGroup | None:
    try:
        return site.read(kept.body) if kept.body is not None else None
    except Exception:  # noqa: BLE001 - it is being put aside because something like this happened
        return None


def words_of(incoming: Incoming) -> str:
    """What somebody wrote, be it under a picture; empty if they wrote nothing."""
    match incoming.what:
        case Wrote(text=words) | SentThing(caption=words):
            return words
        case _:
            return ""


def is_need(release: Release, incoming: Incoming) -> bool:
    """Whether the help lines are asked for or needed: by words, by command, or by the button."""
    match incoming.what:
        case Pressed(data=data):
            return data.partition(".")[2] == NOW
        case Wrote(text=text) if read_command(text, release.messages.spoken) == NOW:
            return True
    return crisis.screen(release.crisis, words_of(incoming)) is not None


def _patient(unit: Unit, contact: Contact) -> Patient | None:
    if contact.patient_id is None:
        return None
    # whoever cannot be read any more must still be shown help
    with suppress(CannotOpen):
        return people.load(unit, [contact.patient_id]).get(contact.patient_id)
    return None


def _help(unit: Unit, site: Site, contact: Contact, patient: Patient | None, now: datetime) -> None:
    """The help card, made without the turn that failed."""
    card = help_card(site, patient.country if patient else None, site.desk(unit, now), now)
    outbox.add(unit, [stranger_post(contact, card, now, lane="crisis")])


def help_card(site: Site, country: str | None, desk: Desk, now: datetime) -> Bubble:
    """The card with the help lines of that country, or of the place where the service runs."""
    scene = Scene(site.release, Said(at=now, desk=desk, text=""), beginning(site, invited=True))
    scene = scene.but(answers={"country": country}) if country else scene
    text = site.release.text("now")
    return bubble(text, values_for(scene, text))


def _page(
    unit: Unit, site: Site, kept: Kept, error: str, patient: Patient | None, *, urgent: bool
) -> None:
    told = {"row": str(kept.id), "error": error}
    if urgent:
        told["pseudonym"] = patient.pseudonym if patient else line(site.release, "c-unknown")
    name, also = ("c-fault-urgent", care_team(unit)) if urgent else ("c-fault", [])
    page_operators(unit, site, name, told, site.clock.now(), also=also)


def _set_again(unit: Unit, kept: Kept, now: datetime) -> None:
    """A nudge whose turn failed waits, with this reason, to be tried again a day later."""
    event = EVENT.validate_json(kept.body or "")
    contact = people.contact(unit, kept.sender)
    # what was changed without a key may lead to somebody else
    if contact is None or contact.is_forged:
        return
    if not isinstance(event, Due) or contact.patient_id is None:
        return
    due_at = event.due_at + timedelta(days=1)
    slot = event.key.partition(":")[2]
    moment = max(due_at, now)
    nudges.set(unit, contact.patient_id, event.key, moment, slot, 0, reason="fault")
