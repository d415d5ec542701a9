"""A practice: the real service on a real database, turned by hand, and the people who write to it.

Nothing runs by itself: whoever does something has it handled and answered before the next line of
the test, and time passes only when the test says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Executable
from sqlalchemy import text as sql

from bot.clock import Clock
from bot.content.places import places
from bot.keys import Vault
from bot.service import joining, nudge
from bot.service.deliver import Delivery
from bot.service.health import Pulse, health
from bot.service.mail_delivery import Courier, MailDelivery
from bot.service.picture import Painter
from bot.service.releases import Releases
from bot.service.renewal import take_up
from bot.service.site import Site
from bot.settings import Settings
from bot.store import alerts, nudges, people
from bot.store.alerts import Alert
from bot.store.nudges import Planned
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.unit import Unit
from bot.telegram.intake import Intake
from bot.telegram.reading import read as read_update
from bot.workers import Workers
from flows.program import Release
from flows.state import State
from tests.bot.service.messenger import Call, Messenger
from tests.bot.service.refusing import refuse, take
from tests.flows.starts import STARTS

WEDNESDAY = datetime(2027, 1, 13, 15, 0, tzinfo=UTC)
MOMENT = timedelta(milliseconds=50)
MOST_ROUNDS = 200
WAITING = """SELECT EXISTS (SELECT 1 FROM inbox WHERE handled_at IS NULL),
    EXISTS (SELECT 1 FROM outbox WHERE state IN ('pending', 'sending')),
    EXISTS (SELECT 1 FROM mails WHERE state IN ('pending', 'sending'))"""
"""Where something is left to do: to look is cheaper than to let each worker look."""


class SetClock(Clock):
    """A clock that stands still until it is set."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment


