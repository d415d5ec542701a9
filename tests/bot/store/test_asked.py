"""A question in the driver's own words is answered as SQLAlchemy would answer it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import BindParameter, Integer, Select, bindparam, literal, select

from bot.store import asked, inbox
from bot.store.inbox import Arrival
from bot.store.moment import Moment
from bot.store.store import Store
from bot.store.tables import inbox as table
from bot.store.unit import Unit

NOON = datetime(2027, 1, 13, 12, tzinfo=UTC)
SENDERS: BindParameter[Any] = bindparam("senders", expanding=True)
SINCE = bindparam("since", type_=Moment)

THEIRS = select(table).where(table.c.sender.in_(SENDERS)).order_by(table.c.id)
LATE = select(table.c.id, table.c.received_at).where(table.c.received_at >= SINCE)
FEW = select(table.c.id).order_by(table.c.id.desc()).limit(bindparam("most", type_=Integer))
LABELLED = (
    select(
        (table.c.received_at > SINCE).label("is_late"),
        literal("here").label("place"),
        table.c.body,
        table.c.message,
    )
    .where(table.c.sender.in_(SENDERS), table.c.attempts == 0)
    .order_by(table.c.id)
)


@pytest.fixture
def kept(store: Store) -> Store:
    """A store with an arrival of each of nine people, a minute apart."""
    arrivals = [
        Arrival(
            "telegram", f"{n}", "d", f"person {n}", "{}", NOON + timedelta(minutes=n), message=n % 3
        )
        for n in range(9)
    ]
    store.write_now(inbox.keep, arrivals)
    return store


def both(unit: Unit, query: Select[Any], values: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The rows as they are asked for at every turn, and as SQLAlchemy gives them."""
    plain = unit.connection.execute(query, values).mappings().all()
    named = [{name: getattr(row, name) for name in plain[0]} for row in unit.ask(query, values)]
    return named, [dict(row) for row in plain]


@pytest.mark.parametrize("many", range(1, 10))
def test_a_list_of_any_length_is_asked_for(kept: Store, many: int) -> None:
    """However few statements there are for all these lengths."""
    senders = [f"person {n}" for n in range(many)]
    ours, plain = kept.read_now(both, THEIRS, {"senders": senders})
    assert ours == plain
    assert [row["sender"] for row in ours] == senders


def test_an_empty_list_finds_nothing(kept: Store) -> None:
    """And is no mistake."""
    assert list(kept.read_now(lambda unit: unit.ask(THEIRS, {"senders": []}))) == []


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (LATE, {"since": NOON + timedelta(minutes=4)}),
        (FEW, {"most": 4}),
        (LABELLED, {"since": NOON + timedelta(minutes=1), "senders": ["person 1", "person 2"]}),
    ],
)
def test_moments_numbers_and_labels_come_back_as_they_are(
    kept: Store, query: Select[Any], values: dict[str, Any]
) -> None:
    """Aware moments, booleans, bytes and None too; twice, for the second time it is known."""
    for _ in range(2):
        ours, plain = kept.read_now(both, query, values)
        assert ours == plain
        assert ours
        assert [list(map(type, row.values())) for row in ours] == [
            list(map(type, row.values())) for row in plain
        ]


def test_what_waits_to_be_written_is_found(kept: Store) -> None:
    """It is written before anything is asked."""

    def finished_and_asked(unit: Unit) -> int:
        inbox.finish(unit, [1, 2], "done", NOON)
        query = select(table.c.id).where(table.c.handled_at.is_(None))
        return len(unit.ask(query, {}))

    assert kept.write_now(finished_and_asked) == 7


def test_a_hundred_lengths_are_a_few_statements() -> None:
    """Or each would be found out anew."""
    rooms = {asked._room(size) for size in range(101)}
    assert rooms == {0, 1, 2, 4, 8, 16, 32, 64, 128}
