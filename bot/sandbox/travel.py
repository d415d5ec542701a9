"""Travel in time: from one thing the bot has due to the next, until the wished moment."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from zoneinfo import ZoneInfo

import httpx

from bot.sandbox.health import Health, ask
from bot.sandbox.world import World

MORNING = hour(9, 30)
ANSWER_SECONDS = 10.0
SETTLE_SECONDS = 30.0
CHANGE_SECONDS = 10.0
GLANCE = 0.05


@dataclass(frozen=True)
class Journey:
    """A travel as the page and the tests see it."""

    target: datetime
    stops: int = 0
    done: bool = False
    note: str = ""

    def shown(self) -> dict[str, object]:
        """The journey as JSON."""
        target = self.target.isoformat()
        return {"target": target, "stops": self.stops, "done": self.done, "note": self.note}


class Traveller:
    """Moves the sandbox clock forward, stopping wherever the bot has something to do."""

    def __init__(self, world: World, health_url: str | None) -> None:
        self._world = world
        self._health_url = health_url
        self.journey: Journey | None = None

    @property
    def travelling(self) -> bool:
        """Whether a journey is under way."""
        return self.journey is not None and not self.journey.done

    async def travel(self, target: datetime) -> Journey:
        """The finished journey."""
        self._show(Journey(target))
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            note = await self._go(client, target)
        if self._world.clock.moment() < target:
            self._world.clock.move_to(target)
        return self._show(Journey(target, self._stops(), done=True, note=note))

    async def _go(self, client: httpx.AsyncClient, target: datetime) -> str:
        """Make every stop on the way; why the rest was one jump, if it was."""
        handled: datetime | None = None
        while True:
            health = await self._settled(client)
            if health is None:
                return "The bot did not answer, so this was one jump."
            due = health.next_due
            if due is None or due > target:
                return "" if health.idle else "The bot still had unfinished work."
            if due == handled:
                return f"The bot left undone what was due at {due.isoformat()}."
            self._stop_at(due)
            handled = await self._unless_changed(client, due)

    def _stop_at(self, due: datetime) -> None:
        moment = max(due + timedelta(seconds=1), self._world.clock.moment())
        self._world.clock.move_to(moment)
        if self.journey is not None:
            self._show(Journey(self.journey.target, self._stops() + 1))

    async def _settled(self, client: httpx.AsyncClient) -> Health | None:
        """The bot's health once nothing waits any more, or None when it does not answer."""
        began = answered = time.monotonic()
        while True:
            health = await self._ask(client)
            now = time.monotonic()
            if health is None and now - answered > ANSWER_SECONDS:
                return None
            if health is not None:
                answered = now
                if self._quiet(health) or now - began > SETTLE_SECONDS:
                    return health
            await asyncio.sleep(GLANCE)

    async def _unless_changed(self, client: httpx.AsyncClient, due: datetime) -> datetime | None:
        """None as soon as something else is due next; that moment when it still is."""
        until = time.monotonic() + CHANGE_SECONDS
        while time.monotonic() < until:
            health = await self._ask(client)
            if health is not None and health.next_due != due:
                return None
            await asyncio.sleep(GLANCE)
        return due

    async def _ask(self, client: httpx.AsyncClient) -> Health | None:
        return await ask(client, self._health_url) if self._health_url else None

    def _quiet(self, health: Health) -> bool:
        return health.idle and not self._world.updates.waiting()

    def _stops(self) -> int:
        return self.journey.stops if self.journey else 0

    def _show(self, journey: Journey) -> Journey:
        self.journey = journey
        self._world.changes.give()
        return journey


def target_of(now: datetime, until: str, zone: str) -> datetime:
    """The UTC moment that 'tomorrow morning' or 'a week' means in that time zone."""
    local = now.astimezone(ZoneInfo(zone))
    if until == "a week":
        return (local + timedelta(days=7)).astimezone(UTC)
    morning = datetime.combine(local.date() + timedelta(days=1), MORNING, local.tzinfo)
    return morning.astimezone(UTC)
