"""An alert's way to somebody: hop after hop, until a person takes it, acts, and closes it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from bot.service.post import Gone, Verdict
from bot.store import alerts, caseload, rota
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.messenger import Call, Fault
from tests.bot.service.practice import Person, Practice, told_just
from tests.bot.service.team import (
    alert_of,
    clinician_id,
    due_at,
    on_call,
    reopen,
    told,
    tries_of,
)

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
NOBODY = "Nobody has taken this yet."

Team = tuple[Person, Person, Person]


async def a_team(practice: Practice) -> Team:
    """Lee is on call, Kim is next, and Mo leads and is on no rota."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim")
    mo = await practice.clinician(7, "Mo", "lead")
    on_call(practice, "Dr Lee", 0)
    on_call(practice, "Kim", 1)
    told(lee, kim, mo)
    return lee, kim, mo


async def in_danger(practice: Practice, number: int = 1) -> Person:
    """A patient whose words raise a red alert."""
    ann = await practice.patient(number)
    await ann.says("I want to die")
    return ann


async def test_an_alert_that_nobody_answers_goes_from_hop_to_hop_for_ever(
    open_practice: OpenPractice, usual_url: str
) -> None:
    """On call, next, the whole team, then by e-mail too; a restart at any hop changes nothing."""
    practice = open_practice(
        smtp_url="smtp://127.0.0.1:1", mail_from="bot@clinic.test", alert_mail="team@clinic.test"
    )
    lee, kim, mo = await a_team(practice)
    await in_danger(practice)

    heard = [told(lee, kim, mo)]
    for _ in range(5):
        reopen(practice, usual_url)
        await practice.wait(QUARTER)
        heard.append(told(lee, kim, mo))

    assert heard == [[1, 0, 0], [0, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]]
    made = [(each.hop, each.channel) for each in tries_of(practice)]
    assert made == [
        (0, "telegram"), (1, "telegram"),
        *[(2, "telegram")] * 3,
        *[*[(3, "telegram")] * 3, (3, "mail")] * 3,
    ]  # fmt: skip
    alert = alert_of(practice)
    assert (alert.tier, alert.state, alert.told_count) == ("red", "told", 6)
    assert due_at(practice) > practice.clock.now()


async def test_without_a_rota_everyone_hears_of_it_at_once(practice: Practice) -> None:
    """A gap falls through: nobody waits for somebody who is not there."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim")
    told(lee, kim)

    await in_danger(practice)

    assert told(lee, kim) == [1, 1]


async def test_the_patients_own_clinician_hears_of_it_first(practice: Practice) -> None:
    """Beside whoever is on call; the others only if these do nothing."""
    lee, kim, mo = await a_team(practice)
    ann = await practice.patient(1, "at-consent")
    guide = clinician_id(practice, "Mo")
    practice.store.write_now(caseload.assign, ann.patient_id, guide, practice.clock.now())

    await ann.says("I want to die")

    assert told(lee, kim, mo) == [1, 0, 1]


async def test_whoever_stands_in_is_called_in_the_place_of_the_other(practice: Practice) -> None:
    """A swap holds at once."""
    lee, kim, mo = await a_team(practice)
    now = practice.clock.now()
    practice.store.write_now(
        rota.add_swap, start_at=now, until_at=now + DAY, clinician_id=clinician_id(practice, "Mo"),
        place=0, made_by=None, at=now,
    )  # fmt: skip

    await in_danger(practice)

    assert told(lee, kim, mo) == [0, 0, 1]


async def test_a_hop_that_fails_goes_on_to_the_next_at_once(practice: Practice) -> None:
    """Lee has blocked the bot: Kim hears of it without waiting for any clock."""
    lee, kim, mo = await a_team(practice)
    practice.messenger.fault = gone("9")

    await in_danger(practice)

    assert told(lee, kim, mo) == [0, 1, 0]
    assert [(each.hop, each.state) for each in tries_of(practice)] == [(0, "failed"), (1, "sent")]


async def test_with_the_first_hops_broken_the_whole_team_hears_at_once(practice: Practice) -> None:
    """Two chats are gone; the lead is told in the same breath."""
    lee, kim, mo = await a_team(practice)
    practice.messenger.fault = gone("9", "8")

    await in_danger(practice)

    assert told(lee, kim, mo) == [0, 0, 1]
    assert alert_of(practice).state == "told"


async def test_when_every_way_is_broken_operators_hear_of_it(practice: Practice) -> None:
    """And it is tried again, by its clock, until somebody can be reached."""
    lee, kim, mo = await a_team(practice)
    sam = await practice.clinician(6, "Sam", "operator")
    told(sam)
    practice.messenger.fault = gone("9", "8", "7")
    await in_danger(practice)

    assert told(lee, kim, mo) == [0, 0, 0]
    assert told_just(sam.news(), "Nobody could be reached about alert 1")

    practice.messenger.fault = lambda call: None
    await practice.wait(QUARTER)
    assert told(lee, kim, mo, sam) == [1, 1, 1, 0]


async def test_one_try_that_fails_beside_one_that_arrives_changes_nothing(
    practice: Practice,
) -> None:
    """The others of that hop have it; its clock runs."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim")
    told(lee, kim)
    practice.messenger.fault = gone("9")

    await in_danger(practice)

    assert told(lee, kim) == [0, 1]
    assert alert_of(practice).hop == 2


