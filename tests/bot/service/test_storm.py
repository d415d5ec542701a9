"""The storm guard: one bad threshold sends no hundred messages, and red is never held back."""

from __future__ import annotations

from datetime import timedelta

from tests.bot.service.practice import Practice, told_just
from tests.bot.service.team import alert_of, due_at, fire, raised, told

AMBER, RED = "person", "crisis-words"
QUARTER = timedelta(minutes=15)


async def test_after_the_twentieth_alert_of_a_rule_the_others_are_told_together(
    practice: Practice,
) -> None:
    """Twenty bubbles, then one for all the others; operators are paged once."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim")
    sam = await practice.clinician(7, "Sam", "operator")
    told(lee, kim, sam)

    await raised(practice, AMBER, *range(101, 161))

    assert told(lee, kim) == [20, 20]
    assert told_just(sam.news(), "More than 20 alerts of the rule person in 60 minutes.")

    await practice.wait(QUARTER)
    assert told_just(lee.news(), "40 alerts of one rule wait.")
    assert told_just(kim.news(), "40 alerts of one rule wait.")
    assert told(sam) == [0]
    assert {alert_of(practice, number).state for number in range(1, 61)} == {"told"}
    assert all(due_at(practice, number) > practice.clock.now() for number in range(1, 61))


async def test_a_storm_that_goes_on_brings_four_messages_an_hour_at_the_most(
    practice: Practice,
) -> None:
    """However evenly the alerts come."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, AMBER, *range(101, 122))
    told(lee)

    heard = 0
    for minute in range(60):
        await raised(practice, AMBER, 201 + minute)
        await practice.wait(timedelta(minutes=1))
        heard += told(lee)[0]

    assert 0 < heard <= 5


async def test_red_alerts_are_never_held_back(practice: Practice) -> None:
    """Each is told by itself, however many there are, and again each quarter of an hour."""
    lee = await practice.clinician(9, "Dr Lee")
    told(lee)

    await raised(practice, RED, *range(101, 141))
    assert told(lee) == [40]

    await practice.wait(2 * QUARTER)
    assert told(lee) == [40]


async def test_another_rule_is_told_as_ever_in_the_middle_of_a_storm(practice: Practice) -> None:
    """The guard is about one rule, not about a team's patience."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, AMBER, *range(101, 141))
    told(lee)

    await raised(practice, "violence", 201)

    assert told_just(lee.news(), "Amber: within one working day")


async def test_many_that_fall_due_at_once_are_told_together(practice: Practice) -> None:
    """As after a night without power: one bubble, and each alert on its next hop."""
    lee = await practice.clinician(9, "Dr Lee")
    for hour in range(3):
        await raised(practice, AMBER, *range(100 * hour + 101, 100 * hour + 116))
        practice.clock.moment += timedelta(minutes=70)
    told(lee)

    await practice.wait(timedelta(hours=5))

    assert told_just(lee.news(), "45 alerts of one rule wait.")
    assert {alert_of(practice, number).told_count for number in range(1, 46)} == {2}
    assert all(due_at(practice, number) > practice.clock.now() for number in range(1, 46))


async def test_clocks_that_run_out_one_after_the_other_are_four_messages_an_hour_too(
    practice: Practice,
) -> None:
    """Nobody answered a storm: its reminders come together, and none of them late."""
    lee = await practice.clinician(9, "Dr Lee")
    for minute in range(0, 60, 2):
        await raised(practice, AMBER, 101 + minute)
        await practice.wait(timedelta(minutes=2))
    await practice.wait(timedelta(hours=2, minutes=55))
    told(lee)

    heard = 0
    for _ in range(70):
        await practice.wait(timedelta(minutes=1))
        heard += told(lee)[0]
        assert all(due_at(practice, number) > practice.clock.now() for number in range(1, 31))

    assert 0 < heard <= 5
    assert {alert_of(practice, number).told_count for number in range(1, 31)} == {2}


async def test_whoever_joins_in_a_storm_reads_of_it_in_one_bubble(practice: Practice) -> None:
    """And of every red alert by itself."""
    await raised(practice, AMBER, *range(101, 141))
    await raised(practice, RED, 201, 202)

    lee = await practice.clinician(9, "Dr Lee")

    welcome, *alerts = lee.news()
    assert "Welcome" in welcome
    assert sorted(text.splitlines()[0] for text in alerts) == [
        "40 alerts of one rule wait. Amber: within one working day", *["Red: act now"] * 2,
    ]  # fmt: skip


async def test_a_storm_of_alerts_that_fire_again_is_held_back_too(practice: Practice) -> None:
    """A bad threshold fires each week for the same patients, whose alerts are still open."""
    lee, _ = await practice.clinician(9, "Dr Lee"), await practice.clinician(7, "Sam", "operator")
    patients = await raised(practice, AMBER, *range(101, 161))
    await practice.wait(QUARTER)
    await practice.wait(timedelta(hours=73))
    told(lee)

    for patient in patients:
        fire(practice, patient, AMBER)
    await practice.tick()
    assert told(lee) == [20]

    await practice.wait(QUARTER)
    assert told_just(lee.news(), "alerts of one rule wait.")
    assert all(due_at(practice, number) > practice.clock.now() for number in range(1, 61))


async def test_the_list_of_open_alerts_shows_the_gravest_and_says_how_many_more(
    practice: Practice,
) -> None:
    """A storm is no reason for hundreds of bubbles, or for a red alert at the end of them."""
    lee = await practice.clinician(9, "Dr Lee")
    await raised(practice, AMBER, *range(101, 161))
    await raised(practice, RED, 201)
    told(lee)

    await lee.says("/alerts")

    *lists, more = lee.news()
    assert len(lists) == 5
    assert "61 Red: act now" in lists[0].split("Open alerts")[1].strip().splitlines()[0]
    assert "And 11 more." in more
