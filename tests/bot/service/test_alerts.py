"""Alerts at the desk: told again when they fire again, listed whole, taken once, by carers only."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest

from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Person, Practice, told_just, until

DAY = timedelta(days=1)


async def ask_for_a_person(patient: Person) -> None:
    """Ask the care team to write, which raises an amber alert."""
    await patient.says("/person")
    await patient.taps("Ask them to write")


async def test_an_alert_taken_long_ago_is_told_again_after_its_window(practice: Practice) -> None:
    """Whoever took it may have forgotten; within the window it stays one, and quiet."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    await ask_for_a_person(ann)
    await lee.taps("I have it")
    lee.news()

    practice.clock.moment += DAY
    await ask_for_a_person(ann)
    assert lee.news() == []

    practice.clock.moment += 30 * DAY
    await ask_for_a_person(ann)
    assert told_just(again := lee.news(), "Again. Amber: within one working day")
    assert "first raised 31 days ago, fired 3 times" in again[0]
    assert [(each.state, each.fired_count) for each in ann.alerts] == [("taken", 3)]

    await lee.taps("Close it")
    await lee.taps("We spoke")
    assert [each.state for each in ann.alerts] == ["closed"]


async def test_an_alert_that_was_closed_opens_again_within_its_window(practice: Practice) -> None:
    """It is told like a new one, and its clock runs again."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    await ask_for_a_person(ann)
    for label in ("I have it", "Close it", "We spoke"):
        await lee.taps(label)
    lee.news()

    practice.clock.moment += DAY
    await ask_for_a_person(ann)
    assert told_just(lee.news(), "Amber: within one working day")

    await practice.wait(timedelta(hours=5))
    assert told_just(lee.news(), "Nobody has taken this yet.")


async def test_forty_open_alerts_are_all_listed(practice: Practice) -> None:
    """In several bubbles: one that is cut off would be nobody's."""
    lee = await practice.clinician(9, "Dr Lee")
    numbers = range(101, 141)
    await practice.arrives(*(practice.person(each).wrote("I want to die") for each in numbers))
    lee.news()

    await lee.says("/alerts")

    listed = lee.news()
    assert len(listed) == 4
    lines = [line for text in listed for line in text.splitlines() if "Red: act now" in line]
    assert [line.split()[0] for line in lines] == [str(number) for number in range(1, 41)]
    names = {practice.person(each).pseudonym for each in numbers}
    assert {name for name in names if any(name in line for line in lines)} == names


async def test_of_two_who_tap_at_once_the_second_reads_who_has_it(practice: Practice) -> None:
    """One of them has the alert, and nobody believes to have it by mistake."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim")
    ann = await practice.patient(1)
    await ann.says("I want to die")
    lee.news(), kim.news()

    await practice.arrives(lee.tapped(lee.button("I have it")), kim.tapped(kim.button("I have it")))

    assert told_just(lee.news(), "Alert 1 is yours.")
    # once when it was taken, once in answer to the tap
    has_it = f"Dr Lee has alert 1 ({ann.pseudonym})."
    assert kim.news() == [has_it, has_it]
    assert practice.rows("SELECT taken_by FROM alerts") == practice.rows(
        "SELECT min(id) FROM clinicians"
    )


@pytest.mark.postgres
async def test_of_two_processes_that_race_for_an_alert_the_loser_tells_who_has_it(
    open_practice: OpenPractice, postgres_url: str
) -> None:
    """Both have seen that nobody had it, and one of them was wrong."""
    one, other = open_practice(postgres_url), open_practice(postgres_url)
    # whichever of them sends it
    other.messenger = one.messenger
    other.start(other.site.release)
    lee, kim = await one.clinician(9, "Dr Lee"), await one.clinician(8, "Kim")
    ann = await one.patient(1)
    await ann.says("I want to die")
    lee.news(), kim.news()

    with psycopg.connect(postgres_url) as holder:
        # nobody can move the alert until both have looked at it
        holder.execute("SELECT id FROM alerts FOR UPDATE")
        await other.intake.keep([lee.tapped(lee.button("I have it"))])
        first = asyncio.create_task(one.workers._handle())
        await until(lambda: waiting_for_locks(one) == 1)
        await other.intake.keep([kim.tapped(kim.button("I have it"))])
        second = asyncio.create_task(other.workers._handle())
        await until(lambda: waiting_for_locks(one) == 2)
    await asyncio.gather(first, second)
    await other.work()
    await one.work()

    has_it = f"Dr Lee has alert 1 ({ann.pseudonym})."
    assert told_just(lee.news(), "Alert 1 is yours.")
    assert kim.news() == [has_it, has_it]


async def test_an_operator_gets_no_alert_and_can_take_none(practice: Practice) -> None:
    """Whatever they send or forge; a patient's name never comes to their chat."""
    lee, sam = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Sam", "operator")
    ann = await practice.patient(1)
    await ann.says("I want to die")
    sam.news()

    await sam.says("/alerts")
    await sam.says("/patients")
    await sam.brings("alert.1.take")
    await lee.taps("I have it")
    await sam.brings("alert.1.close.spoke")

    assert told_just(sam.news(), *["You are joined as operator."] * 4)
    assert [each.state for each in ann.alerts] == ["taken"]
    assert not any(ann.pseudonym in call.text for call in practice.messenger.taken_by(8))


def waiting_for_locks(practice: Practice) -> int:
    """How many transactions wait for another one's lock."""
    waiting = practice.rows(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return int(waiting[0][0])
