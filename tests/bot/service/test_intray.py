"""What comes in is kept by the commit that handles it; where that fails, by one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from bot.store.inbox import Arrival
from bot.store.unit import Unit
from bot.telegram.intake import Intake
from tests.bot.service.practice import Person, Practice, until

REFUSED = "refused for once"
KEPT = "SELECT count(*) FROM inbox"
WAITING = "SELECT count(*) FROM inbox WHERE handled_at IS NULL"


def door(practice: Practice, heard: list[bool] | None = None) -> Intake:
    """Where updates come in, as the running service has it; there it is heard what is handled."""

    async def keep(_: Sequence[Arrival], write: Callable[[Unit], None]) -> None:
        is_handled = await practice.workers.take_in(write)
        if heard is not None:
            heard.append(is_handled)

    return Intake(practice.store, practice.vault, practice.clock, lambda: None, keep)


@contextmanager
def commits(practice: Practice) -> Iterator[list[str]]:
    """How often it was committed, in a list that grows."""
    seen: list[str] = []

    def on_commit(_: object) -> None:
        seen.append("commit")

    event.listen(practice.store._writing, "commit", on_commit)
    yield seen
    event.remove(practice.store._writing, "commit", on_commit)


async def arrives(practice: Practice, person: Person, words: str) -> asyncio.Task[None]:
    """Somebody writes, and whoever brought it waits until it is kept."""
    task = asyncio.create_task(door(practice).keep([person.wrote(words)]))
    await asyncio.sleep(0)
    return task


async def test_what_comes_in_is_kept_and_handled_by_one_commit(practice: Practice) -> None:
    """Whoever brought it waits until that is done."""
    ann = await practice.patient(1, "learning-cbt")
    await practice.workers._handle()

    with commits(practice) as seen:
        bringing = await arrives(practice, ann, "/now")
        assert not bringing.done()
        assert await practice.workers._handle() == 1
        # before the answer lands, which is kept by a commit of its own
        assert len(seen) == 1
    await bringing
    await practice.delivery.land()
    assert len(ann.news()) == 1


async def test_what_comes_in_is_kept_though_it_cannot_be_handled(practice: Practice) -> None:
    """And as soon as that works again it is answered."""
    ann = await practice.patient(1, "learning-cbt")
    await practice.workers._handle()
    practice.fail("INSERT ON outbox")

    bringing = await arrives(practice, ann, "/now")
    await practice.workers._handle()
    await bringing

    assert practice.rows(WAITING) == [(1,)]
    practice.mend()
    await practice.work()
    assert len(ann.news()) == 1


async def test_whoever_brought_it_hears_whether_all_was_handled(practice: Practice) -> None:
    """Then nobody need look whether it waits: not so of words behind others, or in trouble."""
    ann, heard = await practice.patient(1, "learning-cbt"), list[bool]()
    entry = door(practice, heard)
    await practice.workers._handle()

    for words, failing in (["/now"], ""), (["/now", "/help"], ""), (["/now"], "INSERT ON outbox"):
        if failing:
            practice.fail(failing)
        bringing = asyncio.create_task(entry.keep([ann.wrote(each) for each in words]))
        await asyncio.sleep(0)
        await practice.workers._handle()
        await bringing
        if not failing:
            await practice.work()

    assert heard == [True, False, False]


async def test_whoever_brought_what_cannot_be_kept_hears_of_it(practice: Practice) -> None:
    """Others are not refused for it, neither those who came beside it nor those who come later."""
    ann, bob = await practice.patient(1, "learning-cbt"), practice.person(2)
    await practice.workers._handle()
    before = practice.rows(KEPT)

    def refuses(_: Unit) -> None:
        raise LookupError(REFUSED)

    broken = asyncio.create_task(practice.workers.take_in(refuses))
    beside = await arrives(practice, ann, "/now")
    await practice.workers._handle()
    with pytest.raises(LookupError, match=REFUSED):
        await broken
    await beside
    await (await arrives(practice, bob, "/start"))

    assert practice.rows(KEPT) == [(before[0][0] + 2,)]
    await practice.work()
    assert ann.news()
    assert bob.news()


async def test_a_database_that_keeps_nothing_is_found_out_at_once(practice: Practice) -> None:
    """Whoever waits is told by the first commit, and the next one need not wait for another's."""
    ann = await practice.patient(1, "learning-cbt")
    await practice.workers._handle()
    practice.fail("INSERT ON inbox")

    bringing = await arrives(practice, ann, "/now")
    await practice.workers._handle()
    with pytest.raises(DBAPIError):
        await bringing
    # nobody handles now
    with pytest.raises(DBAPIError):
        await (await arrives(practice, ann, "/now"))


async def test_what_comes_in_while_the_service_stops_is_kept(practice: Practice) -> None:
    """By whoever goes last; it is handled after the next start."""
    ann = await practice.patient(1, "learning-cbt")
    running = asyncio.create_task(practice.workers.run())
    await until(lambda: practice.workers._intray.is_open)
    practice.workers.stop()
    bringing = await arrives(practice, ann, "/now")
    await running
    await bringing

    practice.start(practice.site.release)
    await practice.work()
    assert ann.news()


async def test_whoever_no_longer_waits_costs_nobody_anything(practice: Practice) -> None:
    """A call that was broken off is kept all the same, and the others hear of theirs."""
    ann, bob = await practice.patient(1, "learning-cbt"), await practice.patient(2, "at-consent")
    await practice.workers._handle()

    gone = await arrives(practice, ann, "/now")
    beside = await arrives(practice, bob, "/now")
    gone.cancel()
    await asyncio.sleep(0)
    await practice.workers._handle()
    await beside

    assert practice.rows(WAITING) == [(0,)]
