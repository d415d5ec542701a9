"""Whoever writes is answered before the nudges that wait, and those come all the same."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text as sql

from bot.service import nudge
from bot.service.lanes import BATCH, CLOCKS, IN_A_ROW, QUIET, Lanes
from bot.store import nudges, people
from bot.store.unit import Unit
from bot.workers.ticks import NUDGES_FOLLOW
from tests.bot.service.practice import WEDNESDAY, Person, Practice
from tests.bot.service.test_intray import door

FIRST, CROWD = 1_000, 5 * CLOCKS
WAITING = "SELECT count(*) FROM inbox WHERE source = 'clock' AND handled_at IS NULL"
SET_BENS = """UPDATE nudges SET due_at = '{} 00:00:00.000000'
    WHERE patient_id = (SELECT max(id) FROM patients)"""
BENS_IS_LATER, BENS_IS_DUE = SET_BENS.format("2028-01-01"), SET_BENS.format("2026-01-01")
WRITTEN = "SELECT count(*) FROM inbox WHERE source != 'clock' AND handled_at IS NULL"
LONG_DUE = "SELECT count(*) FROM nudges WHERE state = 'waiting' AND due_at < '2026-01-02'"
DECIDED = "SELECT patient_id FROM outbox WHERE id > {since} AND shape = 'bubble' ORDER BY id"


async def test_whoever_writes_is_answered_before_the_nudges_that_wait(
    practice: Practice,
) -> None:
    """Though all of them came due before, her own too, and each of the others gets theirs.

    While nobody writes a batch of nudges holds twice as many as the one before.
    """
    ann = await practice.patient(1, "learning-cbt")
    like_her(practice, ann.number)
    assert practice.store.write_now(nudge.claim, practice.site) == CROWD + 1
    for left in (4 * CLOCKS + 1, 2 * CLOCKS + 1):
        await practice.workers._handle()
        await practice.delivery.land()
        assert practice.rows(WAITING) == [(left,)]
    [(since,)] = practice.rows("SELECT max(id) FROM outbox")
    practice.messenger.taken.clear()

    await practice.intake.keep([ann.wrote("/help")])
    await practice.workers._handle()
    assert practice.rows(WAITING) == [(2 * CLOCKS + 1,)]
    await practice.work()

    decided = [patient for (patient,) in practice.rows(DECIDED.format(since=since))]
    assert decided.index(ann.patient_id) == 0
    told = [call.chat for call in practice.messenger.taken if call.kind == "bubble"]
    assert told[0] == str(ann.number)
    crowd = [str(FIRST + place) for place in range(CROWD)]
    assert Counter(told[1:]) == Counter(crowd[3 * CLOCKS :])
    # she is here: hers is for another day
    assert [each.reason for each in ann.nudges if each.state == "skipped"] == ["replaced"]


def test_nudges_have_their_turn_however_many_write() -> None:
    """A few batches of people's in a row, then one of the clock's, a small one."""
    lanes, turns = Lanes(BATCH), ""
    for _ in range(2 * IN_A_ROW + 2):
        turns += "c" if lanes.clocks_first else "p"
        lanes = lanes.after(0 if lanes.clocks_first else 3, WEDNESDAY)
        assert lanes.clocks == CLOCKS

    assert turns == 2 * ("p" * IN_A_ROW + "c")


def test_many_nudges_share_a_batch_only_where_nobody_wrote_just_now() -> None:
    """Whoever writes next waits for all of it; a clock that was set back holds up none of them."""
    wrote = Lanes().after(1, WEDNESDAY)

    assert wrote.after(0, WEDNESDAY + QUIET / 2).clocks == CLOCKS
    for later in (WEDNESDAY + QUIET, WEDNESDAY - QUIET):
        lanes, sizes = wrote, list[int]()
        for _ in range(5):
            lanes = lanes.after(0, later)
            sizes.append(lanes.clocks)
        assert sizes == [2 * CLOCKS, 4 * CLOCKS, BATCH, BATCH, BATCH]


@pytest.mark.parametrize(("in_a_row", "decided"), [(0, 1), (IN_A_ROW, CLOCKS)])
async def test_a_batch_of_nudges_ends_when_somebody_writes(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, in_a_row: int, decided: int
) -> None:
    """She waits for the one in hand, and for no more but where it is the clock's turn."""
    ann = await practice.patient(1, "learning-cbt")
    await practice.workers._handle()
    like_her(practice, ann.number)
    assert practice.store.write_now(nudge.claim, practice.site) == CROWD + 1
    practice.workers._lanes = Lanes(in_a_row=in_a_row)

    writing_while_a_batch_is_handled(practice, monkeypatch, ann, "/help")
    await practice.workers._handle()
    assert practice.rows(WAITING) == [(CROWD + 1 - decided,)]
    # what is claimed now would hold her up
    assert not practice.workers._has_room
    assert not ann.news()

    await practice.workers._handle()
    assert practice.rows(WAITING) == [(CROWD + 1 - decided,)]
    await practice.work()
    assert ann.news()
    told = {call.chat for call in practice.messenger.taken if call.kind == "bubble"}
    assert told >= {str(FIRST + place) for place in range(CROWD)}


