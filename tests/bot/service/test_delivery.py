"""What was decided arrives: through failing files, commits, networks, clocks and processes."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine.default import DefaultDialect

from bot.service.deliver import CHAIN_LASTS, LEASE
from bot.service.handle import handle_batch
from bot.service.parcels import claim
from bot.service.post import Doubtful, Later, Verdict
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.messenger import Call
from tests.bot.service.practice import Practice, told_just, until

HELP = "You can tap the buttons or just type"
CRISIS = ("9-8-8", "I am a program", "One plain question.")
TWO_BUBBLES = ("I do not know that country", "Which country are you in now?")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def test_help_does_not_wait_for_a_picture_that_stays_doubtful(practice: Practice) -> None:
    """Nobody knows whether it arrived: it is tried four times in all, and then let go."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "measured")
    lee.news()
    practice.messenger.fault = lambda call: Doubtful() if call.kind == "picture" else None
    await ann.says("/progress")

    await ann.says("I want to die")
    assert told_just(ann.news(), *CRISIS)
    assert told_just(lee.news(), "Red: act now")

    await practice.wait(MINUTE, times=10)
    assert told_just(ann.news(), "Your scores")
    assert [call.kind for call in practice.messenger.tried].count("picture") == 4
    assert practice.rows("SELECT shape, state FROM outbox WHERE state != 'sent'") == [
        ("picture", "doubtful")
    ]


async def test_a_result_that_could_not_be_kept_is_kept_at_the_next_tick(practice: Practice) -> None:
    """The bubble is not shown twice, and what comes after it is not held up."""
    ann = await practice.patient(1, "at-consent")
    practice.fail("UPDATE OF state ON outbox WHEN NEW.state = 'sent'")
    await ann.says("/help")
    await ann.says("I want to die")
    assert told_just(ann.news(), HELP)

    practice.mend()
    await practice.wait(SECOND)

    assert told_just(ann.news(), *CRISIS)
    assert practice.rows("SELECT count(*) FROM outbox WHERE state != 'sent'") == [(0,)]


async def test_twenty_minutes_without_network_lose_nothing(practice: Practice) -> None:
    """A reply and an alert wait as long as it takes; an outage is nobody's failed attempt."""
    lee = await practice.clinician(9, "Dr Lee")
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2)
    lee.news()
    back_at = practice.clock.now() + 20 * MINUTE

    def unreachable(call: Call) -> Verdict | None:
        return Later(2, counts=False) if practice.clock.now() < back_at else None

    practice.messenger.fault = unreachable
    await ann.says("/help")
    await bob.says("/person")
    await practice.wait(10 * SECOND, times=110)
    assert [ann.news(), bob.news()] == [[], []]

    await practice.wait(10 * SECOND, times=12)
    assert told_just(ann.news(), HELP)
    assert told_just(bob.news(), "You can reach your care team through me.")
    assert practice.rows("SELECT max(attempts) FROM outbox WHERE state = 'sent'") == [(1,)]
    assert practice.rows("SELECT count(*) FROM outbox WHERE state != 'sent'") == [(0,)]


async def test_a_clock_set_back_in_the_middle_of_a_talk_holds_up_nothing(
    practice: Practice,
) -> None:
    """The first bubble was sent by the old clock, the others follow by the new one."""
    ann = await practice.patient(1, "at-consent")
    await practice.intake.keep([ann.wrote("I want to die")])
    await practice.workers._handle()
    await practice.delivery.send_waiting()
    await practice.delivery.land()
    assert told_just(ann.news(), CRISIS[0])

    practice.clock.moment -= timedelta(hours=1)
    await practice.wait(SECOND)
    assert told_just(ann.news(), *CRISIS[1:])

    await ann.says("no")
    assert len(ann.news()) == 2


@pytest.mark.postgres
async def test_a_process_that_starts_leaves_alone_what_another_is_sending(
    open_practice: OpenPractice, postgres_url: str
) -> None:
    """Until its lease is over; then whoever was sending it must have died, and it is sent."""
    first, second = open_practice(postgres_url), open_practice(postgres_url)
    ann = await first.patient(1, "at-consent")
    first.messenger.door.clear()
    await first.intake.keep([ann.wrote("/help")])
    await first.workers._handle()
    await first.delivery.send_waiting()

    second.clock.moment = first.clock.now() + SECOND
    await run_for_a_tick(second)
    assert second.messenger.tried == []

    second.clock.moment += LEASE
    await run_for_a_tick(second)
    assert told_just([call.text for call in second.messenger.taken_by(1)], HELP)

    first.messenger.door.set()
    await first.delivery.land()


@pytest.mark.parametrize("leap", [timedelta(days=1), -timedelta(days=1)], ids=["on", "back"])
async def test_a_clock_that_leaps_while_a_call_is_on_its_way_sends_nothing_twice(
    practice: Practice, leap: timedelta
) -> None:
    """The lease of what this process has in hand is not over by that."""
    ann = await practice.patient(1, "at-consent")
    practice.messenger.door.clear()
    await practice.intake.keep([ann.wrote("/help")])
    await practice.workers._handle()
    await practice.delivery.send_waiting()

    practice.clock.moment += leap
    await practice.workers._tick()
    await practice.delivery.send_waiting()
    practice.messenger.door.set()
    await practice.work()

    assert told_just(ann.news(), HELP)


