"""Posts are claimed with all that their sending needs, and what became of each is carried on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256

from pydantic import ValidationError

from bot.keys import CannotOpen
from bot.service import care, chain, clearing
from bot.service.alerts import post_to
from bot.service.export import own_file
from bot.service.policy import result_of
from bot.service.post import (
    BODY,
    Body,
    Bubble,
    Document,
    Gone,
    Moved,
    Refused,
    Sent,
    Settled,
    Unsay,
    Verdict,
)
from bot.service.site import Site
from bot.service.team import care_team
from bot.store import alerts, groups, inbox, outbox, people, prompts
from bot.store.errors import is_passing
from bot.store.inbox import Arrival
from bot.store.outbox import NewPost, Post
from bot.store.prompts import Asked, Prompt
from bot.store.unit import Unit
from flows.events import Blocked

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed post with all that its sending needs."""

    post: Post
    body: Body
    chat: str
    prompt: tuple[int, Bubble] | None = None
    export: bytes = b""


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for many posts at once: the chats that open, and the prompts' rows."""

    chats: dict[int, str]
    prompts: dict[Asked, Prompt]


Landed = tuple[Parcel, Verdict]


def claim(
    unit: Unit, site: Site, limit: int, by: int = 0, began: datetime | None = None
) -> list[Parcel]:
    """What is to be sent next, to so many people, marked as being sent by that process.

    Each one's posts stand together, in the order in which they go.
    """
    posts = outbox.claim(unit, site.clock.now(), limit, by=by, began=began)
    if not posts:
        return []
    chats = people.chats_of(unit, {post.contact_id for post in posts})
    asked = [
        (post.contact_id, post.turn)
        for post in posts
        if post.shape == "settle" and post.turn is not None
    ]
    known = Known(chats, prompts.messages_of(unit, asked))
    return [parcel for post in posts if (parcel := _made(unit, site, post, known)) is not None]


def _made(unit: Unit, site: Site, post: Post, known: Known) -> Parcel | None:
    """The post ready to be sent; one that cannot be opened or read holds up nobody else."""
    try:
        return _parcel(unit, site, post, known)
    except (CannotOpen, ValidationError) as error:
        log.error("post %s cannot be made: %s", post.id, type(error).__name__)
        outbox.refuse(unit, post.id, type(error).__name__)
        _tell_chain(unit, site, post, Refused(type(error).__name__), site.clock.now())
        return None


def settle(unit: Unit, site: Site, landed: Sequence[Landed]) -> None:
    """Keep what became of the posts; someone who is gone is known to be gone.

    What another process claimed meanwhile is left to it.
    """
    now = site.clock.now()
    landed = [(parcel, _followed(unit, parcel, verdict)) for parcel, verdict in landed]
    results = [result_of(parcel.post, verdict, now) for parcel, verdict in landed]
    ours = outbox.settle(unit, results)
    if len(ours) < len(results):
        log.warning("%s results came too late and were dropped", len(results) - len(ours))
    for parcel, verdict in landed:
        if parcel.post.id in ours:
            _follow_up(unit, site, parcel, verdict, now)


def _follow_up(unit: Unit, site: Site, parcel: Parcel, verdict: Verdict, now: datetime) -> None:
    """Do what follows from the verdict, each thing by itself: the others' results must be kept."""
    acts: list[Callable[[], None]] = []
    if isinstance(verdict, Gone):
        acts += [
            partial(_lose, unit, parcel, now, verdict.reason),
            partial(_hand_over, unit, parcel, now),
        ]
    if parcel.post.lane == "alert":
        acts.append(partial(_tell_chain, unit, site, parcel.post, verdict, now))
    if isinstance(verdict, Refused) and isinstance(parcel.body, Bubble):
        acts.append(partial(_send_plain, unit, parcel, parcel.body, now))
    if isinstance(verdict, Refused) and isinstance(parcel.body, Unsay):
        chat = parcel.post.contact_id
        acts.append(partial(clearing.fade_instead, unit, site, chat, parcel.body, at=now))
    for act in acts:
        _by_itself(unit, parcel.post, act)


