"""Simulated patients with real phones: what they do goes through the sandbox, act by act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.keys import Vault
from bot.simulation.answering import Act, Style, open_question
from bot.simulation.calendar import Calendar
from bot.simulation.clinic import Life
from bot.simulation.people import Person, group
from bot.store.people import contact, load
from bot.store.tables import outbox, patients
from bot.store.unit import Unit
from flows.program import Release
from flows.state import State
from tests.flows.starts import real_release
from tests.journeys.people import Person as Phone
from tests.journeys.world import World

FIRST_NUMBER = 7_200_000_001
"""Nobody's number is part of another figure in the log."""

MOMENT = timedelta(seconds=1)


@dataclass(slots=True)
class Member:
    """One of the crowd: their life and their phone."""

    life: Life
    phone: Phone
    next_at: datetime | None
    contact: int | None = None
    turn: int = 0


@dataclass(slots=True)
class Seen:
    """Where somebody is now, and the bot's last message in their chat."""

    state: State
    last_message: int


@dataclass
class Crowd:
    """Everybody who takes part, and when each of them takes up the phone next."""

    world: World
    release: Release
    members: list[Member] = field(default_factory=list)
    acts: int = 0

    @classmethod
    def gathers(cls, world: World, count: int, weeks: int, seed: int, end: datetime) -> Crowd:
        """So many people who begin on the same day, so many weeks before the end."""
        crowd = cls(world, real_release())
        vault = Vault([world.bot.settings["SECRET_KEYS"]])
        for person in group(count, weeks, seed, end, FIRST_NUMBER):
            crowd._admit(person, vault)
        return crowd

    def _admit(self, person: Person, vault: Vault) -> None:
        world, name = self.world, f"{person.name} Soakwell {person.number % 100_000}"
        world.do("users", id=person.number, first_name=name, language_code="en")
        phone = Phone(person.number, name, world.do, world._chat, world.until_quiet)
        world.people.append(phone)
        lookup = vault.lookup("telegram", str(person.number))
        life = Life(person, Style(self.release, person), Calendar(person), lookup)
        self.members.append(Member(life, phone, person.begins_at))

    def due(self, now: datetime) -> list[Member]:
        """Those who take up the phone now, or have it in the hand."""
        found = [each for each in self.members if each.next_at is not None and each.next_at <= now]
        for each in found:
            _visits(each.life, now)
        return found

    @property
    def next_at(self) -> datetime | None:
        """When the next of them takes up the phone."""
        return min((each.next_at for each in self.members if each.next_at), default=None)

    def acts_once(self, due: Sequence[Member], seen: dict[str, Seen], now: datetime) -> None:
        """Each of these does one thing, or puts the phone away until later."""
        for each in due:
            there = seen.get(each.life.lookup, Seen(State(release=self.release.hash), 0))
            act = each.life.wants(self.release, there.state, now)
            if act is None:
                each.turn = there.state.turn
                each.life.puts_away(now)
                each.next_at = each.life.visits
                continue
            each.life.busy, each.life.acts = True, each.life.acts + 1
            each.next_at = now if act != Act() else _after_cue(there.state, now)
            self._does(each.phone, act, there.last_message)

    def takes_notice(self, news: dict[str, Seen], now: datetime) -> None:
        """Those whom the bot wrote to by itself decide when they look."""
        for each in self.members:
            there = news.get(each.life.lookup)
            if there is None or each.life.busy or there.state.turn == each.turn:
                continue
            each.turn = there.state.turn
            reply = each.life.style.reply(there.state)
            if reply is None and open_question(self.release, there.state) is None:
                continue
            at = each.life.calendar.after_reminder(now)
            if at is not None:
                each.life.wish, each.next_at = reply, _sooner(at, each.next_at)

    def _does(self, phone: Phone, act: Act, last_message: int) -> None:
        if act.text:
            self.acts += 1
            phone.says(act.text)
        elif act.data:
            self.acts += 1
            phone.acts += 1
            self.world.do("tap", user=phone.number, message_id=last_message, data=act.data)


def _visits(life: Life, now: datetime) -> None:
    if life.visits is not None and life.visits <= now:
        life.visits = None
        if not life.busy:
            life.wish = life.wish or Act(text=life.calendar.wish())


def seen_by(unit: Unit, members: Iterable[Member]) -> dict[str, Seen]:
    """Where these people are, as the bot's own database holds it."""
    known = {each.life.lookup: each for each in members if _row_of(unit, each) is not None}
    rows = {each.life.row or 0: each for each in known.values()}
    last = _last_messages(unit, [each.contact or 0 for each in known.values()])
    return {
        rows[number].life.lookup: Seen(
            State.model_validate_json(patient.state_json), last.get(rows[number].contact or 0, 0)
        )
        for number, patient in load(unit, list(rows)).items()
    }


def with_news(unit: Unit, members: Iterable[Member]) -> list[Member]:
    """Those whose turn has counted on since they looked, and who are not in the middle of it."""
    query = select(patients.c.id, patients.c.turn)
    turns = {row.id: row.turn for row in unit.connection.execute(query)}
    idle = (each for each in members if not each.life.busy)
    return [each for each in idle if turns.get(each.life.row or 0, 0) > each.turn]


def _row_of(unit: Unit, each: Member) -> int | None:
    if each.life.row is None:
        found = contact(unit, each.life.lookup)
        if found is not None:
            each.contact, each.life.row = found.id, found.patient_id
    return each.life.row


def _last_messages(unit: Unit, contacts: list[int]) -> dict[int, int]:
    newest = select(outbox.c.contact_id, func.max(outbox.c.message_id))
    query = newest.where(outbox.c.contact_id.in_(contacts)).group_by(outbox.c.contact_id)
    return {row[0]: row[1] or 0 for row in unit.connection.execute(query)}


def _after_cue(state: State, now: datetime) -> datetime:
    return state.cue.due_at + MOMENT if state.cue is not None else now


def _sooner(at: datetime, other: datetime | None) -> datetime:
    return at if other is None else min(at, other)