class Practice:
    """One process of the service, and what stays when it is started again."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        release: Release,
        courier: Courier | None = None,
        **settings: Any,
    ) -> None:
        self.store, self.vault, self.courier = store, vault, courier
        self.clock, self.messenger, self.pulse = SetClock(WEDNESDAY), Messenger(), Pulse()
        self._settings = Settings(country="CA", **settings)
        self._ids = count(1)
        self.start(release)

    def start(self, release: Release) -> None:
        """Start the process, or start it again, with this content."""
        releases = Releases(release, places)
        self.site = Site(self._settings, releases, self.clock, read_update)
        self.store.write_now(take_up, self.site)
        self.delivery = Delivery(self.store, self.site, self.messenger, Painter(idle=0))
        self.mail = MailDelivery(self.store, self.site, self.courier)
        self.workers = Workers(self.store, self.site, self.delivery, self.pulse, self.mail)
        self.intake = Intake(self.store, self.vault, self.clock, self.workers.wake)

    def person(self, number: int) -> Person:
        """Whoever has this number at the messenger."""
        return Person(self, number)

    async def patient(self, number: int, place: str = "new") -> Person:
        """A patient who has lived through everything up to that place of the stories."""
        patient = Person(self, number)
        for act in _way_to(place):
            await (patient.chooses(act[1:]) if act.startswith("=") else patient.says(act))
        patient.news()
        return patient

    async def clinician(self, number: int, name: str, role: str = "clinician") -> Person:
        """Someone who has just joined the team by a code."""
        joined = Person(self, number)
        await joined.says(f"/start {self.code(name, role)}")
        return joined

    def code(self, name: str = "Dr Lee", role: str = "clinician") -> str:
        """A new code for the team."""
        now = self.clock.now()
        return self.store.write_now(joining.invite, "clinician", name, role, at=now)

    def number(self, update: dict[str, Any]) -> dict[str, Any]:
        """The update with its number."""
        return {"update_id": next(self._ids), **update}

    async def arrives(self, *updates: dict[str, Any]) -> None:
        """These updates are kept together and handled, and what follows is sent."""
        await self.intake.keep(updates)
        await self.work()

    async def work(self) -> None:
        """Handle and send until there is nothing left that can be done at this moment."""
        arrivals, posts, mails = True, True, True
        for _ in range(MOST_ROUNDS):
            handled = await self.workers._handle() if arrivals else 0
            sent = await self.delivery.send_waiting() if posts else 0
            # what lands lets others go
            sent += len(self.delivery._flying)
            await self.delivery.land()
            mailed = await self.mail.send_waiting() if mails else 0
            self.clock.moment += MOMENT
            if not handled and not sent and not mailed:
                return
            [(arrivals, posts, mails)] = self.rows(WAITING)
            if not arrivals and not posts and not mails:
                return
        raise AssertionError("the service never comes to rest")

    async def tick(self) -> None:
        """One tick of the clocks, and the work that it brings."""
        await self.workers._tick()
        await self.work()

    async def wait(self, every: timedelta, *, times: int = 1) -> None:
        """Time passes, with a tick after each stretch of it."""
        for _ in range(times):
            self.clock.moment += every
            await self.tick()

    async def live(self, long: timedelta) -> None:
        """Time passes, with a tick whenever something comes due."""
        end = self.clock.now() + long
        while (due := self._next_due()) is not None and due <= end:
            self.clock.moment = max(due, self.clock.now())
            await self.tick()
        self.clock.moment = max(end, self.clock.now())
        await self.tick()

    def fail(self, change: str) -> None:
        """From now on the database refuses such changes, such as `INSERT ON inbox`."""
        self.store.write_now(refuse, change)

    def mend(self) -> None:
        """The database takes every change again."""
        self.store.write_now(take)

    def run(self, statement: Executable) -> None:
        """Run a statement behind the service's back."""

        def execute(unit: Unit) -> None:
            unit.connection.execute(statement)

        self.store.write_now(execute)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database answers."""

        def ask(unit: Unit) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in unit.connection.execute(sql(query))]

        return self.store.read_now(ask)

    def health(self) -> dict[str, Any]:
        """What the health page says."""
        return self.store.read_now(health, self.site, self.pulse)

    def _next_due(self) -> datetime | None:
        due = self.store.read_now(nudge.next_due)
        return datetime.fromisoformat(due) if due is not None else None


class Person:
    """Someone at the messenger: what they do is answered, and `news` is what they have not read."""

    def __init__(self, practice: Practice, number: int) -> None:
        self._practice, self.number, self._read = practice, number, 0
        self._written = 0
        self._replied: dict[str, Any] = {}

    async def says(self, text: str, *, to: str | None = None) -> None:
        """Write a message, perhaps in reply to the newest bubble with these words."""
        await self._practice.arrives(self.wrote(text, to=to))

    async def edits(self, text: str) -> None:
        """Change the last message into this."""
        last = {**self._message(), **self._replied, "message_id": self._written}
        await self._arrives({"edited_message": {**last, "text": text}})

    async def sends_photo(self, caption: str, *, to: str | None = None) -> None:
        """Send a picture with words under it, perhaps in reply to the newest bubble with these."""
        photo = {**self._message(), **self._in_reply(to), "photo": [], "caption": caption}
        await self._arrives({"message": photo})

    async def taps(self, label: str) -> None:
        """Tap the newest button of that label."""
        await self.brings(self.button(label))

    async def chooses(self, value: str) -> None:
        """Tap the choice of the open question that stands for this value."""
        await self.brings(f"{self.state.asked}.{value}")

    async def brings(self, data: str) -> None:
        """A tap that brings this, whoever made it."""
        await self._practice.arrives(self.tapped(data))

    async def blocks(self) -> None:
        """Block the bot."""
        change = {**self._chat(), "new_chat_member": {"status": "kicked"}}
        await self._arrives({"my_chat_member": change})

    def wrote(self, text: str, *, to: str | None = None) -> dict[str, Any]:
        """The update of a message, for those who arrive together with others."""
        self._written += 1
        self._replied = self._in_reply(to)
        message = {**self._message(), **self._replied, "message_id": self._written, "text": text}
        return self._practice.number({"message": message})

    def sent(self, thing: dict[str, Any], *, edited: bool = False) -> dict[str, Any]:
        """The update of something that is no text."""
        message = {**self._message(), **thing}
        return self._practice.number({"edited_message" if edited else "message": message})

    def tapped(self, data: str) -> dict[str, Any]:
        """The update of a tap that brings this."""
        shown = {"message_id": 1, **self._chat()}
        query = {"id": f"{self.number}-{data}", **self._chat(), "data": data, "message": shown}
        return self._practice.number({"callback_query": query})

    def button(self, label: str) -> str:
        """What the newest button of that label brings."""
        shown = [data for call in self._bubbles() for name, data in call.buttons if name == label]
        assert shown, f"there is no button '{label}'"
        return shown[-1]

    def news(self) -> list[str]:
        """The bubbles shown since this was asked last."""
        new = self._bubbles()[self._read :]
        self._read += len(new)
        return [call.text for call in new]

    @property
    def state(self) -> State:
        """Where this patient is."""
        return State.model_validate_json(self._patient().state_json)

    @property
    def alerts(self) -> list[Alert]:
        """Every alert there was about this patient."""
        return self._practice.store.read_now(alerts.of_patient, self.patient_id)

    @property
    def nudges(self) -> list[Planned]:
        """This patient's nudges and what became of them."""
        return self._practice.store.read_now(nudges.of_patient, self.patient_id)

    @property
    def pseudonym(self) -> str:
        """The name by which the team knows this patient."""
        return self._patient().pseudonym

    @property
    def patient_id(self) -> int:
        """This patient's row."""
        lookup = self._practice.vault.lookup("telegram", str(self.number))
        contact = self._practice.store.read_now(people.contact, lookup)
        assert contact is not None
        assert contact.patient_id is not None
        return contact.patient_id

    async def _arrives(self, update: dict[str, Any]) -> None:
        await self._practice.arrives(self._practice.number(update))

    def _patient(self) -> Patient:
        return self._practice.store.read_now(people.load, [self.patient_id])[self.patient_id]

    def _bubbles(self) -> list[Call]:
        taken = self._practice.messenger.taken_by(self.number)
        return [call for call in taken if call.kind == "bubble"]

    def _bubble_with(self, words: str) -> int:
        found = [call.number for call in self._bubbles() if words in call.text]
        assert found, f"no bubble says '{words}'"
        return found[-1]

    def _in_reply(self, to: str | None) -> dict[str, Any]:
        return {} if to is None else {"reply_to_message": {"message_id": self._bubble_with(to)}}

    def _message(self) -> dict[str, Any]:
        return {"message_id": 1, **self._chat()}

    def _chat(self) -> dict[str, Any]:
        user = {"id": self.number, "is_bot": False, "first_name": "x"}
        return {"from": user, "chat": {"id": self.number, "type": "private"}}


def told_just(told: list[str], *wanted: str) -> bool:
    """Whether these bubbles say just this, one thing each, in this order."""
    return len(told) == len(wanted) and all(
        words in text for words, text in zip(wanted, told, strict=True)
    )


async def until(holds: Callable[[], bool]) -> None:
    """Wait until what the service does by itself has come to hold."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to hold")


def _way_to(place: str) -> tuple[str, ...]:
    before, acts = STARTS[place]
    return (*(_way_to(before) if before else ()), *acts)
