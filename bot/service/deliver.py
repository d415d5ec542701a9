"""What was decided is sent: in order for each person, urgent lanes first, results kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Generic, TypeVar

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
    Unsent,
    Verdict,
)
from bot.service.site import Site
from bot.store import outbox
from bot.store.errors import log_trouble
from bot.store.outbox import Post
from bot.store.replicas import ALONE, Replica
from bot.store.store import Store
from bot.store.unit import Unit, nothing

T = TypeVar("T")

log = logging.getLogger(__name__)

IN_FLIGHT = 64
"""To so many people something is on its way at once."""
CHAIN_LASTS = timedelta(seconds=3)
"""For how long a chain may go on: less than help waits for a call that hangs, by far less than
another process waits before it takes over from one that fell silent."""
TOAST_LIVES = timedelta(seconds=60)
SETTLED_WITHIN = 0.02
"""Seconds for which what landed waits for a commit that comes anyway, before it has its own."""
LEASE = timedelta(minutes=2)
"""How long a post may be on its way before it counts as stuck; no call takes so long."""


class Delivery:
    """The outbox's way out: many people's posts in flight, one for each of them at a time.

    An answer is a chain: it is claimed together and sent post by post, and goes no further than one
    that cannot be sent.
    """

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
        self._answering: set[asyncio.Task[None]] = set()
        self._landed: list[Landed] = []
        self._settling = asyncio.Lock()
        self._is_unsure, self._began = False, site.clock.now()
        self._has_alarm = False
        self._out = self._queue = 0
        self.is_full = False
        """Whether more may wait than there was room for when posts were last claimed."""
        self.in_hand: set[int] = set()
        """The posts on their way, and those whose results are not kept yet."""
        self.on_landing: Callable[[], None] | None = None
        """Called when a post has landed, by whoever settles it then, `along` with other work."""
        self.on_call: Callable[[str], None] = lambda name: None
        """Called with the name of whoever has something to do after a commit."""

    async def along(self, work: Callable[[Unit, Site], T]) -> T:
        """What the work gives back; in its commit what landed is settled, and more is claimed.

        Where anything of this raises, nothing of it was done; or all, and only the answer got lost.
        """
        async with self._next_commit():
            landed, self._landed = self._landed, []
            wish = Wish(
                landed,
                at=self._site.clock.now(),
                room=IN_FLIGHT - len(self._flying),
                by=self._replica.number,
                began=self._began,
                in_hand=frozenset(self.in_hand) if self._is_unsure else None,
            )
            try:
                made = await self._store.write(_all_in_one, work, self._site, wish)
            except BaseException:
                self._landed, self._is_unsure = [*landed, *self._landed], True
                raise
            self._is_unsure = False
            self._forget(landed)
            self._set_out(made.chains, wish)
        self.answer(made.taps)
        for name in made.calls_for:
            self.on_call(name)
        return made.done

    @asynccontextmanager
    async def _next_commit(self) -> AsyncIterator[None]:
        """Alone with the database; until then others may leave to this one what they want done."""
        self._queue += 1
        try:
            await self._settling.acquire()
        finally:
            self._queue -= 1
        try:
            yield
        finally:
            self._settling.release()

    def answer(self, taps: Sequence[str]) -> None:
        """Answer these taps without words; it does not matter if this fails."""
        for query in taps:
            task = asyncio.create_task(self._answer(query))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, query: str) -> None:
        try:
            await self._gateway.toast(Toast(query=query))
        except Exception:
            log.exception("a tap could not be answered")

    async def send_waiting(self) -> int:
        """To how many people posts were sent since this was asked last, these included.

        A slow one holds up nobody but its reader.
        """
        await self._send_more()
        sent, self._out = self._out, 0
        return sent

    async def _send_more(self) -> None:
        # whoever waits for the next commit has all of this done by it
        if self._queue:
            return
        try:
            await self.along(_nothing)
        except Exception:
            if not self._landed:
                raise
        else:
            return
        # what cannot be settled must not hold up what can be sent
        await self.settle_landed()
        landed, self._landed = self._landed, []
        try:
            await self.along(_nothing)
        finally:
            self._landed = [*landed, *self._landed]

    def _set_out(self, chains: Sequence[Sequence[Parcel]], wish: Wish) -> None:
        self._out += len(chains)
        self.is_full = 0 < wish.room == len(chains)
        for chain in chains:
            self.in_hand.update(parcel.post.id for parcel in chain)
            task = asyncio.create_task(self._deliver(chain, wish.at))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)

    def _forget(self, landed: Sequence[Landed]) -> None:
        self.in_hand.difference_update(parcel.post.id for parcel, _ in landed)

    async def land(self) -> None:
        """Wait until nothing is in flight any more, and keep what became of it."""
        # whatever is being committed may set out more
        await self.settle_landed()
        while self._flying or self._answering:
            await asyncio.wait(self._flying | self._answering)
            await self.settle_landed()

    async def _deliver(self, chain: Sequence[Parcel], began: datetime) -> None:
        goes_on = True
        for parcel in chain:
            verdict = await self._verdict(parcel) if goes_on else Unsent()
            # late, or after a leap of the clock, another process may see to those behind it
            is_late = abs(self._site.clock.now() - began) > CHAIN_LASTS
            goes_on = isinstance(verdict, Sent) and not is_late
            await self._land((parcel, verdict))

    async def _verdict(self, parcel: Parcel) -> Verdict:
        try:
            return await self._send(parcel)
        # whatever went wrong here must not leave the post between two states
        except Exception:
            log.exception("post %s could not be made", parcel.post.id)
            return Later(1)

    async def _land(self, landed: Landed) -> None:
        self._landed.append(landed)
        if self.on_landing is None:
            await self.settle_landed()
        elif self.is_full or self._is_waited_for(*landed):
            self.on_landing()
        elif not self._has_alarm:
            self._has_alarm = True
            asyncio.get_running_loop().call_later(SETTLED_WITHIN, self._ring)

    @staticmethod
    def _is_waited_for(parcel: Parcel, verdict: Verdict) -> bool:
        """Whether something may be to be done at once: more help sent, or a failure followed up."""
        return parcel.post.lane in {"crisis", "alert"} or not isinstance(verdict, Sent)

    def _ring(self) -> None:
        self._has_alarm = False
        if self._landed and self.on_landing is not None:
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
        self._forget(landed)
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


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """What came of one commit: of the work, what is to be sent, and who has to do something."""

    done: T
    chains: Sequence[Sequence[Parcel]]
    taps: Sequence[str]
    calls_for: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done beside the work: what landed is settled, and so many chains are claimed.

    `in_hand` is told after a commit that raised: whatever else this process has claimed it never
    got to know of, and it waits again.
    """

    landed: Sequence[Landed]
    at: datetime
    room: int
    by: int
    began: datetime
    in_hand: frozenset[int] | None


def _all_in_one(unit: Unit, work: Callable[[Unit, Site], T], site: Site, wish: Wish) -> Made[T]:
    # patients before posts: in this order everybody takes hold of them
    done = work(unit, site)
    if wish.landed:
        settle(unit, site, wish.landed)
    if wish.in_hand is not None:
        outbox.put_back(unit, wish.by, wish.in_hand)
    parcels = claim(unit, site, wish.room, wish.by, wish.began) if wish.room > 0 else []
    chains = [list(chain) for _, chain in groupby(parcels, lambda parcel: parcel.post.contact_id)]
    return Made(done, chains, tuple(unit.taps), frozenset(unit.calls_for))


def _nothing(_unit: Unit, _site: Site) -> None:
    """No work: what landed is settled, and what waits is claimed."""


def take_back(unit: Unit, site: Site) -> None:
    """Free what was being sent when this process died; with other processes, what is stale."""
    outbox.recover(unit, site.clock.now(), LEASE if unit.locks else timedelta())


def recover(unit: Unit, site: Site, replica: Replica, in_hand: Collection[int]) -> None:
    """Free what others were sending when they died, and what has been on its way for too long."""
    outbox.recover(unit, site.clock.now(), LEASE, replica, in_hand)
