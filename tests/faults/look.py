"""One look at a world: every row of the database, every chat, every log, read at the same rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from bot.content.places import places
from bot.keys import CannotOpen, Vault
from bot.service.post import BODY, Bubble, Document, Picture
from bot.store import people
from bot.store.tables import metadata
from bot.store.unit import Unit
from flows.events import EVENT, Event
from flows.program import Release
from flows.state import State
from tests.journeys.people import Person
from tests.journeys.world import World

Row = Mapping[str, Any]
Sentences = Iterator[str]
SHOWN = ("bubble", "picture", "document")
"""The shapes of a post that become a message of their own."""


@dataclass(frozen=True)
class Said:
    """A message of the bot's as it stands in a chat."""

    number: int
    text: str


@dataclass(frozen=True)
class Chat:
    """What somebody did and saw, and under which lookup the database knows them."""

    person: Person
    lookup: str
    messages: Sequence[Said]


@dataclass(frozen=True)
class Entry:
    """A turn of a patient's: when it was, what brought it, and what happened."""

    turn: int
    at: datetime
    cause: int | None
    release: str
    event: Event


@dataclass(frozen=True)
class Case:
    """A patient's row, opened, with their journal."""

    row: Row
    state: State | None
    journal: Sequence[Entry]


@dataclass(frozen=True)
class Look:
    """All that there is to see."""

    now: datetime
    rows: Mapping[str, Sequence[Row]]
    cases: Mapping[int, Case]
    texts: Mapping[int, str | None]
    bodies: Mapping[int, str]
    chats: Sequence[Chat]
    releases: Mapping[str, Release]
    complaints: Sequence[str]
    log: str
    secrets: frozenset[str]
    unread_calls: int

    @cached_property
    def contacts(self) -> dict[str, Row]:
        """The contacts by lookup."""
        return {row["lookup"]: row for row in self.rows["contacts"]}

    @cached_property
    def posts(self) -> dict[int, list[Row]]:
        """The posts that become messages, by contact, in the order in which they were decided."""
        found: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows["outbox"]:
            if row["shape"] in SHOWN:
                found[row["contact_id"]].append(row)
        return found

    @cached_property
    def posts_of_turn(self) -> dict[tuple[int, int], list[Row]]:
        """The same by patient and turn, without what others were told about the patient."""
        found: dict[tuple[int, int], list[Row]] = defaultdict(list)
        own = {row["id"]: row["patient_id"] for row in self.rows["contacts"]}
        for contact, posts in self.posts.items():
            for row in posts:
                if own.get(contact) == row["patient_id"] and row["turn"] is not None:
                    found[row["patient_id"], row["turn"]].append(row)
        return found

    def case_of(self, chat: Chat) -> Case | None:
        """The patient behind a chat, or None for a stranger or a clinician."""
        contact = self.contacts.get(chat.lookup)
        return None if contact is None else self.cases.get(contact["patient_id"] or 0)


def look_at(world: World) -> Look:
    """Everything about this world as it is now; it should have come to rest."""
    settings = world.bot.settings
    vault = Vault([settings["SECRET_KEYS"]])
    chats = [_chat(person, vault) for person in world.people]
    logs = [each.read_text(errors="replace") for each in _logs(world)]
    secrets = {settings["SECRET_KEYS"], settings["BOT_TOKEN"].split(":")[1]}
    seen = world.read(_read)
    state = world.see("state")
    return Look(
        now=datetime.fromisoformat(state["clock"]["now"]),
        chats=chats,
        log="\n".join(logs),
        secrets=frozenset(secrets),
        unread_calls=int(state["pending_updates"]),
        **seen,
    )


def _logs(world: World) -> list[Path]:
    return sorted(world.bot.folder.glob("*.log"))


def _chat(person: Person, vault: Vault) -> Chat:
    seen = [Said(bubble.number, bubble.text) for bubble in person.everything()]
    return Chat(person, vault.lookup("telegram", str(person.number)), seen)


def _read(unit: Unit) -> dict[str, Any]:
    rows = {table.name: _rows(unit, table.name) for table in metadata.sorted_tables}
    turns: dict[int, list[Row]] = defaultdict(list)
    for row in rows["turns"]:
        turns[row["patient_id"]].append(row)
    cases = {row["id"]: _case(unit, row, turns[row["id"]]) for row in rows["patients"]}
    return {
        "rows": rows,
        "cases": cases,
        "texts": {row["id"]: _text(unit, row) for row in rows["outbox"] if row["shape"] in SHOWN},
        "bodies": {row["id"]: _body(unit, row) for row in rows["inbox"] if row["body"]},
        "releases": {row["hash"]: _release(row["body"]) for row in _used(unit, rows)},
        "complaints": _complaints(unit),
    }


def _rows(unit: Unit, name: str) -> list[Row]:
    table = metadata.tables[name]
    query = select(table).order_by(*table.primary_key)
    return [dict(row) for row in unit.connection.execute(query).mappings()]


def _case(unit: Unit, row: Row, own: Sequence[Row]) -> Case:
    try:
        state = State.model_validate_json(people.load(unit, [row["id"]])[row["id"]].state_json)
        events = [EVENT.validate_json(e.event_json) for e in people.journal_of(unit, row["id"])]
    except CannotOpen:
        return Case(row, None, ())
    journal = [
        Entry(turn["turn"], turn["at"], turn["cause"], turn["release"], event)
        for turn, event in zip(own, events, strict=True)
    ]
    return Case(row, state, journal)


def _text(unit: Unit, row: Row) -> str | None:
    """What a post says, or None if it cannot be opened."""
    place = (row["contact_id"], row["patient_id"], row["turn"], row["lane"], row["shape"])
    try:
        seal = unit.seal_for(row["patient_id"], "outbox")
        opened = BODY.validate_json(seal.open(row["body"], "outbox", "body", *place))
    except CannotOpen:
        return None
    match opened:
        case Bubble():
            return opened.text
        case Picture():
            return opened.drawing.caption
        case Document():
            return opened.caption
        case _:
            return ""


def _body(unit: Unit, row: Row) -> str:
    place = ("inbox", "body", row["source"], row["external_id"], row["digest"])
    try:
        return unit.vault.site("inbox").open(row["body"], *place)
    except CannotOpen:
        return ""


def _used(unit: Unit, rows: Mapping[str, Sequence[Row]]) -> list[Row]:
    used = {row["release"] for name in ("patients", "turns") for row in rows[name]}
    return [row for row in rows["releases"] if row["hash"] in used]


@lru_cache(maxsize=8)
def _release(body: str) -> Release:
    return Release.model_validate_json(body).with_places(places)


def _complaints(unit: Unit) -> list[str]:
    """What is wrong with the database itself: rows that lead nowhere, and a torn file."""
    if unit.connection.dialect.name != "sqlite":
        return list(_astray(unit))
    said = unit.connection.execute(text("PRAGMA integrity_check")).scalars().all()
    astray = unit.connection.execute(text("PRAGMA foreign_key_check")).all()
    return [each for each in said if each != "ok"] + [f"a row astray: {each}" for each in astray]


def _astray(unit: Unit) -> Sentences:
    """A server finds no such rows by itself once its own guard has let them in."""
    for key in (key for table in metadata.sorted_tables for key in table.foreign_keys):
        there = key.column.table.alias().c[key.column.name]
        lost = key.parent.is_not(None), key.parent.not_in(select(there))
        count = unit.connection.execute(select(func.count()).where(*lost)).scalar_one()
        if count:
            yield f"{count} rows astray: {key.parent}"
