"""The simulated care team with real phones: alerts are taken, answered and closed by taps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from bot.simulation.letters import TO_PATIENT
from bot.simulation.team import MINUTES
from bot.store import alerts
from bot.store.alerts import Alert
from bot.store.tables import outbox
from bot.store.unit import Unit
from flows.escalation import UNTAKEN
from tests.journeys.people import Person as Phone
from tests.journeys.world import World

TEAM = (("Robin Soakwell", "lead"), ("Dr Okafor Soakwell", "clinician"), ("Ines", "clinician"))
LOOKS = ("/alerts", "/patients", "/round", "/menu")
FALSE_ALARMS = 0.1
A_DAY = timedelta(days=1)


@dataclass
class Desk:
    """Two clinicians and a lead, who see to alerts at a person's pace."""

    world: World
    seed: int
    phones: list[Phone] = field(default_factory=list)
    acts: int = 0
    _answered: set[int] = field(default_factory=set)
    _looked_at: datetime | None = None

    def joins(self) -> None:
        """Everybody joins by a code."""
        self.phones = [self.world.clinician(name, role) for name, role in TEAM]

    def looks_in(self, found: list[tuple[Alert, int | None]], now: datetime) -> None:
        """The next step of every alert whose time has come; once a day a look at the lists."""
        for alert, message in found:
            self._sees_to(alert, message, now)
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


def open_alerts(unit: Unit, contacts: dict[int, int]) -> list[tuple[Alert, int | None]]:
    """The open alerts, each with the message that told it to whoever sees to it."""
    return [(each, _message(unit, each, contacts)) for each in alerts.open_(unit)]


def _message(unit: Unit, alert: Alert, contacts: dict[int, int]) -> int | None:
    told = select(outbox.c.message_id).where(
        outbox.c.alert_id == alert.id,
        outbox.c.contact_id == contacts.get(alert.id % len(contacts)),
        outbox.c.message_id.is_not(None),
    )
    return unit.connection.execute(told.order_by(outbox.c.id)).scalars().first()
