"""A clinic that lives in a moment: the real service, a clock that jumps, people who write to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

import orjson

from bot.clock import Clock
from bot.service import chain, digest, handle, lanes, nudge, reminding
from bot.service.incoming import Incoming, Pressed, Wrote
from bot.service.site import Site
from bot.simulation.answering import Act, Style, open_question
from bot.simulation.calendar import Calendar
from bot.simulation.people import Person
from bot.simulation.words import WORDS
from bot.store import inbox, people, settling
from bot.store.inbox import Arrival
from bot.store.store import Store
from bot.store.unit import Unit
from flows.program import Release
from flows.state import State
from flows.steps import Wait

MOMENT = timedelta(milliseconds=50)
STRETCH = timedelta(hours=12)
"""How much of its life is kept in one transaction."""

MOST_ACTS = 500
"""In one session with the phone: nobody answers for longer."""

ENOUGH = 500
LOOKS_IN = timedelta(minutes=30)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
START = Act(text="/start")
FAR = datetime(9999, 1, 1, tzinfo=UTC)
CLOCKS = ("nudge", "watch", "check", "cue", "behind_watch", "overdue_watch")
Progress = Callable[[datetime], None]


class Team(Protocol):
    """Those who care for the people of a clinic."""

    def look_in(self, unit: Unit, at: datetime) -> None:
        """See to what has come up by that moment."""


class NobodyThere:
    """A clinic without a team, for those who look at patients alone."""

    def look_in(self, unit: Unit, at: datetime) -> None:
        """Nothing: there is nobody."""


class JumpingClock(Clock):
    """A clock that stands still until the simulation moves it, and never goes back."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self._moment = moment

    def now(self) -> datetime:
        """The moment it was moved to."""
        return self._moment

    def move(self, moment: datetime) -> datetime:
        """That moment, or a little later than the last one."""
        self._moment = max(moment, self._moment + MOMENT)
        return self._moment


def next_ring(state: State) -> datetime | None:
    """When the first clock of somebody rings, or None if none runs."""
    running = (getattr(state, name) for name in CLOCKS)
    return min((each.due_at for each in running if each is not None), default=None)


def read_arrival(body: str) -> Incoming | None:
    """What somebody did in this clinic, where no messenger stands between."""
    found = orjson.loads(body)
    text, data = found["text"], found["data"]
    what = Wrote(text=text) if text else Pressed(data=data, query=found["query"])
    return Incoming(found["chat"], "en", what)


@dataclass(slots=True)
class Life:
    """A person in the clinic: how they answer, when, and where they are in it."""

    person: Person
    style: Style
    calendar: Calendar
    lookup: str
    wish: Act | None = START
    visits: datetime | None = None
    acts: int = 0
    busy: bool = False
    cried: bool = False
    row: int | None = None
    state: State | None = None

    def wants(self, release: Release, state: State, now: datetime) -> Act | None:
        """What they do next with the phone in the hand; None if they put it away."""
        if self.wish is not None:
            wish, self.wish = self.wish, None
            return wish
        question = open_question(release, state)
        if question is None or self.acts > MOST_ACTS:
            return None
        if self._is_in_crisis(state, now):
            self.cried = True
            return Act(text=self.style.chance.choice(WORDS["crisis"]))
        if self.calendar.puts_away() and state.phase not in {"consenting", "screening"}:
            self.acts = MOST_ACTS
            return Act(text="later")
        if isinstance(question, Wait) and state.cue is not None and self.calendar.lets_run():
            return Act()
        return self.style.answer(state, question, now)

    def puts_away(self, now: datetime) -> datetime | None:
        """When the phone is taken up again unasked, if that was not known before."""
        self.busy, self.acts = False, 0
        if self.visits is not None and self.visits > now:
            return None
        self.visits = self.calendar.next_visit(now)
        return self.visits

    def _is_in_crisis(self, state: State, now: datetime) -> bool:
        week = self.person.crisis_week
        is_due = week is not None and self.person.weeks(now) >= week
        return is_due and not self.cried and state.phase == "learning"


