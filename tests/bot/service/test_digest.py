"""The digest: lower tiers are told once a day, at the hour each clinician chose."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text as sql

from bot.service import digest
from bot.service.post import Gone
from bot.store import people
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Practice, told_just
from tests.bot.service.team import (
    alert_of,
    clinician_id,
    due_at,
    fire,
    raised,
    reopen,
    told,
    tries_of,
)

DAY = timedelta(days=1)
YELLOW, AMBER = "tech-help", "person"


def hours(practice: Practice, name: str, **own: int | str) -> None:
    """When, and on whose clock, this clinician reads their digest."""
    me = clinician_id(practice, name)
    practice.store.write_now(lambda unit: people.set_own(unit, me, **own))


async def test_a_yellow_alert_waits_for_the_morning_and_an_amber_one_does_not(
    practice: Practice,
) -> None:
    """One bubble at nine, with both their words; nothing before."""
    lee = await practice.clinician(9, "Dr Lee")
    told(lee)
    (ann,) = await raised(practice, YELLOW, 1)
    assert told(lee) == [0]
    fire(practice, ann, AMBER)
    await practice.work()
    assert told_just(lee.news(), "Amber: within one working day")

    await practice.live(DAY)

    again, shown = lee.news()[0], lee.news
    assert "Nobody has taken this yet. Amber" in again
    assert told_just([t for t in practice_texts(practice, 9) if "digest" in t], "1 to look at")
    assert not shown()


def practice_texts(practice: Practice, number: int) -> list[str]:
    """Every bubble in this chat."""
    return [call.text for call in practice.messenger.taken_by(number) if call.kind == "bubble"]


async def test_it_comes_each_day_until_somebody_takes_it(practice: Practice) -> None:
    """Then only to whoever has it, until it is closed."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim")
    (ann,) = await raised(practice, YELLOW, 1)
    told(lee, kim)

    await practice.live(DAY)
    await practice.live(DAY)
    assert told(lee, kim) == [2, 2]

    await lee.taps("1")
    await lee.taps("I have it")
    told(lee, kim)
    await practice.live(DAY)
    assert told_just(lee.news(), f"{ann.pseudonym}, taken by Dr Lee")
    assert told(kim) == [0]

    await lee.taps("Close it")
    await lee.taps("We spoke")
    told(lee)
    await practice.live(DAY)
    assert told(lee, kim) == [0, 0]


async def test_each_one_reads_it_at_their_own_hour(practice: Practice) -> None:
    """On their own clock; whoever chose nothing reads it at nine where the clinic is."""
    await practice.clinician(9, "Dr Lee")
    await practice.clinician(8, "Kim")
    hours(practice, "Kim", zone="Asia/Tokyo", digest_hour=7)
    await raised(practice, YELLOW, 1)

    at: dict[str, datetime] = {}
    for _ in range(48):
        await practice.wait(timedelta(minutes=30))
        for chat in ("9", "8"):
            calls = [c for c in practice.messenger.taken_by(int(chat)) if "digest" in c.text]
            if calls and chat not in at:
                at[chat] = practice.clock.now()

    assert {chat: f"{moment:%a %H:%M}" for chat, moment in at.items()} == {
        "9": "Thu 09:00", "8": "Wed 22:00",
    }  # fmt: skip


async def test_an_hour_that_was_changed_holds_from_now_on(practice: Practice) -> None:
    """The next digest is planned anew, whatever was planned before."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, YELLOW, 1)
    await practice.tick()
    told(lee)

    hours(practice, "Dr Lee", digest_hour=17)
    await practice.wait(timedelta(minutes=1))
    await practice.live(timedelta(hours=3))

    assert told_just(lee.news(), "Your digest: 1 to look at")


async def test_an_hour_that_was_put_off_brings_none_at_the_old_one(practice: Practice) -> None:
    """Who moves from nine to ten reads nothing at nine, and one digest at ten."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, YELLOW, 1)
    await practice.tick()
    hours(practice, "Dr Lee", digest_hour=10)
    told(lee)

    at: list[str] = []
    for _ in range(48):
        await practice.wait(timedelta(minutes=30))
        at += [f"{practice.clock.now():%H:%M}" for text in lee.news() if "digest" in text]

    assert at == ["10:00"]


