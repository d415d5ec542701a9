"""What waits in the outbox is sent: in order for each person, urgent lanes first, results kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Protocol

from pydantic import ValidationError

from bot.keys import CannotOpen
from bot.service import care, chain
from bot.service.alerts import post_to
from bot.service.export import export
from bot.service.policy import result_of
from bot.service.post import (
    BODY,
    Body,
    Bubble,
    Document,
    Gone,
    Later,
    Moved,
    Picture,
    Refused,
    Sent,
    Settled,
    Toast,
    Verdict,
)
from bot.service.site import Site
from bot.service.team import care_team
from bot.store import alerts, groups, inbox, outbox, people
from bot.store.errors import is_passing, log_trouble
from bot.store.inbox import Arrival
from bot.store.outbox import NewPost, Post
from bot.store.replicas import ALONE, Replica
from bot.store.store import Store
from bot.store.unit import Unit, nothing
from flows.effects import Drawing
from flows.events import Blocked

log = logging.getLogger(__name__)

IN_FLIGHT = 64
TOAST_LIVES = timedelta(seconds=60)
LEASE = timedelta(minutes=2)
"""How long a post may be on its way before it counts as stuck; no call takes so long."""


class Gateway(Protocol):
    """Speaks to the messenger; each call says what became of it, and raises only our own faults."""

    async def bubble(self, chat: str, bubble: Bubble) -> Verdict:
        """Send a message."""

    async def settle(self, chat: str, message_id: int, prompt: Bubble, note: str | None) -> Verdict:
        """Take the buttons off a message, and add the note under its text if there is one."""

    async def busy(self, chat: str) -> None:
        """Show that something is being made; it does not matter if this fails."""

    async def toast(self, toast: Toast) -> Verdict:
        """Answer a tap."""

    async def picture(self, chat: str, png: bytes, caption: str) -> Verdict:
        """Send a picture."""

    async def document(self, chat: str, content: bytes, name: str, caption: str) -> Verdict:
        """Send a file."""


class Painter(Protocol):
    """Draws charts and sheets."""

    async def png(self, drawing: Drawing) -> bytes:
        """The drawing as a PNG file."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed post with all that its sending needs."""

    post: Post
    body: Body
    chat: str
    prompt: tuple[int, Bubble] | None = None
    export: bytes = b""


Landed = tuple[Parcel, Verdict]