async def test_what_was_claimed_by_a_commit_that_seemed_to_fail_is_sent_after_its_lease(
    practice: Practice,
) -> None:
    """The process has it not in hand, as it has the other's, although the database says so."""
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    await practice.intake.keep([ann.wrote("/help")])
    await practice.store.write(handle_batch, practice.site)
    assert await practice.store.write(claim, practice.site, 64)
    practice.messenger.door.clear()
    await practice.intake.keep([bob.wrote("/help")])
    await practice.workers._handle()
    await practice.delivery.send_waiting()

    for time in (MINUTE, LEASE):
        assert ann.news() == []
        practice.clock.moment += time
        await practice.workers._tick()
        await practice.delivery.send_waiting()
    practice.messenger.door.set()
    await practice.work()

    assert told_just(ann.news(), HELP)
    assert told_just(bob.news(), HELP)


async def test_what_a_commit_claimed_whose_answer_got_lost_is_sent_without_waiting_for_a_lease(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next commit lets it wait again, and nobody hears anything twice."""
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    practice.messenger.door.clear()
    await practice.intake.keep([bob.wrote("/help")])
    await practice.workers._handle()
    await practice.intake.keep([ann.wrote("/help")])
    lose_the_next_answer(monkeypatch)
    await practice.workers._handle()

    practice.messenger.door.set()
    await practice.work()

    for each in (ann, bob):
        assert told_just(each.news(), HELP)


def lose_the_next_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next commit is done, and the connection is gone before anybody hears so."""
    commit = vars(DefaultDialect)["do_commit"]

    def lost(dialect: DefaultDialect, connection: Any) -> None:
        commit(dialect, connection)
        monkeypatch.setattr(DefaultDialect, "do_commit", commit)
        raise sqlite3.OperationalError("the server is gone")

    monkeypatch.setattr(DefaultDialect, "do_commit", lost)


async def test_a_process_alone_sends_at_once_what_it_was_sending_when_it_died(
    open_practice: OpenPractice, sqlite_url: str
) -> None:
    """On SQLite nobody else can have it."""
    practice = open_practice(sqlite_url)
    ann = await practice.patient(1, "at-consent")
    dying = practice.delivery
    practice.messenger.door.clear()
    await practice.intake.keep([ann.wrote("/help")])
    await practice.workers._handle()
    await dying.send_waiting()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    practice.messenger.door.set()

    await run_for_a_tick(practice)

    assert told_just(ann.news(), HELP)


async def run_for_a_tick(practice: Practice) -> None:
    """Start the process, and run its own loops until their clock has ticked."""
    practice.start(practice.site.release)
    practice.pulse.ticked_at = None
    running = asyncio.create_task(practice.workers.run())
    await until(lambda: practice.pulse.ticked_at is not None)
    practice.workers.stop()
    await running


async def test_nothing_waits_between_the_bubbles_of_one_answer(practice: Practice) -> None:
    """All of it is shown though nothing of it can be kept; then it is kept, and not shown again."""
    ann = await practice.patient(1, "agreed")
    practice.fail("UPDATE OF state ON outbox WHEN NEW.state = 'sent'")
    await ann.says("hello")
    assert told_just(ann.news(), *TWO_BUBBLES)

    practice.mend()
    await practice.wait(SECOND)

    assert ann.news() == []
    assert practice.rows("SELECT count(*) FROM outbox WHERE state != 'sent'") == [(0,)]


async def test_what_stands_behind_a_failed_bubble_waits_for_it(practice: Practice) -> None:
    """It is not shown before, nor twice, and the failure was not its own."""
    ann = await practice.patient(1, "agreed")
    practice.messenger.fault = lambda call: Later(3) if TWO_BUBBLES[0] in call.text else None
    await ann.says("hello")
    assert ann.news() == []

    practice.messenger.fault = lambda call: None
    await practice.wait(SECOND, times=5)

    assert told_just(ann.news(), *TWO_BUBBLES)
    counted = "SELECT attempts FROM outbox WHERE shape = 'bubble' ORDER BY id DESC LIMIT 2"
    assert practice.rows(counted) == [(1,), (2,)]


async def test_a_process_that_stood_still_sends_nothing_more_of_a_chain(
    practice: Practice,
) -> None:
    """Meanwhile another may have sent it: it waits again, and whoever claims it sends it."""
    ann = await practice.patient(1, "agreed")
    practice.messenger.door.clear()
    await practice.intake.keep([ann.wrote("hello")])
    await practice.workers._handle()

    practice.clock.moment += CHAIN_LASTS + SECOND
    practice.messenger.door.set()
    await practice.delivery.land()
    assert told_just(ann.news(), TWO_BUBBLES[0])

    await practice.work()
    assert told_just(ann.news(), TWO_BUBBLES[1])


async def test_a_tap_is_answered_while_the_chat_is_held_up(practice: Practice) -> None:
    """The button stops waiting at once; it would be too late behind a call that hangs."""
    ann = await practice.patient(1, "at-consent")
    shown = len(practice.messenger.tried)
    practice.messenger.door.clear()
    await practice.intake.keep([ann.tapped(f"{ann.state.asked}.agree")])
    await practice.workers._handle()

    await until(lambda: len(practice.messenger.tried) == shown + 2)
    assert {call.kind for call in practice.messenger.tried[shown:]} == {"bubble", "toast"}

    practice.messenger.door.set()
    await practice.work()
    assert practice.rows("SELECT count(*) FROM outbox WHERE shape = 'toast'") == [(0,)]
