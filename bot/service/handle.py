"""One turn for each of a batch of different people, all in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.service import care, desk, groups, guessing, joining, pins
from bot.service.agreeing import with_agreement
from bot.service.desk import Chair
from bot.service.erasing import erase_asked
from bot.service.incoming import (
    UNREADABLE,
    CameBack,
    Incoming,
    InGroup,
    Left,
    Pressed,
    SentThing,
    Wrote,
)
from bot.service.joining import ForGroup, OneRole
from bot.service.lanes import BATCH, Lanes
from bot.service.post import Bubble, Toast
from bot.service.recognising import contact_of, recognised
from bot.service.record import answer_tap, record
from bot.service.site import Site
from bot.service.strangers import answer_stranger, stranger_post, turn_away
from bot.service.wording import fixed
from bot.store import ahead, alerts, inbox, nudges, outbox, people
from bot.store.inbox import Kept, Outcome
from bot.store.invites import Invite
from bot.store.people import Contact, Patient
from bot.store.unit import Unit
from flows import crisis
from flows.agreement import release_for
from flows.effects import Erase
from flows.events import (
    EVENT,
    Attached,
    Blocked,
    Due,
    Edited,
    Event,
    Joined,
    Returned,
    Said,
    Tapped,
    is_patients,
)
from flows.presence import ANSWER
from flows.state import State
from flows.turn import Turn, begin_state, turn

log = logging.getLogger(__name__)

AHEAD = 64
"""Of how many senders the facts are read at once."""
ANEW = 16
"""Of so many they are read again after an unusual turn, for the next may be unusual, too."""
TRIES = 3


@dataclass(frozen=True, slots=True)
class Handled:
    """What a batch held: how many arrivals, of people or of the clock; and what it left.

    `is_empty` if surely nothing waits any more, `is_all` if nothing that could be handled now,
    `has_room` if more may come due.
    """

    count: int
    peoples: int
    is_empty: bool
    is_all: bool
    has_room: bool


class Unreadable(Exception):
    """A kept message cannot be opened or is not an update at all."""


def handle_batch(unit: Unit, site: Site) -> int:
    """How many arrivals were handled: the oldest of each of many people, all or none."""
    return len(_handle_next(unit, site, Lanes(BATCH), lambda: False))


def keep_and_handle(
    unit: Unit,
    site: Site,
    keep: Callable[[Unit], object],
    lanes: Lanes,
    is_waited_for: Callable[[], bool],
) -> Handled:
    """What became of a batch, all or none, after this was kept: by one commit.

    A batch of the clock's ends where somebody waits for it, unless it is the clock's turn.
    """
    keep(unit)
    site.states.let_go(site.clock.now())
    kept = _handle_next(unit, site, lanes, is_waited_for)
    peoples = sum(each.source != inbox.CLOCK for each in kept)
    is_empty = bool(kept) and not inbox.is_waiting(unit)
    is_all = is_empty or not kept
    is_short = not peoples and len(kept) < lanes.clocks
    # what is claimed now would hold up whoever waits
    has_room = (is_all or is_short) and not is_waited_for()
    return Handled(len(kept), peoples, is_empty, is_all, has_room)


def _handle_next(
    unit: Unit, site: Site, lanes: Lanes, is_waited_for: Callable[[], bool]
) -> Sequence[Kept]:
    kept = _next_batch(unit, lanes)
    may_end = not lanes.clocks_first
    for place, each in enumerate(kept):
        if place and may_end and each.source == inbox.CLOCK and is_waited_for():
            return kept[:place]
        if not ahead.is_read(unit, each.sender):
            most = ANEW if place else AHEAD
            ahead.read(unit, [later.sender for later in kept[place : place + most]])
        _handle(unit, site, each)
    return kept


def _next_batch(unit: Unit, lanes: Lanes) -> Sequence[Kept]:
    return inbox.next_batch(unit, BATCH, lanes.clocks, clocks_first=lanes.clocks_first)


def waiting(unit: Unit, lanes: Lanes) -> Sequence[int]:
    """The ids of the arrivals that a failed batch held, to be handled one by one."""
    return [each.id for each in _next_batch(unit, lanes)]


def handle_one(unit: Unit, site: Site, row: int) -> Sequence[str]:
    """Handle that arrival, unless somebody else did; the taps to be answered without words."""
    kept = inbox.take(unit, row)
    if kept is not None:
        _handle(unit, site, kept)
    return unit.taps


def put_aside(unit: Unit, site: Site, row: int, error: str) -> Kept | None:
    """Count a failure; the arrival, if it was its last try and is kept for the operator."""
    kept, now = inbox.take(unit, row), site.clock.now()
    if kept is None:
        return None
    inbox.fail(unit, row, error, now)
    if kept.attempts + 1 < TRIES:
        return None
    inbox.finish(unit, [row], "dead", now)
    return kept


def _handle(unit: Unit, site: Site, kept: Kept) -> None:
    now = site.clock.now()
    if kept.body is None:
        raise Unreadable
    if kept.source == "telegram":
        outcome = _from_telegram(unit, site, kept, kept.body, now)
    else:
        outcome = "done" if _from_within(unit, site, kept, kept.body, now) else "ignored"
    inbox.finish(unit, [kept.id], outcome, now)


def _from_telegram(unit: Unit, site: Site, kept: Kept, body: str, now: datetime) -> Outcome:
    incoming = site.read(body)
    is_read = incoming is not None and not _is_unreadable(incoming)
    if not is_read:
        log.warning("inbox row %s could not be read", kept.id)
    if incoming is None:
        return "unread"
    kept = recognised(unit, kept, incoming.chat)
    if isinstance(incoming, InGroup):
        is_done = groups.in_group(unit, site, kept, incoming, now)
        # of what is written in a group, only codes come here
        is_wrong = not is_done and isinstance(incoming.what, Wrote)
        return "wrong-code" if is_wrong else "done" if is_done else "ignored"
    outcome = _from_chat(unit, site, kept, incoming, now)
    return outcome if is_read else "unread"


def _from_chat(unit: Unit, site: Site, kept: Kept, incoming: Incoming, now: datetime) -> Outcome:
    contact = contact_of(unit, site, kept, now)
    text = incoming.what.text if isinstance(incoming.what, Wrote) else ""
    is_patient = contact is not None and contact.patient_id is not None
    is_code = _is_code(site, text)
    may_try = not is_code or guessing.may_try(unit, kept.sender, now)
    invitation = joining.redeem(unit, text, is_patient=is_patient, at=now) if may_try else None
    is_done = _answered(unit, site, kept, incoming, contact, invitation, now)
    if is_code and invitation is None:
        return "wrong-code"
    return "done" if is_done else "ignored"


def _answered(
    unit: Unit,
    site: Site,
    kept: Kept,
    incoming: Incoming,
    contact: Contact | None,
    invitation: Invite | OneRole | ForGroup | None,
    now: datetime,
) -> bool:
    is_patient = contact is not None and contact.patient_id is not None
    text = incoming.what.text if isinstance(incoming.what, Wrote) else ""
    if isinstance(invitation, OneRole):
        return answer_stranger(unit, site, kept, incoming, "c-one-role", now)
    if isinstance(invitation, ForGroup):
        return answer_stranger(unit, site, kept, incoming, "c-group-code", now)
    if invitation is not None and invitation.kind == "clinician":
        joining.join_team(unit, site, invitation, lookup=kept.sender, chat=incoming.chat, at=now)
        return True
    if contact is not None and contact.clinician_id is not None:
        return _clinician(unit, site, contact, incoming, kept, now)
    if not is_patient and _says_nothing(incoming):
        return False
    if not is_patient and invitation is None and _is_code(site, text):
        return turn_away(unit, site, kept, incoming, now)
    patient = _patient(unit, site, kept, incoming, contact, invited=invitation is not None)
    said = _event(unit, site, patient, incoming, invited=invitation is not None, at=now)
    event = pins.without_digits(site.release, patient, said)
    turned = _turn(unit, site, patient, event, cause=kept, at=now)
    if isinstance(incoming.what, Pressed):
        answer_tap(unit, patient, incoming.what.query, turned, now)
    pins.taken_away(unit, patient, incoming, said, event)
    return True


def _says_nothing(incoming: Incoming) -> bool:
    """Whether there is nothing in it that would make a patient of a stranger."""
    return isinstance(incoming.what, Left | CameBack) or _is_unreadable(incoming)


def _is_unreadable(incoming: Incoming | InGroup) -> bool:
    what = incoming.what
    return isinstance(what, SentThing) and what.what == UNREADABLE and not what.caption


def _is_code(site: Site, text: str) -> bool:
    """Whether somebody sent a code, whatever it opens; words of need are never only a code."""
    code = joining.code_in(text)
    return code is not None and crisis.screen(site.release.crisis, code) is None


def _clinician(
    unit: Unit, site: Site, contact: Contact, incoming: Incoming, kept: Kept, now: datetime
) -> bool:
    team = {each.id: each for each in people.clinicians(unit)}
    clinician = team.get(contact.clinician_id or 0)
    if clinician is None:
        return _answer_disabled(unit, site, contact, incoming, now)
    desk.at_desk(Chair(unit, site, clinician, kept.id, now), incoming)
    return True


def _answer_disabled(
    unit: Unit, site: Site, contact: Contact, incoming: Incoming, now: datetime
) -> bool:
    """Whether someone who has left the team did something, and hears that nothing came of it."""
    text = fixed(site.release, "c-disabled")
    match incoming.what:
        case Pressed(query=query):
            notice = Toast(query=query, text=text.text)
            post = replace(
                stranger_post(contact, text, now), shape="toast", body=notice.model_dump_json()
            )
        case Wrote() | SentThing():
            post = stranger_post(contact, text, now)
        case _:
            return False
    outbox.add(unit, [post])
    return True


def _from_within(unit: Unit, site: Site, kept: Kept, body: str, now: datetime) -> bool:
    contact = contact_of(unit, site, kept, now)
    # through a contact that was changed without a key it came to somebody else
    if contact is None or contact.is_forged or contact.patient_id is None:
        return False
    patient = people.load(unit, [contact.patient_id])[contact.patient_id]
    event = EVENT.validate_json(body)
    event = event.model_copy(update={"at": now, "desk": site.desk(unit, now)})
    _turn(unit, site, patient, event, cause=kept, at=now)
    return True


def _patient(
    unit: Unit,
    site: Site,
    kept: Kept,
    incoming: Incoming,
    contact: Contact | None,
    *,
    invited: bool,
) -> Patient:
    if contact is not None and contact.patient_id is not None:
        return people.load(unit, [contact.patient_id])[contact.patient_id]
    return enrol(unit, site, kept, incoming, invited=invited)


def enrol(unit: Unit, site: Site, kept: Kept, incoming: Incoming, *, invited: bool) -> Patient:
    """The new patient that this sender is from now on."""
    state = beginning(site, invited=invited or site.settings.enrolment == "open")
    return people.enrol(
        unit,
        lookup=kept.sender,
        chat=incoming.chat,
        release=site.release.hash,
        state_json=state.model_dump_json(),
        language=site.release.program.language,
        at=site.clock.now(),
    )


def beginning(site: Site, *, invited: bool) -> State:
    """Where someone begins; until they name their country, its lines are those of most others."""
    state, country = begin_state(site.release, invited=invited), site.settings.country
    if country is None or country.lower() not in site.release.countries:
        return state
    return state.model_copy(update={"answers": {"country": country.lower()}})


def _event(
    unit: Unit, site: Site, patient: Patient, incoming: Incoming, *, invited: bool, at: datetime
) -> Event:
    desk_now = site.desk(unit, at)
    match incoming.what:
        case Wrote(edited=True, text=text, reply_to=reply_to):
            answers = _answers_clinician(unit, patient, reply_to)
            return Edited(at=at, desk=desk_now, text=text, to_clinician=answers)
        case Wrote(text=text) if joining.only_starts(text):
            return Joined(
                at=at,
                desk=desk_now,
                payload="" if invited else text.partition(" ")[2],
                invited=invited or site.settings.enrolment == "open",
                language=incoming.language,
            )
        case Wrote(text=text, reply_to=reply_to):
            answers = _answers_clinician(unit, patient, reply_to)
            is_quoted = incoming.what.forwarded
            return Said(at=at, desk=desk_now, text=text, to_clinician=answers, forwarded=is_quoted)
        case Pressed(data=data):
            number, _, choice = data.partition(".")
            turn_ = int(number) if number.isdecimal() else None
            return Tapped(at=at, desk=desk_now, turn=turn_, choice=choice)
        case SentThing(edited=True, caption=caption, reply_to=reply_to) if caption:
            answers = _answers_clinician(unit, patient, reply_to)
            return Edited(at=at, desk=desk_now, text=caption, to_clinician=answers)
        case SentThing(what=what, caption=caption, reply_to=reply_to):
            return Attached(
                at=at,
                desk=desk_now,
                what=what,
                caption=caption,
                to_clinician=_answers_clinician(unit, patient, reply_to),
                forwarded=incoming.what.forwarded,
            )
        case Left():
            alerted = bool(alerts.open_of_patient(unit, patient.id))
            return Blocked(at=at, desk=desk_now, alerted=alerted)
        case CameBack():
            return Returned(at=at, desk=desk_now)


def _answers_clinician(unit: Unit, patient: Patient, reply_to: int | None) -> bool:
    """Whether the message that was replied to is one in which a clinician wrote."""
    if reply_to is None or patient.contact_id is None:
        return False
    post = outbox.by_message(unit, patient.contact_id, reply_to)
    if post is None or post.shape != "bubble":
        return False
    buttons = [data for row in Bubble.model_validate_json(post.body).buttons for _, data in row]
    return ANSWER in buttons


def _turn(
    unit: Unit, site: Site, patient: Patient, event: Event, *, cause: Kept, at: datetime
) -> Turn:
    state = with_agreement(unit, site, patient.id, site.states.of(patient.state_json))
    # a flow is finished on the release it was begun on; the next one is begun on the newest
    begun = site.releases.get(unit, state.release) if state.stack else site.release
    release = release_for(site.release, begun, state, event)
    turned = turn(release, state, event)
    if any(isinstance(effect, Erase) for effect in turned.effects):
        erase_asked(unit, site, patient, cause, at=at)
        return turned
    people.journal(
        unit,
        patient.id,
        turned.state.turn,
        event.model_dump_json(),
        cause.id,
        release.hash,
        at,
    )
    record(unit, site, patient, release, turned, at=at)
    if is_patients(event):
        care.settle_taking_over(unit, site, patient, state, turned.state, at=at)
    if isinstance(event, Due):
        nudges.settle(unit, patient.id, event.key, "sent", None)
    return turned
