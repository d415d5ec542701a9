"""Patients in a real store, and two processes on one PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from bot.keys import Vault
from bot.store import engine, people
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.unit import Unit

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
Enrol = Callable[..., Patient]


@pytest.fixture
def noon() -> datetime:
    """The moment at which the tests begin."""
    return NOON


@pytest.fixture
def enrol(store: Store) -> Enrol:
    """Enrols a patient by the name of their chat."""

    def enrol_one(name: str = "ann", state_json: str = "{}") -> Patient:
        return store.write_now(
            people.enrol, lookup=f"lookup of {name}", chat=f"chat of {name}", release="r1",
            state_json=state_json, language="en", at=NOON,
        )  # fmt: skip

    return enrol_one


@pytest.fixture
def patient(enrol: Enrol) -> Patient:
    """A patient."""
    return enrol()


@pytest.fixture
def two_processes(postgres_url: str, vault: Vault) -> Iterator[tuple[Unit, Unit]]:
    """Two transactions at the same moment, as two processes on one PostgreSQL have them."""
    with ExitStack() as stack:
        units = []
        for _ in range(2):
            source = engine.writing(postgres_url)
            stack.callback(source.dispose)
            connection = stack.enter_context(source.connect())
            # whoever waits for the other fails soon, instead of for ever
            connection.exec_driver_sql("SET lock_timeout = '2s'")
            connection.commit()
            units.append(Unit(connection, vault))
        yield units[0], units[1]
