"""Whatever the content, the team or the tables have become: an open alert is heard of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql

from bot.service import leaving
from flows.program import Release
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Practice, told_just
from tests.bot.service.team import alert_of, clinician_id, fire, raised, told

AMBER, RED, GREY = "person", "crisis-words", "tech-help"
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
UNREACHED = "Nobody could be reached about alert 1"


def changed(release: Release, **escalation: Any) -> Release:
    """Content with other rules about alerts."""
    new = release.escalation.model_copy(update=escalation)
    return release.model_copy(update={"escalation": new, "hash": "c" * 64})


def with_chain(release: Release, tier: str, *chain: str) -> Release:
    """Content in which this tier has another chain."""
    known = release.escalation.tiers
    tiers = {**known, tier: known[tier].model_copy(update={"chain": chain})}
    return changed(release, tiers=tiers)


def without_grey(release: Release) -> Release:
    """Content that has no grey tier any more; its rules are yellow."""
    tiers = {name: tier for name, tier in release.escalation.tiers.items() if name != "grey"}
    rules = tuple(
        rule.model_copy(update={"tier": "yellow"}) if rule.tier == "grey" else rule
        for rule in release.escalation.rules
    )
    return changed(release, tiers=tiers, rules=rules)


def healthy(practice: Practice) -> tuple[int, Sequence[str]]:
    """How many alerts are overdue, and why the service is not well."""
    state = practice.health()
    return state["alerts_overdue"], state["reasons"]


async def test_an_alert_at_the_end_of_its_chain_fires_again_on_a_shorter_one(
    practice: Practice, release: Release
) -> None:
    """The content was changed while it was open: the last of those who are left hear of it."""
    lee = await practice.clinician(9, "Dr Lee")
    (ann,) = await raised(practice, RED, 101)
    await practice.wait(QUARTER, times=5)
    assert alert_of(practice).hop == 3
    told(lee)

    practice.start(with_chain(release, "red", "on-call", "team"))
    fire(practice, ann, RED)
    await practice.tick()

    assert told_just(lee.news(), "Again. Red: act now")
    assert alert_of(practice).hop == 1


async def test_alerts_of_one_rule_with_different_chains_are_told_together(
    practice: Practice, release: Release
) -> None:
    """The shorter chain of some of them is no reason for silence about all of them."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, AMBER, *range(101, 126))
    await practice.wait(4 * HOUR, times=5)
    practice.start(with_chain(release, "amber", "team"))
    await raised(practice, AMBER, *range(201, 226))
    await practice.wait(QUARTER)
    practice.clock.moment += 5 * HOUR
    practice.run(sql("UPDATE alerts SET deadline_at = '2027-01-13 00:00:00' WHERE id > 25"))
    practice.run(sql("UPDATE alerts SET deadline_at = '2027-01-13 01:00:00' WHERE id <= 25"))
    told(lee)

    await practice.tick()

    assert told_just(lee.news(), "50 alerts of one rule wait.")
    assert healthy(practice) == (0, [])
    assert (alert_of(practice, 1).hop, alert_of(practice, 50).hop) == (3, 0)


async def test_an_alert_of_a_tier_that_the_content_lost_is_told_as_ever(
    practice: Practice, release: Release
) -> None:
    """It keeps the clock that it was raised with, and the round still speaks of it."""
    lee = await practice.clinician(9, "Dr Lee")
    ivy = await practice.patient(2, "learning-cbt")
    fire(practice, ivy, GREY)
    await practice.wait(DAY, times=4)
    practice.start(without_grey(release))
    before = alert_of(practice).told_count
    told(lee)

    await practice.wait(DAY, times=6)
    assert alert_of(practice).told_count > before
    assert healthy(practice) == (0, [])

    told(lee)
    await lee.says("/round")
    assert "Grey: within three working days" in lee.news()[-1]


async def test_a_red_alert_that_reaches_nobody_pages_the_operators_each_round(
    open_practice: OpenPractice,
) -> None:
    """By Telegram and by e-mail, once a round however often it fires, and the health page says."""
    practice = open_practice(
        smtp_url="smtp://127.0.0.1:1", mail_from="bot@clinic.test", operator_mail="sam@clinic.test"
    )
    sam = await practice.clinician(8, "Sam", "operator")
    told(sam)

    (ann,) = await raised(practice, RED, 101)
    assert told_just(sam.news(), UNREACHED)
    assert practice.rows("SELECT count(*) FROM mails WHERE kind = 'operator'") == [(1,)]
    assert healthy(practice) == (1, ["alerts_overdue"])

    fire(practice, ann, RED)
    await practice.tick()
    assert told(sam) == [0]

    await practice.wait(QUARTER + timedelta(seconds=1), times=2)
    assert told_just(sam.news(), UNREACHED, UNREACHED)

    lee = await practice.clinician(9, "Dr Lee")
    assert "Red: act now" in lee.news()[-1]
    assert healthy(practice)[0] == 0


async def test_a_red_alert_whose_last_reader_leaves_pages_the_operators(practice: Practice) -> None:
    """And an amber one waits until somebody joins."""
    sam, _ = await practice.clinician(8, "Sam", "operator"), await practice.clinician(9, "Dr Lee")
    await raised(practice, RED, 101)
    await raised(practice, AMBER, 102)
    told(sam)

    number, now = clinician_id(practice, "Dr Lee"), practice.clock.now()
    practice.store.write_now(leaving.leave, practice.site, number, at=now)
    await practice.wait(QUARTER + timedelta(seconds=1))

    assert UNREACHED in (heard := sam.news())[0]
    assert not any("alert 2" in text for text in heard)
    assert healthy(practice) == (1, ["alerts_overdue"])


@pytest.mark.parametrize(("table", "counts"), [("nudges", False), ("calls", True)])
async def test_a_part_of_the_tick_that_fails_does_not_stop_the_alerts(
    practice: Practice, table: str, counts: bool
) -> None:
    """The health page names it until it goes again; without a vital part no tick counts."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, RED, 101)
    told(lee)
    ticked_at = practice.pulse.ticked_at

    practice.run(sql(f"ALTER TABLE {table} RENAME TO hidden"))
    await practice.wait(QUARTER, times=3)

    assert told(lee) == [3]
    assert practice.pulse.trouble == {"tick": f"tick: {table}"}
    assert (practice.pulse.ticked_at != ticked_at) is counts

    practice.run(sql(f"ALTER TABLE hidden RENAME TO {table}"))
    await practice.tick()
    assert healthy(practice) == (0, [])


async def test_what_cannot_be_kept_of_a_red_alert_takes_no_help_from_the_patient(
    practice: Practice, release: Release
) -> None:
    """The turn fails, and the alert too: help, an answer and the page come all the same."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    told(lee)
    practice.start(release.model_copy(update={"flows": {}}))
    practice.fail("INSERT ON alerts")

    await ann.says("I want to die")

    assert told_just(
        ann.news(),
        "If you might hurt yourself, or you are in danger, please contact one of these now:",
        "Something went wrong on our side.",
    )
    assert told_just(lee.news(), "A message could not be handled, and it may be about a crisis.")
    assert ann.alerts == []
