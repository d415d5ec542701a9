"""Two processes of the service on one PostgreSQL do every thing once, and in order."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from bot.keys import Vault
from bot.service import nudge
from bot.store import engine
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Person, Practice
from tests.bot.service.team import alert_of

MANY, FEW = 12, 3
WORDS = ("/start", "Let's start", "I agree", "hello", "what now", "/now")


@pytest.fixture
def two(open_practice: OpenPractice, postgres_url: str) -> tuple[Practice, Practice]:
    """Two processes with a clock and a messenger each, and one database."""
    return open_practice(postgres_url), open_practice(postgres_url)


async def work(*practices: Practice) -> None:
    """Both handle what there is, in the same moment, until neither finds anything."""
    while any(await asyncio.gather(*(each.workers._handle() for each in practices))):
        pass
    for each in practices:
        await each.work()


@pytest.mark.postgres
async def test_strangers_who_rush_become_one_patient_each_and_are_heard_in_order(
    two: tuple[Practice, Practice],
) -> None:
    """What one process kept may be handled by the other at any moment."""
    one, other = two
    people = [Person(one, number) for number in range(1, MANY + 1)]
    for place, words in enumerate(WORDS):
        updates = [person.wrote(words) for person in people]
        await two[place % 2].intake.keep(updates)
        if place % 2:
            await asyncio.gather(one.workers._handle(), other.workers._handle())
    await work(one, other)

    assert one.rows("SELECT count(*), max(attempts) FROM inbox") == [(MANY * len(WORDS), 0)]
    assert one.rows("SELECT count(*) FROM patients") == [(MANY,)]
    late = "SELECT count(*) FROM turns a JOIN turns b USING (patient_id)"
    assert one.rows(f"{late} WHERE a.turn < b.turn AND a.cause > b.cause") == [(0,)]
    assert one.rows("SELECT DISTINCT count(*) FROM turns GROUP BY patient_id") == [(len(WORDS),)]


@pytest.mark.postgres
async def test_a_code_opens_the_team_to_one_of_two_who_send_it_at_once(
    two: tuple[Practice, Practice],
) -> None:
    """The other is told that it opens nothing."""
    one, other = two
    code = one.code("Dr Lee")
    await one.intake.keep([Person(one, 1).wrote(f"/start {code}")])
    await other.intake.keep([Person(one, 2).wrote(f"/start {code}")])
    first, second = one.rows("SELECT id FROM inbox ORDER BY id")

    await asyncio.gather(one.workers._handle_one(first[0]), other.workers._handle_one(second[0]))
    await work(one, other)

    assert one.rows("SELECT count(*) FROM clinicians") == [(1,)]
    assert one.rows("SELECT count(*), max(attempts) FROM inbox") == [(2, 0)]


@pytest.mark.postgres
async def test_an_alert_is_taken_by_one_of_two_who_tap_at_once(
    two: tuple[Practice, Practice],
) -> None:
    """Each tap is handled by another process."""
    one, other = two
    lee, kim = await one.clinician(1, "Dr Lee"), await one.clinician(2, "Dr Kim")
    ann = await one.patient(9)
    await ann.says("I want to die")
    await one.intake.keep([lee.tapped("alert.1.take")])
    await other.intake.keep([kim.tapped("alert.1.take")])
    rows = one.rows("SELECT id FROM inbox WHERE handled_at IS NULL ORDER BY id")

    await asyncio.gather(one.workers._handle_one(rows[0][0]), other.workers._handle_one(rows[1][0]))
    await work(one, other)

    assert alert_of(one).taken_by in {1, 2}
    assert one.rows("SELECT move, count(*) FROM alert_moves WHERE move = 'take' GROUP BY move") == [
        ("take", 1)
    ]
    assert one.rows("SELECT max(attempts) FROM inbox") == [(0,)]


@pytest.mark.postgres
async def test_a_nudge_is_given_once_whoever_looks(two: tuple[Practice, Practice]) -> None:
    """Even where both believed that they lead."""
    one, other = two
    for number in range(1, FEW + 1):
        await one.patient(number, "learning-cbt")
    waiting = one.rows("SELECT count(*) FROM nudges WHERE state = 'waiting'")[0][0]
    due = max(row[0] for row in one.rows("SELECT due_at FROM nudges WHERE state = 'waiting'"))
    one.clock.moment = other.clock.moment = due

    await asyncio.gather(
        one.store.write(nudge.claim, one.site), other.store.write(nudge.claim, other.site)
    )

    assert waiting
    assert one.rows("SELECT count(*) FROM inbox WHERE source = 'clock'") == [(waiting,)]


async def test_words_that_meet_a_locked_database_are_not_to_blame(
    open_practice: OpenPractice, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    """However often they are tried meanwhile, they are handled when the lock is gone."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    practice = open_practice(sqlite_url)
    await practice.intake.keep([Person(practice, 1).wrote("/start")])
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        await practice.workers._drain(practice.workers._handle)
    assert practice.rows("SELECT attempts, handled_at FROM inbox") == [(0, None)]

    other.execute("ROLLBACK")
    other.close()
    await practice.work()

    assert practice.rows("SELECT attempts, outcome FROM inbox") == [(0, "done")]
    assert Person(practice, 1).news()
