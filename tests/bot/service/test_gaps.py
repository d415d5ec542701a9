"""Longer unheard than Telegram keeps messages: the team has a list, each patient is told once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.service import gaps
from bot.service.gaps import AT_ONCE, LOST_AFTER
from bot.store import gaps as kept
from bot.telegram.ear import Ear
from tests.bot.service.practice import Practice, until

ALEX, BO, LEE, SAM = 1001, 1002, 7, 8
AWAY = "could not be reached between"
DAY = timedelta(days=1)


async def hears(practice: Practice, *, may_have_lost: bool = True) -> bool:
    """Telegram is heard, and the clocks tick on."""
    is_lost = await practice.store.write(gaps.heard, practice.site, may_have_lost=may_have_lost)
    await practice.tick()
    await practice.tick()
    return is_lost


async def test_a_day_unheard_is_told_to_everybody_once(practice: Practice) -> None:
    """The operator and the clinician by a list, the patient kindly, and nobody twice."""
    sam = await practice.clinician(SAM, "Sam", "operator")
    lee = await practice.clinician(LEE, "Dr Lee")
    alex = await practice.patient(ALEX, "in-baseline")
    bo = await practice.patient(BO, "in-crisis")
    pseudonym = bo.pseudonym
    await hears(practice)
    for each in (sam, lee, alex, bo):
        each.news()

    practice.clock.moment += DAY
    assert await hears(practice)

    for reader in (sam, lee):
        [words] = [each for each in reader.news() if "Messages may be lost" in each]
        assert "For 24 hours" in words
        assert "2 patients" in words
        assert f"Alerts are open for: {pseudonym}" in words
    said = alex.news()
    assert AWAY in said[0]
    assert "send it again" in said[0]
    assert len(said) == 2
    assert "please contact one of these now" in bo.news()[0]

    await hears(practice)
    practice.start(practice.site.release)
    await hears(practice)
    assert not [words for words in (*alex.news(), *bo.news()) if AWAY in words]
    [gap] = await practice.store.read(kept.since, practice.clock.now() - DAY)
    assert gap.told_at is not None


@pytest.mark.parametrize(
    ("unheard", "may_have_lost"),
    [(LOST_AFTER - timedelta(minutes=5), True), (30 * DAY, False)],
    ids=["Telegram still has all", "only the clock was moved"],
)
async def test_nothing_is_told_when_nothing_can_be_lost(
    practice: Practice, unheard: timedelta, may_have_lost: bool
) -> None:
    """A short outage, or somebody who travels in time."""
    await practice.patient(ALEX, "in-baseline")
    await hears(practice)

    practice.clock.moment += unheard

    assert not await hears(practice, may_have_lost=may_have_lost)
    assert await practice.store.read(kept.open_gaps) == []


async def test_nobody_is_woken_but_who_may_be_in_danger(practice: Practice) -> None:
    """At three in the morning the one with an open alert is told; the other when it is day."""
    alex = await practice.patient(ALEX, "in-baseline")
    bo = await practice.patient(BO, "in-crisis")
    await practice.clinician(LEE, "Dr Lee")
    await hears(practice)

    practice.clock.moment += DAY + timedelta(hours=17)
    assert await hears(practice)
    assert not [words for words in alex.news() if AWAY in words]
    assert [words for words in bo.news() if AWAY in words]

    await practice.wait(timedelta(hours=1), times=8)
    assert len([words for words in alex.news() if AWAY in words]) == 1


async def test_those_who_write_meanwhile_do_not_wait_behind_everybody(practice: Practice) -> None:
    """Only a few are told in each tick, in the order in which they joined."""
    people = [await practice.patient(2000 + each) for each in range(AT_ONCE + 5)]
    for each in people:
        await each.says("/start")
        each.news()
    await practice.store.write(gaps.heard, practice.site)
    practice.clock.moment += DAY
    await practice.store.write(gaps.heard, practice.site)

    told = [await practice.store.write(gaps.tell_on, practice.site) for _ in range(3)]
    await practice.work()

    assert told == [AT_ONCE, 5, 0]
    assert all(any(AWAY in words for words in each.news()) for each in people)


async def test_whoever_left_or_came_later_has_lost_nothing(practice: Practice) -> None:
    """They are not told, and the gap is closed without them."""
    left = await practice.patient(ALEX, "left")
    await hears(practice)
    practice.clock.moment += DAY
    await practice.store.write(gaps.heard, practice.site)
    later = await practice.patient(BO, "in-baseline")

    await practice.wait(timedelta(minutes=1), times=3)

    assert not [words for words in (*left.news(), *later.news()) if AWAY in words]
    assert await practice.store.read(kept.open_gaps) == []


async def test_a_clock_that_is_moved_while_we_listen_leaves_no_silence_behind(
    practice: Practice,
) -> None:
    """Ended right after somebody travelled in time, the next process finds no gap."""
    await practice.patient(ALEX, "in-baseline")
    ear = Ear(practice.store, practice.site, practice.pulse)
    await ear.heard()
    staying = asyncio.create_task(ear.stay())
    practice.clock.moment += 30 * DAY
    await until(lambda: practice.store.read_now(gaps.last_heard) == practice.clock.now())
    staying.cancel()

    practice.start(practice.site.release)
    await Ear(practice.store, practice.site, practice.pulse).heard()

    assert await practice.store.read(kept.open_gaps) == []