@dataclass(slots=True)
class Clinic:
    """The people of a clinic and everything that is to happen, in order."""

    store: Store
    site: Site
    clock: JumpingClock
    lives: dict[str, Life] = field(default_factory=dict)
    team: Team = field(default_factory=NobodyThere)
    _looked: datetime = LONG_AGO
    _due: datetime = LONG_AGO
    """No clock rings before this; when one truly does, the database says."""

    _rung: int = 0

    _calendar: list[tuple[datetime, int, str]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _messages: count[int] = field(default_factory=lambda: count(1))
    _order: count[int] = field(default_factory=lambda: count(1))
    _touched: set[str] = field(default_factory=set)

    def admit(self, persons: Sequence[Person], lookup_of: Callable[[str], str]) -> None:
        """These people will write, each from their own first moment on."""
        for person in persons:
            lookup = lookup_of(str(person.number))
            style = Style(self.site.release, person)
            self.lives[lookup] = Life(person, style, Calendar(person), lookup)
            self._plan(person.begins_at, lookup)

    def live(self, until: datetime, progress: Progress = lambda _at: None) -> None:
        """Everything that happens up to that moment, kept stretch by stretch."""
        while self.clock.now() < until:
            end = min(self.clock.now() + STRETCH, until)
            self.store.write_now(self._stretch, end)
            progress(end)

    def brings(self, unit: Unit, number: int, act: Act) -> None:
        """What that person does is kept in the inbox, handled, and what follows is sent."""
        lookup = unit.vault.lookup("telegram", str(number))
        name = f"simulated:{next(self._numbers)}"
        body = {"chat": str(number), "text": act.text, "data": act.data, "query": name}
        digest = hashlib.sha256(name.encode()).hexdigest()
        kept = orjson.dumps(body).decode()
        inbox.keep(unit, [Arrival("telegram", name, digest, lookup, kept, self.clock.now())])
        self._handle(unit, {lookup})

    def work(self, unit: Unit) -> None:
        """Handle and send until nothing waits; everybody's new state is known after it."""
        for _ in range(ENOUGH):
            senders = {each.sender for each in inbox.next_batch(unit, lanes.BATCH)}
            if not senders:
                return
            self._handle(unit, senders)
        raise RuntimeError("the simulated clinic never comes to rest")

    def _handle(self, unit: Unit, senders: Set[str]) -> None:
        handle.handle_batch(unit, self.site)
        self._send(unit)
        for lookup in senders & self.lives.keys():
            life = self.lives[lookup]
            life.state = None
            self._touched.add(lookup)
            rings = next_ring(self.state_of(unit, life))
            self._due = min(self._due, rings) if rings is not None else self._due

    def _send(self, unit: Unit) -> None:
        first = next(self._messages)
        sent = settling.settle_all(unit, first, self.clock.now())
        self._messages = count(first + len(sent))
        for post_id in (number for number, is_alert in sent if is_alert):
            chain.settle_try(unit, self.site, post_id=post_id, ok=True, at=self.clock.now())

    def _stretch(self, unit: Unit, end: datetime) -> None:
        """Whatever comes due, and whatever people do, in the order in which it happens."""
        self._look_in(unit)
        while (moment := self._next(unit)) is not None and moment[0] <= end:
            at, lookup = moment
            self.clock.move(at)
            if lookup is None:
                self._tick(unit)
            else:
                heappop(self._calendar)
                self._act(unit, self.lives[lookup])
            self._look_in(unit)
        self.clock.move(end)

    def _look_in(self, unit: Unit) -> None:
        """The team looks in every now and then, whatever else happens."""
        if self.clock.now() >= self._looked + LOOKS_IN:
            self._looked = self.clock.now()
            self.team.look_in(unit, self._looked)
            self._due = LONG_AGO
            self._settle(unit)

    def _next(self, unit: Unit) -> tuple[datetime, str | None] | None:
        """When something happens next, and who acts then; nobody if it is a clock."""
        planned = self._calendar[0] if self._calendar else None
        # the database is asked only when a clock may ring before the next person acts
        if planned is None or self._due <= planned[0]:
            self._due = self._true_due(unit)
            if planned is None or self._due <= planned[0]:
                return (self._due, None) if self._due < FAR else None
        return planned[0], planned[2]

    def _true_due(self, unit: Unit) -> datetime:
        due = nudge.next_due(unit)
        rings = datetime.fromisoformat(due) if due is not None else FAR
        self._rung = self._rung + 1 if rings == self._due else 0
        if self._rung > ENOUGH:
            raise RuntimeError(f"what is due at {due} is never seen to")
        return rings

    def _tick(self, unit: Unit) -> None:
        nudge.claim(unit, self.site)
        for together in chain.due(unit, self.site):
            chain.go_on(unit, self.site, together)
        for clinician_id in digest.due(unit, self.site):
            digest.send(unit, self.site, clinician_id)
        reminding.remind_due(unit, self.site)
        self._settle(unit)

    def _settle(self, unit: Unit) -> None:
        """Let everybody whom something reached decide when they take it up."""
        self._touched.clear()
        self.work(unit)
        touched = (self.lives[lookup] for lookup in self._touched)
        # by their numbers: the lookups are others with every key
        for life in sorted(touched, key=lambda life: life.person.number):
            if not life.busy:
                self._reminded(unit, life)

    def _reminded(self, unit: Unit, life: Life) -> None:
        state = self.state_of(unit, life)
        reply = life.style.reply(state)
        if reply is None and open_question(self.site.release, state) is None:
            return
        at = life.calendar.after_reminder(self.clock.now())
        if at is not None:
            life.busy, life.acts, life.wish = True, 0, reply
            self._plan(at, life.lookup)

    def _act(self, unit: Unit, life: Life) -> None:
        """The next thing that somebody does with the phone in the hand, and when they go on."""
        now = self.clock.now()
        if life.visits is not None and life.visits <= now:
            life.visits = None
            if life.busy:
                return
            life.wish = Act(text=life.calendar.wish())
        act = life.wants(self.site.release, self.state_of(unit, life), now)
        if act is None:
            visit = life.puts_away(now)
            if visit is not None:
                self._plan(visit, life.lookup)
            return
        life.busy, life.acts = True, life.acts + 1
        if act.text or act.data:
            self.brings(unit, life.person.number, act)
        self._plan(self._goes_on(unit, life, now), life.lookup)

    def _goes_on(self, unit: Unit, life: Life, now: datetime) -> datetime:
        at = life.calendar.next_answer(now)
        cue = self.state_of(unit, life).cue
        return max(at, cue.due_at + MOMENT) if cue is not None and life.calendar.lets_run() else at

    def _plan(self, at: datetime, lookup: str) -> None:
        heappush(self._calendar, (at, next(self._order), lookup))

    def state_of(self, unit: Unit, life: Life) -> State:
        """Where they are, as the service keeps it; read again only after a turn of theirs."""
        if life.row is None:
            found = people.contact(unit, life.lookup)
            life.row = found.patient_id if found is not None else None
        if life.row is None:
            return State(release=self.site.release.hash)
        if life.state is None:
            kept = people.load(unit, [life.row])[life.row].state_json
            life.state = State.model_validate_json(kept)
        return life.state