class Delivery:
    """The outbox's way out: many people's posts in flight, one for each of them at a time."""

    def __init__(
        self,
        store: Store,
        site: Site,
        gateway: Gateway,
        painter: Painter,
        replica: Replica = ALONE,
    ) -> None:
        self._store, self._site, self._replica = store, site, replica
        self._gateway, self._painter = gateway, painter
        self._flying: set[asyncio.Task[None]] = set()
        self._landed: list[Landed] = []
        self._settling = asyncio.Lock()
        self.in_hand: set[int] = set()
        """The posts on their way, and those whose results are not kept yet."""
        self.on_landing: Callable[[], None] = lambda: None
        """Called when posts are settled, and so the next ones of the same people may go."""

    async def send_waiting(self) -> int:
        """How many posts were sent on their way; a slow one holds up nobody but its reader."""
        room = IN_FLIGHT - len(self._flying)
        by = self._replica.number
        parcels = await self._store.write(claim, self._site, room, by) if room > 0 else []
        self.in_hand.update(parcel.post.id for parcel in parcels)
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)
        return len(parcels)

    async def land(self) -> None:
        """Wait until nothing is in flight any more."""
        while self._flying:
            await asyncio.wait(self._flying)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            verdict = await self._send(parcel)
        # whatever went wrong here must not leave the post between two states
        except Exception:
            log.exception("post %s could not be made", parcel.post.id)
            verdict = Later(1)
        self._landed.append((parcel, verdict))
        await self.settle_landed()
        self.on_landing()

    async def settle_landed(self) -> None:
        """Keep what became of the posts that landed; what cannot be kept now is kept later."""
        async with self._settling:
            # those that landed while another commit ran share this one
            landed, self._landed = self._landed, []
            if not landed:
                return
            if not await self._is_kept(landed):
                left = await self._kept_singly(landed) if len(landed) > 1 else landed
                self._landed = [*left, *self._landed]

    async def _kept_singly(self, landed: Sequence[Landed]) -> list[Landed]:
        """Those whose results cannot be kept: one of them must not cost the others theirs."""
        left: list[Landed] = []
        for place, each in enumerate(landed):
            if not await self._is_kept([each]):
                left.append(each)
                if not await self._is_there():
                    return [*left, *landed[place + 1 :]]
        return left

    async def _is_kept(self, landed: Sequence[Landed]) -> bool:
        try:
            await self._store.write(settle, self._site, landed)
        except Exception as error:  # noqa: BLE001 - logged there
            log_trouble(log, error, f"the results of {len(landed)} posts could not be kept yet")
            return False
        self.in_hand.difference_update(parcel.post.id for parcel, _ in landed)
        return True

    async def _is_there(self) -> bool:
        """Whether the database can be written at all."""
        try:
            await self._store.write(nothing)
        except Exception as error:  # noqa: BLE001 - logged there
            log_trouble(log, error, "the database cannot be written")
            return False
        return True

    async def _send(self, parcel: Parcel) -> Verdict:
        chat, body = parcel.chat, parcel.body
        match body:
            case Bubble():
                return await self._gateway.bubble(chat, body)
            case Settled():
                if parcel.prompt is None:
                    return Sent()
                return await self._gateway.settle(chat, *parcel.prompt, body.note)
            case Toast():
                return await self._toast(parcel.post, body)
            case Picture():
                await self._gateway.busy(chat)
                png = await self._painter.png(body.drawing)
                return await self._gateway.picture(chat, png, body.drawing.caption)
            case Document():
                content = parcel.export if body.content is None else body.content.encode()
                return await self._gateway.document(chat, content, body.name, body.caption)

    async def _toast(self, post: Post, body: Toast) -> Verdict:
        if self._site.clock.now() - post.created_at > TOAST_LIVES:
            return Refused("too late")
        return await self._gateway.toast(body)


def take_back(unit: Unit, site: Site) -> None:
    """Free what was being sent when this process died; with other processes, what is stale."""
    outbox.recover(unit, site.clock.now(), LEASE if unit.locks else timedelta())


def recover(unit: Unit, site: Site, replica: Replica, in_hand: Collection[int]) -> None:
    """Free what others were sending when they died, and what has been on its way for too long."""
    outbox.recover(unit, site.clock.now(), LEASE, replica, in_hand)


def claim(unit: Unit, site: Site, limit: int, by: int = 0) -> list[Parcel]:
    """The next posts to be sent, marked as being sent by the process of that number."""
    posts = outbox.claim(unit, site.clock.now(), limit, by=by)
    return [parcel for post in posts if (parcel := _made(unit, site, post)) is not None]


def _made(unit: Unit, site: Site, post: Post) -> Parcel | None:
    """The post ready to be sent; one that cannot be opened or read holds up nobody else."""
    try:
        return _parcel(unit, site, post, people.chat_of(unit, [post.contact_id])[post.contact_id])
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
    for act in acts:
        _by_itself(unit, parcel.post, act)


def _by_itself(unit: Unit, post: Post, act: Callable[[], None]) -> None:
    try:
        with unit.connection.begin_nested():
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


def _parcel(unit: Unit, site: Site, post: Post, chat: str) -> Parcel:
    parcel = Parcel(post, BODY.validate_json(post.body), chat)
    match parcel.body:
        case Settled() if post.turn is not None:
            found = outbox.message_of(unit, post.contact_id, post.turn)
            prompt = (found[0], Bubble.model_validate_json(found[1])) if found else None
            return replace(parcel, prompt=prompt)
        case Document(content=None) if post.patient_id is not None:
            return replace(parcel, export=export(unit, site, post.patient_id))
        case _:
            return parcel


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