async def test_looking_at_it_does_not_stop_its_clock(practice: Practice) -> None:
    """Who asks why has seen it, and has not taken it."""
    lee, kim, _ = await a_team(practice)
    await in_danger(practice)

    await lee.taps("Why?")
    assert alert_of(practice).state == "seen"

    await practice.wait(QUARTER)
    assert told_just(kim.news(), NOBODY)
    assert alert_of(practice).state == "seen"


async def test_taken_and_never_acted_on_goes_on_to_the_others(practice: Practice) -> None:
    """The one who has it is told again each time; somebody else can take it over."""
    lee, kim, mo = await a_team(practice)
    ann = await in_danger(practice)
    await lee.taps("I have it")
    told(lee, kim, mo)

    await practice.wait(2 * QUARTER)
    assert told_just(lee.news(), "You have this alert, and nothing has been done yet.")
    assert told_just(kim.news(), "Dr Lee has this alert, and nothing has been done yet.")
    assert told(mo) == [0]

    await practice.wait(QUARTER)
    assert told(lee, kim, mo) == [1, 1, 1]

    await kim.taps("Take it over")
    assert told_just(kim.news(), "Alert 1 is yours.")
    assert lee.news() == mo.news() == [f"Kim has alert 1 ({ann.pseudonym})."]
    assert alert_of(practice).taken_by == clinician_id(practice, "Kim")
    assert due_at(practice) == alert_of(practice).taken_at + 2 * QUARTER  # type: ignore[operator]


async def test_acted_on_and_never_closed_is_called_to_mind_each_day(practice: Practice) -> None:
    """It stays open, and with whoever acted."""
    lee, kim, mo = await a_team(practice)
    await in_danger(practice)
    await lee.says("I call you now.", to="Red: act now")
    await confirm(lee)
    assert alert_of(practice).state == "acted"
    told(lee, kim, mo)

    for _ in range(3):
        await practice.wait(DAY)
        assert told_just(lee.news(), "This alert is still open.")
        assert told(kim, mo) == [0, 0]

    await lee.taps("Close it")
    await lee.taps("We spoke")
    assert alert_of(practice).deadline_at is None
    await practice.wait(DAY)
    assert not [words for words in lee.news() if "still open" in words]


async def test_if_whoever_acted_is_gone_the_others_are_asked_to_close_it(
    practice: Practice,
) -> None:
    """Nothing is forgotten because one chat is."""
    lee, kim, mo = await a_team(practice)
    await in_danger(practice)
    await lee.says("I call you now.", to="Red: act now")
    await confirm(lee)
    told(lee, kim, mo)
    practice.messenger.fault = gone("9")

    await practice.wait(DAY)

    assert told(kim, mo) == [1, 1]


async def test_news_after_somebody_acted_asks_for_acting_again(practice: Practice) -> None:
    """New words of crisis are told at once, to whoever has it and to whoever is on call."""
    lee, kim, _ = await a_team(practice)
    ann = await in_danger(practice)
    await practice.wait(QUARTER)
    await kim.says("I call you now.", to="Red: act now")
    await confirm(kim)
    told(lee, kim)

    await ann.says("I want to die")

    assert told_just(kim.news(), "Again. Red")
    alert = alert_of(practice)
    assert (alert.state, alert.fired_count) == ("taken", 2)
    assert due_at(practice) <= practice.clock.now() + 2 * QUARTER


async def test_a_crisis_after_ten_false_alarms_is_told_the_same(practice: Practice) -> None:
    """They are counted for the rule, and they silence nothing."""
    lee, kim, mo = await a_team(practice)
    ann = await practice.patient(1)
    heard = []
    for _ in range(11):
        told(lee, kim, mo)
        await ann.says("I want to die")
        bubble = lee.news()[0].splitlines()[0]
        await practice.wait(QUARTER)
        heard.append((bubble, told(kim, mo)))
        for label in ("I have it", "Close it", "False alarm"):
            await lee.taps(label)
        await practice.wait(timedelta(days=2))

    assert heard == [("Red: act now", [1, 0])] * 11
    year = practice.clock.now() - timedelta(days=365)
    counted = practice.store.read_now(alerts.false_alarms_by_rule, year)
    assert [(each.rule, each.closed, each.false) for each in counted] == [("crisis-words", 11, 11)]


