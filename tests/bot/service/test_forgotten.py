"""A take-over that is forgotten ends by itself, and nobody who left leaves silence behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update

from bot.service import leaving
from bot.store import people
from bot.store.tables import patients
from tests.bot.service.desk_people import Team, gather
from tests.bot.service.practice import Person, Practice, told_just
from tests.bot.service.team import alert_of, due_at

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def team(practice: Practice) -> Team:
    """Two clinicians and a patient in the mood questions, at three in the afternoon."""
    team = await gather(practice, "at-mood-questions")
    await take_over(team, team.lee)
    team.read()
    return team


async def take_over(team: Team, clinician: Person) -> None:
    """Open the card, and take over from there."""
    await clinician.says(f"/patients {team.ann.pseudonym}")
    await clinician.taps("Take over")


def news(*readers: Person) -> list[str]:
    """What these have not read, apart from the alert that the patient's wish raised."""
    return [text for each in readers for text in each.news() if "Alert 1 (" not in text]


def leaves(practice: Practice, number: int) -> bool:
    """This member of the team is disabled."""
    now = practice.clock.now()
    return practice.store.write_now(leaving.leave, practice.site, number, at=now) is not None


async def test_a_silent_clinician_is_reminded_twice_and_then_the_program_is_back(
    team: Team,
) -> None:
    """After two hours, after six, and after a day in which nobody wrote a word."""
    before = team.ann.state.stack
    await team.practice.live(2 * HOUR - MINUTE)
    assert news(team.lee) == []
    await team.practice.live(2 * MINUTE)
    assert told_just(news(team.lee), f"the conversation with {team.ann.pseudonym}")
    await team.practice.live(4 * HOUR)
    assert told_just(news(team.lee), "6 h ago")
    assert news(team.ann) == []
    await team.practice.live(18 * HOUR - 5 * MINUTE)
    assert news(team.lee, team.ann) == []

    await team.practice.live(10 * MINUTE)

    told = news(team.ann)
    assert "**" not in told[0]
    assert "Dr Lee from your care team has not written here for 24 hours" in told[0]
    assert "/person" in told[0]
    assert told_just(news(team.lee), f"The program goes on with {team.ann.pseudonym}")
    assert news(team.kim) == []
    assert team.ann.state.taken_by is None
    assert team.ann.state.stack == before
    assert team.ann.state.asked is not None
    await team.practice.live(48 * HOUR)
    assert not [text for text in news(team.lee) if "goes on with" in text]


async def test_the_reminder_hands_back_with_one_tap(team: Team) -> None:
    """The button is the one of the card."""
    await team.practice.live(2 * HOUR + MINUTE)
    await team.lee.taps("Hand back")

    assert team.ann.state.taken_by is None
    team.read()
    await team.practice.live(30 * HOUR)
    assert not [text for text in news(team.ann) if "has not written" in text]


async def test_each_word_of_theirs_begins_the_clock_anew(team: Team) -> None:
    """Words of a colleague, or of the patient, do not."""
    await team.practice.live(HOUR)
    await team.lee.says("I am here", to=team.ann.pseudonym)
    await team.lee.taps("Send")
    team.read()
    await team.practice.live(HOUR + 30 * MINUTE)
    await team.ann.says("thank you")
    await team.kim.says("Kim here", to="please call me")
    await team.kim.taps("Send")
    team.read()

    await team.practice.live(20 * MINUTE)
    assert news(team.lee) == []
    await team.practice.live(20 * MINUTE)
    assert told_just(news(team.lee), "2 h ago")


async def test_a_restart_forgets_no_clock_and_makes_up_for_no_reminder(team: Team) -> None:
    """Down for a night: one reminder, not two; and the day still ends when it would have."""
    team.practice.clock.moment += 9 * HOUR
    team.practice.start(team.practice.site.release)
    await team.practice.tick()
    assert told_just(news(team.lee), "9 h ago")

    await team.practice.live(15 * HOUR + MINUTE)
    assert team.ann.state.taken_by is None


async def test_nobody_is_woken_at_night(team: Team) -> None:
    """A day after a word late in the evening is night: it waits for the morning, and says so."""
    night = 11 * HOUR + 30 * MINUTE
    await team.practice.live(night)
    await team.lee.says("Sleep well", to=team.ann.pseudonym)
    await team.lee.taps("Send")
    team.read()

    await team.practice.live(24 * HOUR + MINUTE)
    assert news(team.ann) == []
    assert team.ann.state.taken_by == "Dr Lee"
    await team.practice.live(14 * HOUR)

    assert team.ann.state.taken_by is None
    [told] = [text for text in news(team.ann) if "has not written here" in text]
    hours = int(told.split(" hours")[0].split()[-1])
    assert 24 < hours < 38


