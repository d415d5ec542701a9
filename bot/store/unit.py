"""One transaction: the connection it runs on, and the vault that opens what it reads."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from bot.keys import CannotOpen, Seal, Vault
from bot.store import asked
from bot.store.later import Later, Write
from bot.store.tables import patients

Last = Callable[["Unit", list[Any]], None]
"""Work that is done just before the commit, with everything that was given to it until then."""


@dataclass(frozen=True)
class Unit:
    """What a function of the store works with, valid inside one transaction.

    Most turns of a batch need the same few facts and write to the same few tables. So facts may be
    read ahead for many, and writes may wait for the others'. Whoever takes the connection finds
    everything written, and whatever was read ahead is read anew: nobody need know of either.
    """

    _connection: Connection
    vault: Vault
    _seals: dict[int, Seal | None] = field(default_factory=dict, repr=False)
    _last: list[tuple[Last, Any]] = field(default_factory=list, repr=False)
    _later: Later = field(default_factory=Later, repr=False)
    ahead: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    """What was read ahead; it holds as long as nothing but `later` may have changed it."""

    calls_for: set[str] = field(default_factory=set, repr=False)
    """Who has something to do once it is committed, such as `mails`."""

    taps: list[str] = field(default_factory=list, repr=False)
    """The taps that are to be answered, without words, once it is committed."""

    @property
    def connection(self) -> Connection:
        """The connection for any work; all that waited is written, and nothing is known ahead."""
        self.ahead.clear()
        return self.asking

    @property
    def asking(self) -> Connection:
        """The connection for a question that changes nothing; all that waited is written."""
        self._later.write(self._connection)
        return self._connection

    def ask(self, query: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
        """The rows of a question that is asked at every turn, with a field for each column."""
        return asked.rows(self.asking, query, values)

    def later(self, table: Table, about: Hashable, statement: Write, row: dict[str, Any]) -> None:
        """Have the row written by that statement before anybody reads, or else at the end.

        What is written about the same thing, such as one patient, is written in its order.
        """
        self._later.add(table, about, statement, row)

    def last(self, work: Last, what: Any) -> None:
        """Have the work done once, with this and what else is given to it, before the commit."""
        self._last.append((work, what))

    def finish(self) -> None:
        """Do what was left for the last; whoever opened the transaction commits after this."""
        for work in dict.fromkeys(work for work, _ in self._last):
            work(self, [what for wanted, what in self._last if wanted is work])
        self._last.clear()
        self._later.write(self._connection)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """One of several things to do: where it raises, all of it is undone, and nothing else."""
        before, taps = len(self._last), len(self.taps)
        try:
            with self.connection.begin_nested():
                yield
                self._later.write(self._connection)
        except BaseException:
            del self._last[before:], self.taps[taps:]
            # what waited before it began is written; what was read meanwhile may be undone
            self._later.drop()
            self.ahead.clear()
            raise

    def seal_of(self, patient_id: int) -> Seal:
        """That patient's seal; KeyError without such a patient, CannotOpen without their key."""
        if patient_id not in self._seals:
            self.fetch_seals([patient_id])
        seal = self._seals[patient_id]
        if seal is None:
            raise CannotOpen
        return seal

    def fetch_seals(self, patient_ids: Iterable[int]) -> None:
        """Have the seals of many patients ready at the cost of one query."""
        missing = set(patient_ids) - self._seals.keys()
        if missing:
            for patient_id, wrapped in self.ask(_keys(), {"ids": list(missing)}):
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
        if not self.is_postgres:
            return False
        return not self._connection.get_execution_options().get("postgresql_readonly", False)

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL, and not SQLite."""
        return self._connection.dialect.name == "postgresql"


def add(unit: Unit, table: Table, values: Mapping[str, Any]) -> int:
    """The number of a new row."""
    return int(unit.connection.execute(_adding(table), values).scalar_one())


def insert(unit: Unit, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that may say what to do on conflict, in the words of this database."""
    return postgresql.insert(table) if unit.is_postgres else sqlite.insert(table)


def claiming(query: Select[Any], unit: Unit, table: Table) -> Select[Any]:
    """The query, leaving out and locking rows so that no other process takes the same ones."""
    return locking(query, table) if unit.locks else query


def locking(query: Select[Any], table: Table) -> Select[Any]:
    """The query, leaving out rows that another process has, and locking the others."""
    return query.with_for_update(skip_locked=True, of=table)


@cache
def _adding(table: Table) -> ReturningInsert[Any]:
    # statements are written once: to write one takes longer than to run it
    return table.insert().returning(table.c.id)


@cache
def _keys() -> Select[Any]:
    these = patients.c.id.in_(bindparam("ids", expanding=True))
    return select(patients.c.id, patients.c.wrapped_key).where(these)


def nothing(_unit: Unit) -> None:
    """A transaction without work, which shows whether the database can be written."""
