"""Many people are answered in one transaction, which costs no more statements than for a few."""

from __future__ import annotations

from sqlalchemy import event

from tests.bot.service.practice import Person, Practice

FEW, MANY = 3, 24
WAITING = "SELECT count(*) FROM inbox WHERE handled_at IS NULL"
STATES = "SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state"


async def test_many_cost_no_more_statements_than_a_few(practice: Practice) -> None:
    """Who wrote is read at once, and what was decided is written at once."""
    people = [practice.person(number) for number in range(1, MANY + 1)]
    await practice.arrives(*(each.wrote("/start") for each in people))

    counted = [await statements(practice, some) for some in (people[:FEW], people)]

    assert counted[0] == counted[1]
    assert all(each.news() for each in people)


async def test_what_a_turn_decided_is_on_its_way_with_the_commit_that_decided_it(
    practice: Practice,
) -> None:
    """No second transaction is needed to claim it."""
    ann = await practice.patient(1, "at-consent")
    practice.messenger.door.clear()
    await practice.intake.keep([ann.wrote("/help")])
    await practice.workers._handle()

    assert ("sending", 1) in practice.rows(STATES)

    practice.messenger.door.set()
    await practice.work()
    assert ann.news()


async def test_a_post_that_cannot_be_claimed_costs_nobody_their_turn(practice: Practice) -> None:
    """The turn is done by itself then, and its answer goes as soon as it can."""
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    practice.fail("UPDATE ON outbox")
    await practice.intake.keep([ann.wrote("/help"), bob.wrote("/help")])
    await practice.workers._handle()

    assert practice.rows(WAITING) == [(0,)]
    assert ("pending", 2) in practice.rows(STATES)

    practice.mend()
    await practice.work()
    assert ann.news()
    assert bob.news()


async def statements(practice: Practice, people: list[Person]) -> int:
    """How many statements it took to handle a message of each of them and to claim the answers."""
    await practice.intake.keep([each.wrote("/help") for each in people])
    seen: list[str] = []

    def see(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(practice.store._writing, "before_cursor_execute", see)
    await practice.workers._handle()
    event.remove(practice.store._writing, "before_cursor_execute", see)
    await practice.work()
    return len(seen)