def _by_itself(unit: Unit, post: Post, act: Callable[[], None]) -> None:
    try:
        with unit.apart():
            act()
    except Exception as error:
        if is_passing(error):
            raise
        # somebody who cannot be read any more must not hold up everybody's results
        log.exception("post %s was settled, but not all that follows from it", post.id)


def _followed(unit: Unit, parcel: Parcel, verdict: Verdict) -> Verdict:
    """The verdict; a group that moved is reached there, unless another one is there already."""
    match verdict:
        case Moved(chat=chat) if not groups.moved(unit, parcel.post.contact_id, chat):
            return Gone("moved")
        case _:
            return verdict


def _tell_chain(unit: Unit, site: Site, post: Post, verdict: Verdict, now: datetime) -> None:
    """Say to the alert's chain whether this try to reach somebody came to anything."""
    if post.lane != "alert" or post.shape != "bubble":
        return
    match verdict:
        case Sent():
            chain.settle_try(unit, site, post_id=post.id, ok=True, error=None, at=now)
        case Gone(reason=reason) | Refused(reason=reason):
            chain.settle_try(unit, site, post_id=post.id, ok=False, error=reason, at=now)
        case _:
            return  # it is still on its way


def _parcel(unit: Unit, site: Site, post: Post, known: Known) -> Parcel:
    if post.contact_id not in known.chats:
        raise CannotOpen
    parcel = Parcel(post, BODY.validate_json(post.body), known.chats[post.contact_id])
    match parcel.body:
        case Settled() if post.turn is not None:
            row = known.prompts.get((post.contact_id, post.turn))
            return replace(parcel, prompt=_prompt(unit, row) if row is not None else None)
        case Document(content=None, name=name) if post.patient_id is not None:
            return replace(parcel, export=own_file(unit, site, post.patient_id, name))
        case _:
            return parcel


def _prompt(unit: Unit, row: Prompt) -> tuple[int, Bubble]:
    number, body = prompts.opened(unit, row)
    return number, Bubble.model_validate_json(body)


def _lose(unit: Unit, parcel: Parcel, now: datetime, reason: str) -> None:
    if groups.lose(unit, parcel.post.contact_id, reason, now):
        return
    patient_id, lookup = parcel.post.patient_id, people.lookup_of(unit, parcel.post.contact_id)
    if patient_id is None or people.load(unit, [patient_id])[patient_id].lookup != lookup:
        return  # a clinician's chat; the others were told too
    name = f"gone:{parcel.post.id}"
    alerted = bool(alerts.open_of_patient(unit, patient_id))
    body = Blocked(at=now, alerted=alerted).model_dump_json()
    digest = sha256(name.encode()).hexdigest()
    inbox.keep(unit, [Arrival("clinic", name, digest, lookup, body, now)])


def _hand_over(unit: Unit, parcel: Parcel, now: datetime) -> None:
    """Words that went to one clinician alone, whose chat is gone, go to all the others."""
    post = parcel.post
    # an alert that did not reach anybody goes on along its chain
    is_words = post.lane == "alert" and post.shape == "bubble" and post.turn is None
    if not is_words or not outbox.is_alone(unit, post):
        return
    others = [each for each in care_team(unit) if each.contact_id != post.contact_id]
    alert = alerts.get(unit, post.alert_id) if post.alert_id else None
    body = Bubble.model_validate_json(post.body)
    post_to(unit, others, body, alert, at=now, patient_id=post.patient_id, handed_over=True)


def _send_plain(unit: Unit, parcel: Parcel, bubble: Bubble, now: datetime) -> None:
    """Our mistake must not cost the reader the words: once more, without marks and buttons."""
    if not bubble.marks and not bubble.buttons:
        return
    post = parcel.post
    outbox.add(
        unit,
        [
            NewPost(
                contact_id=post.contact_id,
                patient_id=post.patient_id,
                alert_id=post.alert_id,
                lane=post.lane,
                shape="bubble",
                body=Bubble(text=piece).model_dump_json(),
                created_at=now,
                turn=post.turn,
            )
            for piece in care.pieces(bubble.text)
        ],
    )
