"""What waits in the outbox is sent: in order for each person, urgent lanes first, results kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from bot.service.gateway import Gateway, Painter
from bot.service.parcels import Landed, Parcel, claim, settle
from bot.service.post import (
    Bubble,
    Document,
    Fade,
    Later,
    Leave,
    Picture,
    Refused,
    Sent,
    Settled,
    Toast,
    Unsay,
    Verdict,
)
from bot.service.site import Site
from bot.store import outbox
from bot.store.errors import log_trouble
from bot.store.outbox import Post
from bot.store.replicas import ALONE, Replica
from bot.store.store import Store
from bot.store.unit import Unit, nothing

log = logging.getLogger(__name__)

IN_FLIGHT = 64
TOAST_LIVES = timedelta(seconds=60)
LEASE = timedelta(minutes=2)
"""How long a post may be on its way before it counts as stuck; no call takes so long."""


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
                drawing = body.drawing
                return await self._gateway.picture(
                    chat, png, drawing.caption, private=drawing.private
                )
            case Document():
                content = parcel.export if body.content is None else body.content.encode()
                return await self._gateway.document(chat, content, body.name, body.caption)
            case Leave():
                return await self._gateway.leave(chat)
            case Unsay():
                return await self._gateway.unsay(chat, body.messages)
            case Fade():
                return await self._gateway.fade(chat, body.message, body.text)

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