async def test_a_colleague_who_takes_over_has_a_clock_of_their_own(team: Team) -> None:
    """The reminder goes to whoever has the conversation now."""
    await team.practice.live(HOUR + 50 * MINUTE)
    card = team.lee.button("Hand back")
    await team.kim.brings(card.replace("back", "take"))
    team.read()

    await team.practice.live(20 * MINUTE)
    assert news(team.lee, team.kim) == []
    await team.practice.live(2 * HOUR)
    assert news(team.lee) == []
    assert told_just(news(team.kim), "You have taken over")


async def test_who_leaves_while_writing_leaves_no_silence(team: Team) -> None:
    """The program goes on at once; the patient is told, and the leads."""
    lead = await team.practice.clinician(7, "Lead Low", "lead")
    lead.news()
    assert leaves(team.practice, 1)
    assert not leaves(team.practice, 1)
    await team.practice.work()

    assert "Dr Lee is no longer in your care team" in news(team.ann)[0]
    assert told_just(lead.news(), "Dr Lee had taken over")
    assert news(team.lee) == []
    assert team.ann.state.taken_by is None
    assert team.ann.state.asked is not None


async def test_a_take_over_of_somebody_who_is_gone_ends_at_its_next_look(team: Team) -> None:
    """They were disabled behind the program's back, as an earlier version did it."""
    team.practice.run(sql("UPDATE clinicians SET disabled_at = '2027-01-13 00:00:00' WHERE id=1"))

    await team.practice.live(2 * HOUR + MINUTE)

    assert "is no longer in your care team" in news(team.ann)[0]
    assert told_just(news(team.kim), "Dr Lee had taken over")


async def test_a_take_over_without_a_clock_gets_one(team: Team) -> None:
    """As an earlier version kept it."""
    team.practice.run(sql("UPDATE patients SET taken_word_at = NULL, taken_due_at = NULL"))
    await team.practice.tick()
    assert news(team.lee) == []

    await team.practice.live(2 * HOUR + MINUTE)
    assert told_just(news(team.lee), "You have taken over")


async def test_a_take_over_that_cannot_go_on_holds_up_nobody_else(team: Team) -> None:
    """The tick goes on past it, and comes back to it."""
    bob = await team.practice.patient(2, "placed")
    await team.lee.says(f"/patients {bob.pseudonym}")
    await team.lee.taps("Take over")
    team.read()
    anns = patients.c.id == team.ann.patient_id
    team.practice.run(update(patients).where(anns).values(state=b"broken"))
    team.practice.clock.moment += 3 * HOUR

    await team.practice.workers._tick()
    await team.practice.work()

    assert [text for text in news(team.lee) if bob.pseudonym in text]


@pytest.mark.parametrize("state", ["taken", "acted"])
async def test_alerts_of_who_leaves_are_told_to_all_whom_they_reach_at_once(
    practice: Practice, state: str
) -> None:
    """Taken or acted on: nobody has them any more, and the clock runs as for a new one."""
    lee, kim = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Kim")
    ann = await practice.patient(1, "placed")
    await ann.says("I want to die")
    await lee.brings("alert.1.take")
    if state == "acted":
        await lee.says("I call you now", to=ann.pseudonym)
        await lee.taps("Send")
    assert alert_of(practice).state == state
    kim.news(), lee.news()

    assert leaves(practice, 1)
    await practice.work()

    alert = alert_of(practice)
    assert (alert.state, alert.taken_by, alert.taken_at) == ("told", None, None)
    assert due_at(practice) <= practice.clock.now() + 15 * MINUTE
    [told] = kim.news()
    assert "Nobody has this alert any more" in told
    assert lee.news() == []
    await kim.taps("I have it")
    assert alert_of(practice).taken_by == 2
    moves = practice.rows("SELECT move, clinician_id FROM alert_moves WHERE alert_id = 1")
    assert ("return", 1) in moves


async def test_whoever_left_hears_that_nothing_was_sent(practice: Practice) -> None:
    """Between the draft and Send: a tap, words and a photo get a short answer, and no more."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "placed")
    await lee.says(f"/patients {ann.pseudonym}")
    await lee.says("How are you?", to=ann.pseudonym)
    ann.news(), lee.news()
    send = lee.button("Send")
    assert leaves(practice, 1)

    await lee.brings(send)
    await lee.says("hello?")
    await lee.sends_photo("look")

    toasts = [call.text for call in practice.messenger.taken if call.kind == "toast"]
    assert "no longer in this care team" in toasts[-1]
    assert told_just(lee.news(), "Nothing was sent", "Nothing was sent")
    assert ann.news() == []
    assert practice.rows("SELECT count(*) FROM messages") == [(0,)]


async def test_whoever_comes_back_is_in_the_team_again(practice: Practice) -> None:
    """A new code, and their words go to the patient."""
    lee = await practice.clinician(9, "Dr Lee")
    await practice.patient(1, "placed")
    assert leaves(practice, 1)

    await lee.says(f"/start {practice.code('Dr Lee')}")
    lee.news()
    await lee.says("/patients")

    assert not [text for text in lee.news() if "no longer" in text]
    assert [each.id for each in practice.store.read_now(people.clinicians)] == [1]
