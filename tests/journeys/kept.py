"""What the database holds about a patient, opened with the bot's own keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.keys import Vault
from bot.store import alerts, people, records
from bot.store.records import Records
from bot.store.store import Store
from bot.store.unit import Unit
from flows.events import EVENT, Event
from flows.state import State


@dataclass(frozen=True)
class Kept:
    """A patient's records, where they are in the program, and everything that happened to them."""

    records: Records
    state: State
    journal: tuple[tuple[int, Event], ...]

    @property
    def values(self) -> dict[str, str | int]:
        """The last answer under each key."""
        return {answer.key: answer.value for answer in self.records.answers}

    @property
    def totals(self) -> dict[str, float | None]:
        """The last total of each measure."""
        return {score.measure: score.total for score in self.records.scores}

    @property
    def alerted(self) -> list[tuple[str, str, str, int]]:
        """Rule, tier, state and count of each alert."""
        found = self.records.alerts
        return [(each.rule, each.tier, each.state, each.fired_count) for each in found]


@contextmanager
def opened(url: str, key: str) -> Iterator[Store]:
    """The database, open for reading beside the running bot."""
    store = Store.open(url, Vault([key]))
    try:
        yield store
    finally:
        store.close()


def kept_of(unit: Unit, number: int) -> Kept:
    """All that is kept about the patient with that Telegram number."""
    contact = people.contact(unit, unit.vault.lookup("telegram", str(number)))
    assert contact is not None, "the bot does not know this person"
    assert contact.patient_id is not None, "this person is no patient"
    found = records.of_patient(unit, contact.patient_id)
    entries = people.journal_of(unit, contact.patient_id)
    journal = tuple((entry.turn, EVENT.validate_json(entry.event_json)) for entry in entries)
    return Kept(found, State.model_validate_json(found.patient.state_json), journal)


def moves_of(unit: Unit, alert_id: int) -> list[str]:
    """The moves of an alert's life, in order."""
    return [each.move for each in alerts.moves(unit, alert_id)]