async def test_a_morning_without_news_brings_no_digest(practice: Practice) -> None:
    """And no alert, no digest is due at all."""
    lee = await practice.clinician(9, "Dr Lee")
    told(lee)

    await practice.live(3 * DAY)
    await practice.wait(DAY, times=3)

    assert told(lee) == [0]


async def test_after_days_without_power_it_comes_once(
    open_practice: OpenPractice, usual_url: str
) -> None:
    """Late, and not three times; the next one is at its hour again."""
    practice = open_practice()
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, YELLOW, 1)
    await practice.tick()
    told(lee)

    practice.clock.moment += 3 * DAY
    reopen(practice, usual_url)
    await practice.tick()
    await practice.tick()

    assert told(lee) == [1]
    plans = practice.rows("SELECT digest_at FROM clinicians")
    assert "09:00" in str(plans[0][0])


async def test_a_process_that_dies_after_the_digest_was_decided_sends_it_once(
    open_practice: OpenPractice, usual_url: str
) -> None:
    """What is sent and when the next one is due are one commit."""
    practice = open_practice()
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, YELLOW, 1)
    await practice.tick()
    told(lee)
    practice.clock.moment += DAY
    practice.store.write_now(digest.send, practice.site, clinician_id(practice, "Dr Lee"))
    reopen(practice, usual_url)

    await practice.tick()

    assert told(lee) == [1]


async def test_what_nobody_takes_leaves_the_digest_and_goes_up_its_chain(
    practice: Practice,
) -> None:
    """After its clock it is told by itself, to the whole team it reaches."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, YELLOW, 1)
    told(lee)
    deadline = due_at(practice)

    await practice.live(deadline - practice.clock.now())

    assert [words for words in lee.news() if "Nobody has taken this yet. Yellow" in words]
    assert due_at(practice) > practice.clock.now()
    assert {each.hop for each in tries_of(practice)} == {-1, 0}


async def test_more_than_fit_into_one_bubble_go_on_in_the_next(practice: Practice) -> None:
    """None is cut off, and many of one rule share a line."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, YELLOW, *range(101, 113))
    await raised(practice, "hospital", *range(201, 222))
    told(lee)

    await practice.live(DAY)

    shown = [text for text in lee.news() if "storm" not in text]
    assert [text.splitlines()[0] for text in shown] == [
        "Your digest: 33 to look at", "Your digest goes on",
    ]  # fmt: skip
    assert sum(line.count("raised") for text in shown for line in text.splitlines()) == 12
    assert "21 × Yellow" in shown[1]


async def test_whoever_joins_later_reads_of_it_in_their_first_digest(practice: Practice) -> None:
    """And nobody was there before: it was never told, and never forgotten."""
    await raised(practice, YELLOW, 1)
    assert alert_of(practice).state == "raised"

    lee = await practice.clinician(9, "Dr Lee")
    await practice.tick()
    told(lee)
    await practice.live(DAY)

    assert told_just(lee.news(), "Your digest: 1 to look at")
    assert alert_of(practice).state == "told"


async def test_if_the_digest_reaches_nobody_it_is_told_by_itself_at_once(
    practice: Practice,
) -> None:
    """A try that failed is no telling."""
    await practice.clinician(9, "Dr Lee")
    await raised(practice, YELLOW, 1)
    practice.run(sql("UPDATE outbox SET state = 'sent'"))
    practice.messenger.fault = lambda call: Gone("blocked") if "digest" in call.text else None

    await practice.live(DAY)

    assert {(each.hop, each.state) for each in tries_of(practice)} == {(-1, "failed"), (0, "sent")}


@pytest.mark.parametrize("tier", ["yellow", "grey"])
def test_the_lower_tiers_are_the_digests(practice: Practice, tier: str) -> None:
    """And no other ones: red and amber never wait."""
    tiers = practice.site.release.escalation.tiers
    assert tiers[tier].digest
    assert not any(tiers[name].digest for name in ("red", "amber"))
