"""One transaction: the connection it runs on, and the vault that opens what it reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.keys import CannotOpen, Seal, Vault
from bot.store.tables import patients

Last = Callable[["Unit", list[Any]], None]
"""Work that is done just before the commit, with everything that was given to it until then."""


@dataclass(frozen=True)
class Unit:
    """What a function of the store works with, valid inside one transaction."""

    connection: Connection
    vault: Vault
    _seals: dict[int, Seal | None] = field(default_factory=dict, repr=False)
    _last: list[tuple[Last, Any]] = field(default_factory=list, repr=False)

    def last(self, work: Last, what: Any) -> None:
        """Have the work done once, with this and what else is given to it, before the commit."""
        self._last.append((work, what))

    def finish(self) -> None:
        """Do what was left for the last; whoever opened the transaction commits after this."""
        for work in dict.fromkeys(work for work, _ in self._last):
            work(self, [what for wanted, what in self._last if wanted is work])
        self._last.clear()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """One of several things to do: where it raises, all of it is undone, and nothing else."""
        before = len(self._last)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self._last[before:]
            raise

    def seal_of(self, patient_id: int) -> Seal:
        """That patient's seal; KeyError without such a patient, CannotOpen without their key."""
        self.fetch_seals([patient_id])
        seal = self._seals[patient_id]
        if seal is None:
            raise CannotOpen
        return seal

    def fetch_seals(self, patient_ids: Iterable[int]) -> None:
        """Have the seals of many patients ready at the cost of one query."""
        missing = set(patient_ids) - self._seals.keys()
        if missing:
            query = select(patients.c.id, patients.c.wrapped_key).where(patients.c.id.in_(missing))
            for patient_id, wrapped in self.connection.execute(query):
                # a key that does not open costs its own patient's rows, and nobody else's
                self._seals[patient_id] = None
                with suppress(CannotOpen):
                    self.keep_seal(patient_id, wrapped)

    def keep_seal(self, patient_id: int, wrapped_key: bytes) -> None:
        """Have the seal ready of a patient whose wrapped key was just read."""
        self._seals[patient_id] = self.vault.patient(wrapped_key)

    def seal_for(self, patient_id: int | None, purpose: str) -> Seal:
        """The patient's seal, or the site's for that purpose where there is no patient."""
        return self.vault.site(purpose) if patient_id is None else self.seal_of(patient_id)

    @property
    def locks(self) -> bool:
        """Whether rows must be locked: other processes may write at the same moment."""
        # SQLite has one writer, and it has begun; on PostgreSQL a reader may not lock
        connection = self.connection
        is_reading = connection.get_execution_options().get("postgresql_readonly", False)
        return connection.dialect.name == "postgresql" and not is_reading


def add(unit: Unit, table: Table, values: Mapping[str, Any]) -> int:
    """The number of a new row."""
    statement = table.insert().returning(table.c.id)
    return int(unit.connection.execute(statement, values).scalar_one())


def insert(unit: Unit, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that may say what to do on conflict, in the words of this database."""
    is_postgres = unit.connection.dialect.name == "postgresql"
    return postgresql.insert(table) if is_postgres else sqlite.insert(table)


def claiming(query: Select[Any], unit: Unit, table: Table) -> Select[Any]:
    """The query, leaving out and locking rows so that no other process takes the same ones."""
    return query.with_for_update(skip_locked=True, of=table) if unit.locks else query


def nothing(_unit: Unit) -> None:
    """A transaction without work, which shows whether the database can be written."""
