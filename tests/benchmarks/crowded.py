"""A database with very many patients, written row by row as the service would have left it.

Nobody could live through a hundred thousand lives: the rows are those of one life, spread by chance
over the last year, each sealed for its own patient.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from sqlite3 import Cursor
from typing import Any

from sqlalchemy import Engine, text

from bot.keys import Seal, Vault
from bot.service.reasons import reason_for
from bot.store import bonds, engine, pseudonyms
from bot.store.bonds import Bond
from bot.store.tables import metadata
from flows.effects import Raise
from flows.journey import PHASES
from flows.program import Release
from tests.flows.starts import begin

Values = dict[str, Any]
AT_ONCE = 2_000
FIRST_CHAT = 5_000_000_000
YEAR = timedelta(days=365)
TEAM = 60
"""So many clinicians have patients of their own; number 1 leads them."""

MEASURES = ("peg", "phq-9", "gad-7", "uw-cap6")
CLOCKS = ("behind:lesson", "silence:12", "unanswered:12", "overdue:12", "cue:3")


@dataclass(frozen=True, slots=True)
class Size:
    """How many patients, and how many rows each has; in a lean one there is only what ticks see."""

    patients: int
    is_lean: bool = False
    open_digest: int = 5_000
    """So many alerts that a digest tells are open, where there are patients enough."""


@dataclass(slots=True)
class Crowd:
    """Makes the rows of patients, one range of them at a time."""

    release: Release
    vault: Vault
    size: Size
    now: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    _numbers: dict[str, Iterator[int]] = field(default_factory=dict)
    _facts: dict[str, tuple[str, str]] = field(default_factory=dict)
    _state: str = ""
    _seal: Seal = field(init=False)

    def __post_init__(self) -> None:
        place = "new" if self.size.is_lean else "learning-cbt"
        self._state = begin(self.release, place, self.now - YEAR).state.model_dump_json()
        for rule in self.release.escalation.rules:
            reason = reason_for(self.release, Raise(rule=rule.rule))
            self._facts[rule.rule] = rule.tier, reason.model_dump_json()

    def rows(self, first: int, beyond: int) -> Iterator[tuple[str, Values]]:
        """Everything of these patients, each row with the name of its table."""
        for number in range(first, beyond):
            yield from self._patient(number)
            yield from self._mail(number)
            yield from self._alerts(number)
            if not self.size.is_lean:
                yield from self._record(number)

    def _id(self, table: str) -> int:
        return next(self._numbers.setdefault(table, itertools.count(1)))

    def _ago(self, most: timedelta) -> datetime:
        """A moment up to so long ago; the nearer, the likelier."""
        return self.now - most * self.chance.random() ** 2

    def _patient(self, number: int) -> Iterator[tuple[str, Values]]:
        created, seen = self._ago(2 * YEAR), self._ago(timedelta(days=90))
        wrapped, seal_place = self.vault.new_patient_key(), ("patients", "state", number, 0)
        lookup = self.vault.lookup("telegram", str(FIRST_CHAT + number))
        bond = bonds.sealed(self.vault, lookup, Bond(str(FIRST_CHAT + number), number))
        self._seal = self.vault.patient(wrapped)
        phase = self.chance.choices(PHASES, [8 if each == "learning" else 1 for each in PHASES])[0]
        yield (
            "patients",
            {
                "id": number,
                "pseudonym": name_of(number),
                "created_at": min(created, seen),
                "wrapped_key": wrapped,
                "state": self._seal.seal(self._state, *seal_place),
                "phase": phase,
                "turn": 0,
                "release": self.release.hash,
                "zone": self.chance.choice(("America/Toronto", "Europe/Berlin", None)),
                "country": "CA",
                "language": "en",
                "last_seen_at": seen,
                "reachable": self.chance.random() < 0.97,
                "contact_mode": "mixed",
            },
        )
        contact = {"id": TEAM + 1 + number, "lookup": lookup, "chat": bond}
        yield "contacts", {**contact, "patient_id": number}
        for name in self._nudges(phase):
            yield "nudges", {"id": self._id("nudges"), "patient_id": number, "turn": 0, **name}

    def _nudges(self, phase: str) -> Iterator[Values]:
        soon = timedelta(days=14)
        if phase not in {"finished", "withdrawn"}:
            for key in ("day:2027-01-14T10:00", self.chance.choice(CLOCKS)):
                due = self.now + timedelta(hours=1) + soon * self.chance.random()
                yield {"key": key, "due_at": due, "slot": "", "state": "waiting"}
        for past in range(0 if self.size.is_lean else 8):
            state = self.chance.choice(("sent", "sent", "skipped", "cancelled"))
            due = self._ago(YEAR)
            yield {"key": f"day:{past}", "due_at": due, "slot": "", "state": state}

    def _mail(self, number: int) -> Iterator[tuple[str, Values]]:
        """What came in and was handled, and what went out."""
        contact, at_place = TEAM + 1 + number, (number, 0, "reply", "bubble")
        words = self._state[: 40 if self.size.is_lean else 300]
        body = self._seal.seal(words, "outbox", "body", contact, *at_place)
        for _ in range(1 if self.size.is_lean else 3):
            at, row = self._ago(YEAR), self._id("inbox")
            yield "inbox", {
                "id": row, "source": "telegram", "external_id": str(row), "digest": f"{row:064x}",
                "sender": f"{number:064x}", "body": None, "received_at": at, "handled_at": at,
                "outcome": "done", "attempts": 0, "message": row,
            }  # fmt: skip
            yield "outbox", {
                "id": row, "contact_id": contact, "patient_id": number, "lane": "reply",
                "shape": "bubble", "turn": 0, "body": body,
                "state": self.chance.choices(("sent", "gone", "refused"), (98, 1, 1))[0],
                "attempts": 1, "not_before": at, "created_at": at, "sent_at": at,
                "message_id": row, "claims": 1, "claimed_at": None, "claimed_by": 1,
            }  # fmt: skip

    def _alerts(self, number: int) -> Iterator[tuple[str, Values]]:
        for place in range(number % 10 == 0 if self.size.is_lean else 2):
            row, at = self._id("alerts"), self._ago(YEAR)
            digest = row <= min(self.size.open_digest, self.size.patients // 4)
            rule = "nudges-unanswered" if digest else self.chance.choice(list(self._facts))
            tier, facts = self._facts[rule]
            is_open = digest or self.chance.random() < 0.01
            yield "alerts", {
                "id": row, "patient_id": number, "rule": rule, "tier": tier, "facts": facts,
                "state": ("raised" if digest else "taken") if is_open else "closed",
                "raised_at": at, "fired_count": 1, "last_fired_at": at, "told_count": 0,
                "taken_by": None if digest else 2, "taken_at": at, "hop": 0,
                "closed_at": None if is_open else at + timedelta(hours=3),
                "outcome": None if is_open else "other",
                "deadline_at": self.now + timedelta(days=3) if is_open else None,
                "window_start": at + timedelta(microseconds=place),
            }  # fmt: skip
            for wait, move in enumerate(() if digest else ("tell", "take", "close")[: 3 - is_open]):
                yield "alert_moves", {
                    "id": self._id("alert_moves"), "alert_id": row, "move": move,
                    "clinician_id": 2 if wait else None, "at": at + timedelta(hours=wait),
                    "since_raised": 3600 * wait, "outcome": None,
                }  # fmt: skip

    def _record(self, number: int) -> Iterator[tuple[str, Values]]:
        """Scores, guidance and words: what only the clinic page reads."""
        if self.chance.random() < 0.7:
            guide, since = self.chance.randrange(2, TEAM + 2), self._ago(YEAR)
            row = {"id": self._id("caseloads"), "clinician_id": guide, "patient_id": number}
            yield "caseloads", {**row, "since_at": since}
            yield "guidance", {
                **row, "id": self._id("guidance"), "kind": "text", "minutes": 7.5, "at": since,
            }  # fmt: skip
        yield from self._scores(number)
        yield from self._thread(number)

    def _scores(self, number: int) -> Iterator[tuple[str, Values]]:
        for measure in MEASURES:
            moments = sorted(self._ago(YEAR) for _ in range(3))
            for at in moments:
                yield "scores", {
                    "id": self._id("scores"), "patient_id": number, "turn": 0, "measure": measure,
                    "total": float(self.chance.randrange(0, 21)), "items": '{"1": 2, "2": 3}',
                    "subscales": "{}", "prorated": False, "at": at, "newest": at == moments[-1],
                }  # fmt: skip

    def _thread(self, number: int) -> Iterator[tuple[str, Values]]:
        for place in range(2):
            at, by = self._ago(YEAR), 2 if place == 1 else None
            sealed = self._seal.seal("x" * 120, "messages", "text", number, by)
            seen = None if not by and self.chance.random() < 0.01 else at
            yield "messages", {
                "id": self._id("messages"), "patient_id": number, "clinician_id": by,
                "text": sealed, "at": at, "seen_at": seen,
            }  # fmt: skip


def name_of(number: int) -> str:
    """The pseudonym of that patient: each has another."""
    low, high = pseudonyms.LOWEST, pseudonyms.HIGHEST
    names = len(pseudonyms.FIRST), len(pseudonyms.SECOND), high - low + 1
    # a prime beside their number, so that neighbours are not alike
    rest = number * 999_983 % math.prod(names)
    rest, third = divmod(rest, names[2])
    first, second = divmod(rest, names[1])
    return f"{pseudonyms.FIRST[first]}-{pseudonyms.SECOND[second]}-{low + third}"


def fill(url: str, crowd: Crowd, progress: Callable[[int], None] = lambda count: None) -> None:
    """All these patients are in the database, which was empty and migrated, after this."""
    source = engine.writing(url)
    try:
        for first in range(1, crowd.size.patients + 1, AT_ONCE):
            beyond = min(first + AT_ONCE, crowd.size.patients + 1)
            with source.begin() as connection:
                cursor = connection.connection.cursor()
                _put(cursor, crowd, first, beyond, is_file=source.dialect.name == "sqlite")
            progress(beyond - 1)
        _settle(source)
    finally:
        source.dispose()


def _put(cursor: Any, crowd: Crowd, first: int, beyond: int, *, is_file: bool) -> None:
    found: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = {}
    for table, values in crowd.rows(first, beyond):
        if table in metadata.tables:
            found.setdefault((table, tuple(values)), []).append(tuple(values.values()))
    # whoever is pointed at goes first
    order = {table.name: place for place, table in enumerate(metadata.sorted_tables)}
    for table, columns in sorted(found, key=lambda key: order[key[0]]):
        put = _into_file if is_file else _into_server
        put(cursor, table, columns, found[table, columns])


def _into_file(cursor: Cursor, table: str, columns: Iterable[str], rows: list[Any]) -> None:
    names = list(columns)
    moments = [place for place, name in enumerate(names) if _is_moment(table, name)]
    plain = [tuple(map(_written, row)) for row in rows] if moments else rows
    marks = ", ".join("?" * len(names))
    cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", plain)  # noqa: S608 - names of ours


def _into_server(cursor: Any, table: str, columns: Iterable[str], rows: list[Any]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _is_moment(table: str, column: str) -> bool:
    return column.endswith("_at") or column in {"at", "not_before", "window_start"}


def _written(value: Any) -> Any:
    # as SQLAlchemy writes it
    return value.isoformat(" ", "microseconds")[:26] if isinstance(value, datetime) else value


def _settle(source: Engine) -> None:
    """Numbers go on behind these rows, and a server's planner knows how many there are."""
    engine.empty_log(source)
    if source.dialect.name == "sqlite":
        return
    with source.begin() as connection:
        for table in metadata.sorted_tables:
            if "id" in table.c:
                last = f"(SELECT max(id) FROM {table.name})"  # noqa: S608 - a name of ours
                serial = f"setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"
                connection.execute(text(f"SELECT {serial} WHERE {last} IS NOT NULL"))
        connection.execute(text("ANALYZE"))