async def test_an_alert_of_an_older_version_is_read_and_never_sleeps(practice: Practice) -> None:
    """It was taken when taken ones had no clock, and its reason knew no chain."""
    lee, _, _ = await a_team(practice)
    await in_danger(practice)
    await lee.taps("I have it")
    newer = {"act_minutes", "close_minutes", "digest", "chain", "reply", "reaches"}
    facts = json.loads(practice.rows("SELECT facts FROM alerts")[0][0])
    older = json.dumps({name: fact for name, fact in facts.items() if name not in newer})
    changed = sql("UPDATE alerts SET deadline_at = NULL, facts = :facts")
    practice.run(changed.bindparams(facts=older))
    told(lee)

    await practice.tick()

    assert told_just(lee.news(), "You have this alert, and nothing has been done yet.")
    assert due_at(practice) > practice.clock.now()


async def test_a_clock_that_was_set_back_puts_no_alert_to_sleep(practice: Practice) -> None:
    """It was told in a future that never was; it is due no later than its tier allows."""
    lee, kim, _ = await a_team(practice)
    practice.clock.moment += 300 * DAY
    await in_danger(practice)
    practice.clock.moment -= 300 * DAY

    await practice.tick()

    assert due_at(practice) <= practice.clock.now() + QUARTER
    told(lee, kim)
    await practice.wait(QUARTER)
    assert told_just(kim.news(), NOBODY)


async def test_each_move_says_how_long_after_the_alarm_it_came(practice: Practice) -> None:
    """Told, seen, taken, closed: who, when, and how many seconds since it was raised."""
    lee, _, _ = await a_team(practice)
    await in_danger(practice)
    for label in ("Why?", "I have it", "Close it", "We spoke"):
        practice.clock.moment += timedelta(minutes=1)
        await lee.taps(label)

    made = practice.store.read_now(alerts.moves, 1)
    me = clinician_id(practice, "Dr Lee")
    assert [(each.move, each.clinician_id, (each.since_raised or 0) // 60) for each in made] == [
        ("tell", None, 0), ("see", me, 1), ("take", me, 2), ("close", me, 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "then", "note"),
    [
        ("We spoke", [], None),
        ("Could not reach them", ["3"], "Tries: 3"),
        ("Something else", ["They had moved to their sister."], "They had moved to their sister."),
    ],
)
async def test_an_outcome_that_says_nothing_by_itself_asks_for_more(
    practice: Practice, outcome: str, then: list[str], note: str | None
) -> None:
    """How many tries, or a few words; the words are kept sealed and go to no patient."""
    lee, _, _ = await a_team(practice)
    ann = await in_danger(practice)
    for label in ("I have it", "Close it", outcome):
        await lee.taps(label)
    for answer in then:
        assert alert_of(practice).state == "taken"
        await (lee.taps(answer) if answer.isdecimal() else lee.says(answer))

    assert alert_of(practice).state == "closed"
    assert practice.store.read_now(alerts.note_of, 1) == note
    assert not any("sister" in words for words in ann.news())


async def test_a_note_can_be_added_after_closing(practice: Practice) -> None:
    """What was done is for colleagues to read."""
    lee, _, _ = await a_team(practice)
    await in_danger(practice)
    for label in ("I have it", "Close it", "False alarm", "Add a note"):
        await lee.taps(label)
    await lee.says("x" * 501)
    await lee.says("A line from a song.")

    assert practice.store.read_now(alerts.note_of, 1) == "A line from a song."


async def test_oncall_says_who_is_called_now_and_who_will_be_next(practice: Practice) -> None:
    """With the moment of the change on the clinician's own clock."""
    lee, _, _ = await a_team(practice)
    now = practice.clock.now()
    practice.store.write_now(
        rota.add_swap, start_at=now + timedelta(hours=5), until_at=now + DAY,
        clinician_id=clinician_id(practice, "Mo"), place=0, made_by=None, at=now,
    )  # fmt: skip

    await lee.says("/oncall")

    shown = lee.news()[0]
    assert "1. Dr Lee\n2. Kim" in shown
    assert "20:00" in shown.split("Next")[1]
    assert "1. Mo, 2. Kim" in shown.split("Next")[1]


async def test_oncall_without_a_rota_says_that_everyone_is_told(practice: Practice) -> None:
    """Nobody may believe that somebody else is called."""
    lee = await practice.clinician(9, "Dr Lee")
    told(lee)

    await lee.says("/oncall")

    assert told_just(lee.news(), "There is no rota.")


async def confirm(clinician: Person) -> None:
    """Send the first words of a thread, which wait on a card."""
    await clinician.taps("Send")


def gone(*chats: str) -> Fault:
    """These chats can't be reached any more."""

    def fault(call: Call) -> Verdict | None:
        return Gone("blocked") if call.chat in chats and call.kind == "bubble" else None

    return fault
