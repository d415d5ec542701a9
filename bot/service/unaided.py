"""Help without the database: the card with the help lines, from memory, and a word to the team.

All that is needed was read while the database was there: who is on the team and in which chats,
and for each patient the pseudonym and the country. A chat's number stands in the update itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.service.fault import NOW, help_card, is_need
from bot.service.incoming import Incoming
from bot.service.post import Bubble, Doubtful, Later, Verdict
from bot.service.site import Site
from bot.service.team import care_team, operators
from bot.service.wording import fixed, line
from bot.store import people
from bot.store.inbox import Arrival
from bot.store.unit import Unit
from flows import crisis
from flows.events import Desk

log = logging.getLogger(__name__)

MOST_REMEMBERED = 10_000
GOES_ON_SECONDS = 600.0
"""So long help is tried again while Telegram cannot be reached."""
LONGEST_PAUSE = 15.0
PAGED_EVERY_SECONDS = 600.0
"""The team hears of the same person once in so long; the person is helped each time."""


class Says(Protocol):
    """Sends a bubble to a chat at once, by no outbox."""

    async def bubble(self, chat: str, bubble: Bubble) -> Verdict:
        """Send a message."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who is who, as it was when the database was last there."""

    team: frozenset[str] = frozenset()
    chats: tuple[str, ...] = ()
    patients: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)

    def is_team(self, arrival: Arrival) -> bool:
        """Whether somebody of the team sent it."""
        return not self.team.isdisjoint(arrival.names)

    def patient(self, arrival: Arrival) -> tuple[str | None, str | None]:
        """The pseudonym and the country of the patient who sent it, as far as they are known."""
        found = (self.patients[name] for name in arrival.names if name in self.patients)
        return next(found, (None, None))


def known(unit: Unit) -> Known:
    """Everybody whom help without the database may concern."""
    members = [*care_team(unit), *operators(unit)]
    contacts = [each.contact_id for each in members if each.contact_id is not None]
    return Known(
        people.lookups_of_members(unit),
        tuple(people.sound_chats(unit, contacts)),
        people.pseudonyms_and_countries(unit),
    )


class Unaided:
    """Answers words of need from memory; each arrival once, however often it comes."""

    def __init__(self, site: Site, says: Says) -> None:
        self._site, self._says = site, says
        self._known = Known()
        # made now: whatever can go wrong with a card must go wrong before somebody needs it
        countries = site.release.countries
        now = site.clock.now()
        self._cards = {each: help_card(site, each, Desk(), now) for each in countries}
        self._card = help_card(site, None, Desk(), now)
        crisis.screen(site.release.crisis, NOW)
        self._helped: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._paged_at = dict[str, float]()
        self._asked_to_wait = set[str]()
        self._saying = set[asyncio.Task[None]]()

    def learn(self, who: Known) -> None:
        """From now on these are the people."""
        self._known = who

    def is_over(self) -> None:
        """The database is there again: in the next outage everybody is asked anew."""
        self._asked_to_wait.clear()

    def needs_help(self, arrival: Arrival) -> bool:
        """Whether somebody who is not of the team wrote words of need, or asked for help now."""
        incoming = self._read(arrival)
        return incoming is not None and is_need(self._site.release, incoming)

    def help(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Those whose writers are being shown the help lines now, because they need them."""
        helped = []
        for arrival in arrivals:
            incoming, name = self._read(arrival), (arrival.external_id, arrival.digest)
            if incoming is None or name in self._helped:
                continue
            if not is_need(self._site.release, incoming):
                continue
            self._remember(name)
            log.warning("update %s: help is shown without the database", arrival.external_id)
            _, country = self._known.patient(arrival)
            self._say(incoming.chat, self._cards.get(country or "", self._card))
            helped.append(arrival)
        return helped

    def page(self, arrivals: Sequence[Arrival]) -> None:
        """Begin to tell the team of those who were helped."""
        for arrival in {each.sender: each for each in arrivals}.values():
            self._page(arrival)

    def ask_to_wait(self, arrivals: Sequence[Arrival]) -> None:
        """Tell whoever wrote, once in an outage, that their words are kept for later."""
        for arrival in arrivals:
            chat = self._chat(arrival)
            if chat is None or chat in self._asked_to_wait:
                continue
            self._asked_to_wait.add(chat)
            name = "c-waits" if self._known.is_team(arrival) else "waits"
            self._say(chat, fixed(self._site.release, name))

    async def rest(self) -> None:
        """Wait until all that was begun has been said or given up."""
        while self._saying:
            await asyncio.wait(self._saying)

    def _chat(self, arrival: Arrival) -> str | None:
        incoming = _read(self._site, arrival)
        return incoming.chat if incoming is not None else None

    def _read(self, arrival: Arrival) -> Incoming | None:
        """What somebody did who is not of the team; None for everything else."""
        return None if self._known.is_team(arrival) else _read(self._site, arrival)

    def _remember(self, name: tuple[str, str]) -> None:
        self._helped[name] = None
        if len(self._helped) > MOST_REMEMBERED:
            self._helped.popitem(last=False)

    def _page(self, arrival: Arrival) -> None:
        now, sender = self._passed(), arrival.sender
        if now - self._paged_at.get(sender, -PAGED_EVERY_SECONDS) < PAGED_EVERY_SECONDS:
            return
        self._paged_at[sender] = now
        release = self._site.release
        pseudonym, _ = self._known.patient(arrival)
        who = pseudonym or line(release, "c-unknown")
        for chat in self._known.chats:
            self._say(chat, fixed(release, "c-unaided", pseudonym=who))

    def _say(self, chat: str, bubble: Bubble) -> None:
        task = asyncio.create_task(self._until_said(chat, bubble))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _until_said(self, chat: str, bubble: Bubble) -> None:
        until = self._passed() + GOES_ON_SECONDS
        pause = _pause(await self._once(chat, bubble))
        while pause is not None and self._passed() < until:
            await asyncio.sleep(pause)
            pause = _pause(await self._once(chat, bubble))

    def _passed(self) -> float:
        # not the service's clock: that one may jump
        return asyncio.get_running_loop().time()

    async def _once(self, chat: str, bubble: Bubble) -> Verdict:
        try:
            return await self._says.bubble(chat, bubble)
        # nothing may end this early: it is tried again
        except Exception:
            log.exception("help could not be shown")
            return Doubtful()


def _read(site: Site, arrival: Arrival) -> Incoming | None:
    try:
        incoming = site.read(arrival.body)
    except Exception:  # noqa: BLE001 - whoever handles it later says what is wrong with it
        return None
    return incoming if isinstance(incoming, Incoming) else None


def _pause(verdict: Verdict) -> float | None:
    """After how many seconds it is said once more; None if that would be of no use."""
    match verdict:
        case Later(seconds=seconds):
            return min(seconds, LONGEST_PAUSE)
        case Doubtful():
            return 1.0  # help twice is better than none
        case _:
            return None
