"""Writes that wait for each other, and facts read ahead: nobody need know of either."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import DateTime, bindparam, delete, event, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from bot.store import ahead, people
from bot.store.moment import Moment
from bot.store.outbox import NewPost, add, put
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.tables import outbox, turns
from bot.store.unit import Unit
from tests.bot.store.conftest import Enrol


def test_whoever_looks_finds_what_was_to_be_written_later(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """A journal's entry waits for others, and is there for the first who asks."""

    def look(unit: Unit) -> list[int]:
        people.journal(unit, patient.id, 1, "{}", None, "r1", noon)
        return list(unit.connection.execute(select(turns.c.turn)).scalars())

    assert store.write_now(look) == [1]


def test_what_nobody_looked_for_is_written_before_the_commit(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """It is in the same transaction as everything else."""
    store.write_now(people.journal, patient.id, 1, "{}", None, "r1", noon)

    assert [entry.turn for entry in store.read_now(people.journal_of, patient.id)] == [1]


def test_what_is_written_about_one_thing_is_written_in_its_order(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """The last state of each patient counts, however the statements were put together."""
    ann, bob = enrol("ann"), enrol("bob")

    def write(unit: Unit) -> None:
        for turn, who in ((1, ann), (1, bob), (2, ann)):
            people.save_state(
                unit, who.id, state_json=f"after {turn}", phase="core", turn=turn, release="r1",
                zone=None, country=None, last_seen_at=noon, reachable=True,
            )  # fmt: skip

    store.write_now(write)

    kept = store.read_now(people.load, [ann.id, bob.id])
    assert [kept[who.id].state_json for who in (ann, bob)] == ["after 2", "after 1"]


def test_what_a_turn_left_as_it_was_is_not_written_again(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """It stands in indexes; whoever's differs has all of it written, beside others' turns."""
    ann, bob = enrol("ann"), enrol("bob")
    written: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        written.append(statement)

    def write(unit: Unit) -> None:
        unit.fetch_seals([ann.id, bob.id])
        event.listen(unit.connection, "before_cursor_execute", note)
        turns = [(1, ann, ann.phase, False), (1, bob, bob.phase, True), (2, ann, "core", True)]
        for turn, who, phase, reachable in turns:
            people.save_state(
                unit, who.id, state_json=f"after {turn}", phase=phase, turn=turn, release="r2",
                zone=who.zone, country=who.country, last_seen_at=who.last_seen_at,
                reachable=reachable, was=who,
            )  # fmt: skip

    store.write_now(write)

    kept = store.read_now(people.load, [ann.id, bob.id])
    assert kept[bob.id] == replace(bob, state_json="after 1", turn=1, release="r2")
    her = replace(ann, state_json="after 2", phase="core", turn=2, release="r2")
    assert kept[ann.id] == her
    updates = [set(re.findall(r"\w+", each)) for each in written if each.startswith("UPDATE")]
    indexed = {"phase", "last_seen_at"}
    assert [names & indexed for names in updates] == [indexed, set()]


def test_a_statement_with_one_value_waits_as_others_do(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Its one value is a row of one, not the value itself."""
    forget = delete(turns).where(turns.c.turn == bindparam("number"))

    def write(unit: Unit) -> None:
        for turn in (11, 12, 13):
            people.journal(unit, patient.id, turn, "{}", None, "r1", noon)
        for number in (11, 13):
            unit.later(turns, patient.id, forget, {"number": number})

    store.write_now(write)

    assert [entry.turn for entry in store.read_now(people.journal_of, patient.id)] == [12]


def test_what_is_undone_takes_what_waited_with_it_and_nothing_else(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """What was written before the part that failed stays, and what waited in it is gone."""

    def write(unit: Unit) -> None:
        people.journal(unit, patient.id, 1, "{}", None, "r1", noon)
        with suppress(ZeroDivisionError), unit.apart():
            people.journal(unit, patient.id, 2, "{}", None, "r1", noon)
            raise ZeroDivisionError
        people.journal(unit, patient.id, 3, "{}", None, "r1", noon)

    store.write_now(write)

    assert [entry.turn for entry in store.read_now(people.journal_of, patient.id)] == [1, 3]


def test_posts_that_wait_stand_before_one_whose_number_is_wanted_at_once(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Each contact gets theirs in the order in which they were decided."""
    assert patient.contact_id is not None
    first, second = (
        NewPost(patient.contact_id, "reply", "bubble", body, noon) for body in ("one", "two")
    )

    def write(unit: Unit) -> tuple[int, list[int]]:
        add(unit, [first])
        number = put(unit, second)
        return number, list(unit.connection.execute(select(outbox.c.id)).scalars())

    number, numbers = store.write_now(write)

    assert numbers[-1] == number
    assert len(numbers) == 2


def test_what_was_read_ahead_is_read_anew_once_anybody_has_written(
    store: Store, patient: Patient
) -> None:
    """A patient who was changed meanwhile is not taken for what they were."""

    def look(unit: Unit) -> tuple[str, str, bool]:
        assert patient.lookup is not None
        ahead.read(unit, [patient.lookup])
        before = people.load(unit, [patient.id])[patient.id].phase
        unit.connection.execute(text("UPDATE patients SET phase = 'withdrawn'"))
        after = people.load(unit, [patient.id])[patient.id].phase
        return before, after, ahead.is_read(unit, patient.lookup)

    assert store.write_now(look) == ("consenting", "withdrawn", False)


def test_what_waited_is_written_as_it_would_be_at_once(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Moments of any zone, columns left out, values of the statement's own: all alike."""
    row = {
        "contact_id": patient.contact_id, "lane": "reply", "shape": "bubble", "body": b"\x00",
        "state": "pending", "attempts": 0, "not_before": noon,
        "created_at": noon.astimezone(ZoneInfo("America/Toronto")),
    }  # fmt: skip
    change = (
        update(outbox)
        .where(outbox.c.id == bindparam("row"))
        .values(claims=outbox.c.claims + 1, not_before=bindparam("then", type_=Moment))
    )

    def write(unit: Unit) -> list[tuple[object, ...]]:
        unit.connection.execute(outbox.insert(), row)
        unit.later(outbox, None, outbox.insert(), row)
        first, second = unit.connection.execute(select(outbox.c.id)).scalars()
        unit.connection.execute(change, {"row": first, "then": noon})
        unit.later(outbox, None, change, {"row": second, "then": noon})
        every = [column for column in outbox.c if column is not outbox.c.id]
        return [tuple(each) for each in unit.connection.execute(select(*every))]

    at_once, waited = store.write_now(write)

    assert waited == at_once


@pytest.mark.parametrize(
    "at",
    [datetime(2027, 1, 3, 4, 5, 6, tzinfo=UTC), datetime(999, 12, 31, 23, 0, 0, 7, tzinfo=UTC)],
)
def test_a_moment_is_written_in_the_words_of_the_library(at: datetime) -> None:
    """In SQLite it is text, which is compared as text: one letter more would be another moment."""
    dialect = sqlite.dialect()
    theirs = DateTime().dialect_impl(dialect).bind_processor(dialect)
    ours = Moment().bind_processor(dialect)

    assert theirs is not None
    assert ours is not None
    toronto, bare = at.astimezone(timezone(timedelta(hours=-5))), at.replace(tzinfo=None)
    assert {ours(at), ours(toronto)} == {theirs(bare)}
    with pytest.raises(ValueError, match="time zone"):
        ours(bare)


def test_a_row_that_says_less_than_the_others_is_not_written_as_nothing(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """What is missing by mistake is an error, and never an empty column."""
    whole = {"patient_id": patient.id, "at": noon, "event": b"", "release": "r1", "cause": None}
    less = {name: value for name, value in whole.items() if name != "cause"}
    statement = turns.insert()

    def write(unit: Unit) -> None:
        unit.later(turns, None, statement, {**whole, "turn": 1, "cause": 7})
        unit.later(turns, None, statement, {**less, "turn": 2})

    with pytest.raises((KeyError, StatementError)):
        store.write_now(write)