async def test_a_nudge_that_cannot_be_decided_keeps_its_turn_from_nobody(
    practice: Practice,
) -> None:
    """It was the clock's turn, and that came to nothing: whoever wrote is served next."""
    ann, bob = await practice.patient(1, "learning-cbt"), await practice.patient(2, "at-consent")
    [hers] = [each for each in ann.nudges if each.state == "waiting"]
    practice.clock.moment = hers.due_at
    await practice.workers._tick()
    assert practice.rows(WAITING) == [(1,)]
    practice.workers._lanes = Lanes(in_a_row=IN_A_ROW)
    practice.fail("UPDATE ON nudges")

    await practice.intake.keep([bob.wrote("/help")])
    await practice.workers._handle()
    assert practice.rows(WAITING) == [(1,)]
    assert practice.rows(WRITTEN) == [(1,)]

    await practice.workers._handle()
    assert practice.rows(WRITTEN) == [(0,)]
    await practice.delivery.land()
    assert bob.news()


async def test_nudges_beyond_the_room_are_claimed_without_waiting_for_the_next_tick(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many events of the clock wait at a time, and all of what is due comes of one tick."""
    ann = await practice.patient(1, "learning-cbt")
    like_her(practice, ann.number)
    monkeypatch.setattr(nudge, "ROOM", CLOCKS)

    await practice.workers._tick()
    assert practice.rows(WAITING) == [(CLOCKS,)]
    assert practice.store.write_now(nudge.claim, practice.site) == 0

    await practice.workers._drain(practice.workers._handle_waiting)
    await practice.work()

    assert practice.rows("SELECT count(*) FROM nudges WHERE state = 'sent'") == [(CROWD + 1,)]
    told = {call.chat for call in practice.messenger.taken if call.kind == "bubble"}
    assert told >= {str(FIRST + place) for place in range(CROWD)}


async def test_a_nudge_that_falls_due_behind_another_does_not_wait_for_the_next_tick(
    practice: Practice,
) -> None:
    """Where some were due others are looked for soon; a second's worth at once would be a crowd."""
    ann = await practice.patient(1, "learning-cbt")
    await practice.patient(2, "learning-cbt")
    practice.run(sql(BENS_IS_LATER))
    [hers] = [each for each in ann.nudges if each.state == "waiting"]
    practice.clock.moment = hers.due_at
    await practice.workers._tick()
    assert practice.rows(WAITING) == [(1,)]

    # from here to the look for what is due nothing is claimed, however slow the machine
    practice.run(sql(BENS_IS_DUE))
    assert practice.rows(LONG_DUE) == [(1,)]
    await asyncio.sleep(2 * NUDGES_FOLLOW)
    await practice.workers._drain(practice.workers._handle_waiting)

    assert practice.rows(LONG_DUE) == [(0,)]


def writing_while_a_batch_is_handled(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, person: Person, words: str
) -> None:
    """She writes as soon as the writer's thread looks at the clock, and it goes on when she has."""
    loop, tells_time = asyncio.get_running_loop(), practice.clock.now

    def now() -> datetime:
        if threading.current_thread() is not threading.main_thread():
            monkeypatch.undo()
            keeping = door(practice).keep([person.wrote(words)])
            asyncio.run_coroutine_threadsafe(keeping, loop)
            until = time.monotonic() + 10
            while practice.workers._intray.is_empty and time.monotonic() < until:
                time.sleep(0.001)
        return tells_time()

    monkeypatch.setattr(practice.clock, "now", now)


def like_her(practice: Practice, number: int) -> None:
    """A crowd of patients who are where she is, and it is time for everybody's nudge."""

    def admit(unit: Unit) -> None:
        contact = people.contact(unit, unit.vault.lookup("telegram", str(number)))
        assert contact is not None
        assert contact.patient_id is not None
        like = people.load(unit, [contact.patient_id])[contact.patient_id]
        [waiting] = [each for each in nudges.of_patient(unit, like.id) if each.state == "waiting"]
        for place in range(CROWD):
            chat = str(FIRST + place)
            made = people.enrol(
                unit, lookup=unit.vault.lookup("telegram", chat), chat=chat, release=like.release,
                state_json=like.state_json, language="en", at=like.created_at, phase=like.phase,
            )  # fmt: skip
            before_hers = waiting.due_at - timedelta(minutes=1)
            nudges.set(unit, made.id, waiting.key, before_hers, waiting.slot, waiting.turn)
        practice.clock.moment = waiting.due_at

    practice.store.write_now(admit)
