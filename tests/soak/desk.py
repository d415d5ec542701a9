"""The simulated care team with real phones: alerts are taken, answered and closed by taps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from bot.service import joining
from bot.service.team import care_team
from bot.simulation.letters import TO_PATIENT
from bot.simulation.team import MINUTES
from bot.store import alerts, people
from bot.store.alerts import Alert
from bot.store.drafts import WAITS
from bot.store.tables import drafts, outbox
from bot.store.unit import Unit
from flows.escalation import UNTAKEN
from tests.journeys.people import Person as Phone
from tests.journeys.world import World

TEAM = (("Robin Soakwell", "lead"), ("Dr Okafor Soakwell", "clinician"), ("Ines", "clinician"))
LOOKS = ("/alerts", "/patients", "/round", "/menu")
FALSE_ALARMS = 0.1
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Desktop:
    """Open alerts with the message that told them, and drafts that wait for a tap on Send."""

    alerts: list[tuple[Alert, int | None]]
    drafts: list[tuple[int, int]]


@dataclass
class Desk:
    """Two clinicians and a lead, who see to alerts at a person's pace."""

    world: World
    seed: int
    phones: list[Phone] = field(default_factory=list)
    acts: int = 0
    _answered: set[int] = field(default_factory=set)
    _looked_at: datetime | None = None

    def joins(self, codes: Sequence[str]) -> None:
        """Everybody joins by a code."""
        for (name, _), code in zip(TEAM, codes, strict=True):
            phone = self.world.patient(f"{name} at work")
            self.phones.append(phone)
            phone.says(f"/start {code}")

    def looks_in(self, desktop: Desktop, now: datetime) -> None:
        """The next step of every alert whose time has come; once a day a look at the lists."""
        for alert, message in desktop.alerts:
            self._sees_to(alert, message, now)
        for place, draft in desktop.drafts:
            self._taps(self.phones[place], f"draft.{draft}.send")
        if self._looked_at is None or now >= self._looked_at + A_DAY:
            self._looked_at = now
            for place, phone in enumerate(self.phones):
                self._says(phone, LOOKS[(now.toordinal() + place) % len(LOOKS)])

    def _sees_to(self, alert: Alert, message: int | None, now: datetime) -> None:
        chance = Random(f"{self.seed}/{alert.id}")
        waits = timedelta(minutes=chance.uniform(*MINUTES[alert.tier]))
        mine = self.phones[alert.id % len(self.phones)]
        taken_at = alert.taken_at or now
        if alert.state in UNTAKEN and now >= alert.raised_at + waits:
            self._taps(mine, f"alert.{alert.id}.take")
        elif alert.state == "taken" and alert.id not in self._answered and message is not None:
            if now >= taken_at + waits / 2:
                self._answered.add(alert.id)
                self._says(mine, chance.choice(TO_PATIENT), message)
        elif alert.state in {"taken", "acted"} and now >= taken_at + 2 * waits:
            how = "false-alarm" if chance.random() < FALSE_ALARMS else "spoke"
            self._taps(mine, f"alert.{alert.id}.close.{how}")

    def _taps(self, phone: Phone, data: str) -> None:
        self.acts += 1
        phone.acts += 1
        self.world.do("tap", user=phone.number, message_id=1, data=data)

    def _says(self, phone: Phone, text: str, reply_to: int | None = None) -> None:
        self.acts += 1
        phone.acts += 1
        phone.words.append(text)
        self.world.do("say", user=phone.number, text=text, reply_to=reply_to)


def desktop_of(unit: Unit, lookups: Sequence[str]) -> Desktop:
    """What lies before those with these lookups."""
    found = (people.contact(unit, lookup) for lookup in lookups)
    contacts = [each.id if each is not None else 0 for each in found]
    places = {each.id: contacts.index(each.contact_id or 0) for each in care_team(unit)}
    query = select(drafts.c.clinician_id, drafts.c.id).where(drafts.c.state == WAITS)
    told = [(each, _message(unit, each, contacts)) for each in alerts.open_(unit)]
    unsent = [(places[row.clinician_id], row.id) for row in unit.connection.execute(query)]
    return Desktop(told, unsent)


def _message(unit: Unit, alert: Alert, contacts: list[int]) -> int | None:
    told = select(outbox.c.message_id).where(
        outbox.c.alert_id == alert.id,
        outbox.c.contact_id == contacts[alert.id % len(contacts)],
        outbox.c.message_id.is_not(None),
    )
    return unit.connection.execute(told.order_by(outbox.c.id)).scalars().first()


def codes(unit: Unit, at: datetime) -> list[str]:
    """A code for everybody of the team."""
    return [joining.invite(unit, "clinician", name, role, at=at) for name, role in TEAM]
