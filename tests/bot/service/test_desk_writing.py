"""A clinician writes from the chat: it is shown first who will read it, and nothing goes astray."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bot.store.tables import clinicians
from tests.bot.service.desk_people import Team, gather
from tests.bot.service.practice import Practice, told_just

HELLO = "How are you now?"
LONG = "x" * 3001


@pytest.fixture
async def team(practice: Practice) -> Team:
    """Two clinicians, and a patient who wrote to them."""
    return await gather(practice)


async def test_the_first_words_wait_until_it_is_clear_who_gets_them(team: Team) -> None:
    """The card shows the pseudonym, the phase, the last score and the time where they are."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    card = team.lee.news()

    assert told_just(card, f"To {team.ann.pseudonym}?")
    assert HELLO in card[0]
    assert "Their time: " in card[0]
    assert team.ann.news() == []

    await team.lee.taps("Send")
    told = team.ann.news()
    assert told_just(team.lee.news(), f"On its way to {team.ann.pseudonym}.", "is yours")
    assert told_just(told, "Dr Lee from your care team writes:")
    assert HELLO in told[0]


async def test_further_words_of_the_same_day_go_at_once(team: Team) -> None:
    """No card between two sentences; after twelve hours the thread begins anew."""
    await team.write()

    await team.lee.says("And today?", to="On its way")
    assert told_just(team.ann.news(), "And today?")

    team.practice.clock.moment += timedelta(hours=12)
    team.lee.news()
    await team.lee.says("Good morning", to="On its way")
    assert told_just(team.lee.news(), f"To {team.ann.pseudonym}?")
    assert team.ann.news() == []


async def test_each_clinician_begins_a_thread_of_their_own(team: Team) -> None:
    """That a colleague has written does not mean that this one has the right patient."""
    await team.write()

    await team.kim.says("Kim here", to=team.ann.pseudonym)

    assert told_just(team.kim.news(), f"To {team.ann.pseudonym}?")
    assert team.ann.news() == []


async def test_of_two_taps_on_send_one_sends(team: Team) -> None:
    """Both arrive at once, as from a slow phone."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    send = team.lee.button("Send")

    await team.practice.arrives(team.lee.tapped(send), team.lee.tapped(send))
    await team.lee.brings(send)

    assert told_just(team.ann.news(), HELLO)
    assert team.messages == [("patient", False), ("team", False)]
    assert toasts(team)[-1] == "This has been sent already."


async def test_what_was_cancelled_is_never_sent(team: Team) -> None:
    """Not by a late tap on the other button either; the words are not kept."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    send = team.lee.button("Send")
    await team.lee.taps("Cancel")

    await team.lee.brings(send)

    assert team.ann.news() == []
    assert toasts(team)[-1] == "This was cancelled. Nothing was sent."
    assert team.practice.rows("SELECT state, length(text) FROM drafts") == [("cancelled", 0)]


async def test_a_draft_outlives_a_restart(team: Team) -> None:
    """The process dies between the words and the tap."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    send = team.lee.button("Send")
    team.practice.start(team.practice.site.release)

    await team.lee.brings(send)

    assert told_just(team.ann.news(), HELLO)


async def test_newer_words_take_the_place_of_those_that_wait(team: Team) -> None:
    """The card says so, and the older card sends nothing any more."""
    await team.lee.says("First", to=team.ann.pseudonym)
    older = team.lee.button("Send")
    team.lee.news()
    await team.lee.says("Second", to=team.ann.pseudonym)

    assert told_just(team.lee.news(), "takes the place of what waited before")
    await team.lee.brings(older)
    assert team.ann.news() == []
    await team.lee.taps("Send")
    assert told_just(team.ann.news(), "Second")


async def test_drafts_for_two_patients_both_wait(team: Team) -> None:
    """Each card sends its own words to its own patient."""
    bob = await team.practice.patient(2, "placed")
    await bob.says("I want to die")
    bob.news()
    await team.lee.says("For Ann", to=team.ann.pseudonym)
    for_ann = team.lee.button("Send")
    await team.lee.says("For Bob", to=bob.pseudonym)

    await team.lee.brings(for_ann)
    await team.lee.taps("Send")

    assert told_just(team.ann.news(), "For Ann")
    assert told_just(bob.news(), "For Bob")


async def test_words_without_a_reply_wait_for_the_patient_to_be_chosen(team: Team) -> None:
    """Nothing is guessed and nothing need be typed twice."""
    await team.lee.says(HELLO)
    assert told_just(team.lee.news(), "To whom should this go? Nothing has been sent.")

    await team.lee.taps(team.ann.pseudonym)
    assert told_just(team.lee.news(), f"To {team.ann.pseudonym}?")
    assert team.ann.news() == []

    await team.lee.taps("Send")
    assert told_just(team.ann.news(), HELLO)


async def test_words_without_a_reply_never_go_to_whoever_was_written_to_last(team: Team) -> None:
    """The most likely one is still only likely."""
    await team.write()

    await team.lee.says("The next patient's scores look worse")

    assert team.ann.news() == []
    assert told_just(team.lee.news(), "To whom should this go?")


async def test_write_on_the_card_takes_the_next_words_and_only_those(team: Team) -> None:
    """The second sentence asks again to whom it goes, unless it is a reply."""
    await team.write()
    await team.lee.says(f"/patients {team.ann.pseudonym}")
    await team.lee.taps("Write")
    await team.lee.says("This is for Ann")
    assert told_just(team.ann.news(), "This is for Ann")
    team.lee.news()

    await team.lee.says("And this?")
    assert team.ann.news() == []
    assert told_just(team.lee.news(), "To whom should this go?")


@pytest.mark.parametrize("minutes", [29, 31])
async def test_write_is_forgotten_after_half_an_hour(team: Team, minutes: int) -> None:
    """Nobody remembers for longer whom they meant."""
    await team.write()
    await team.lee.says(f"/patients {team.ann.pseudonym}")
    await team.lee.taps("Write")
    team.practice.clock.moment += timedelta(minutes=minutes)

    await team.lee.says("Hello again")

    assert bool(team.ann.news()) is (minutes < 30)


Act = Callable[[Team], Awaitable[None]]


async def _too_long(team: Team) -> None:
    await team.lee.says(LONG, to=team.ann.pseudonym)


async def _too_long_for_nobody(team: Team) -> None:
    await team.lee.says(LONG)


async def _photo(team: Team) -> None:
    await team.lee.sends_photo("the exercise")


async def _voice(team: Team) -> None:
    await team.practice.arrives(team.lee.sent({"voice": {"duration": 4}}))


async def _edited_thing(team: Team) -> None:
    await team.practice.arrives(team.lee.sent({"document": {}, "caption": "x"}, edited=True))


async def _reply_to_no_bubble(team: Team) -> None:
    message = team.lee.wrote(HELLO)
    message["message"]["reply_to_message"] = {"message_id": 999_999}
    await team.practice.arrives(message)


async def _reply_to_a_help_text(team: Team) -> None:
    await team.lee.says("/nonsense")
    team.lee.news()
    await team.lee.says(HELLO, to="/alerts lists open alerts")


async def _patients_command(team: Team) -> None:
    await team.lee.says("/lesson")


async def _thumb(team: Team) -> None:
    await team.lee.says("👍")


async def _edit_of_nothing(team: Team) -> None:
    await team.lee.edits("never sent before")


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (_too_long, "3001 letters, at most 3000"),
        (_too_long_for_nobody, "3001 letters, at most 3000"),
        (_photo, "I can only pass on text"),
        (_voice, "I can only pass on text"),
        (_edited_thing, "I can only pass on text"),
        (_reply_to_no_bubble, "To whom should this go?"),
        (_reply_to_a_help_text, "To whom should this go?"),
        (_patients_command, "/alerts lists open alerts"),
        (_thumb, "To whom should this go?"),
        (_edit_of_nothing, "has not gone to any patient"),
    ],
)
async def test_what_cannot_be_passed_on_is_answered_and_goes_to_nobody(
    team: Team, act: Act, answer: str
) -> None:
    """Each gets a clear answer, and the patient sees nothing."""
    await act(team)

    assert told_just(team.lee.news(), answer)
    assert team.ann.news() == []
    assert team.messages == [("patient", False)]


@pytest.mark.parametrize(
    "data",
    ["draft", "draft.", "draft.x.send", "draft.999.send", "draft.1", "draft.1.to.77", "draft.1.no",
     "card", "card.", "card.999", "card.x.write", "card.1.nonsense", "card.1.mode.sometimes", "?"],
)  # fmt: skip
async def test_odd_taps_send_nothing(team: Team, data: str) -> None:
    """Whatever a tap brings, words go out by Send alone."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)

    await team.lee.brings(data)

    assert team.ann.news() == []


async def test_nobody_sends_the_draft_of_another(team: Team) -> None:
    """The number of a draft is no key to it."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)

    await team.kim.brings(team.lee.button("Send"))

    assert team.ann.news() == []


async def test_a_patient_who_blocks_before_send_is_known_to_be_gone(team: Team) -> None:
    """The clinician reads that the words were not delivered."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    await team.ann.blocks()
    team.lee.news()

    await team.lee.taps("Send")

    assert "can't be reached by the bot now" in team.lee.news()[0]


async def test_a_patient_who_left_before_send_is_left_alone(team: Team) -> None:
    """Nobody is in danger and nobody asked, so nothing calls for words to someone who went."""
    await close_all(team)
    await team.lee.says(f"/patients {team.ann.pseudonym}")
    await team.lee.taps("Write")
    await team.lee.says(HELLO)
    await team.ann.says("/stop")
    await team.ann.chooses("leave")
    await team.ann.chooses("none")
    team.read()

    await team.lee.taps("Send")

    assert told_just(team.lee.news(), "has left the program. Nothing was sent.")
    assert team.ann.news() == []
    assert team.messages == [("patient", False)]


async def test_words_reach_one_who_left_and_is_in_danger(team: Team) -> None:
    """An urgent alert is reason enough to write."""
    await close_all(team)
    await team.ann.says("/stop")
    await team.ann.chooses("leave")
    await team.ann.chooses("none")
    await team.ann.says("I want to die")
    team.read()

    await team.lee.says(HELLO, to="Red: act now")
    await team.lee.taps("Send")

    assert told_just(team.ann.news(), HELLO)


async def test_a_clinician_who_was_disabled_before_send_sends_nothing(team: Team) -> None:
    """Nobody writes in the name of a team they have left."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    send = team.lee.button("Send")
    disable(team, "2027-01-13")

    await team.lee.brings(send)

    assert team.ann.news() == []
    assert team.messages == [("patient", False)]


async def test_writing_takes_an_alert_that_nobody_has_and_acts_on_it(team: Team) -> None:
    """Only sending does so: a draft is no act."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    assert [each.state for each in team.ann.alerts] == ["told"]

    await team.lee.taps("Send")

    assert [each.state for each in team.ann.alerts] == ["acted"]
    assert any("Dr Lee" in text for text in team.kim.news())
    await team.lee.taps("Close it")


async def test_an_alert_closed_while_the_words_waited_stays_closed(team: Team) -> None:
    """The words go out all the same."""
    await team.lee.says(HELLO, to=team.ann.pseudonym)
    send = team.lee.button("Send")
    await close_all(team)
    team.read()

    await team.lee.brings(send)

    assert told_just(team.ann.news(), HELLO)
    assert [each.state for each in team.ann.alerts] == ["closed"]


async def test_a_clinicians_own_words_of_crisis_raise_nothing(team: Team) -> None:
    """They ask what must be asked."""
    await team.write()
    await team.lee.says("Do you want to kill yourself? Are you suicidal?", to="On its way")

    assert [each.rule for each in team.ann.alerts] == ["person"]
    assert team.ann.state.held is None


async def test_the_patients_words_of_crisis_in_the_thread_bring_help_and_an_alert(
    team: Team,
) -> None:
    """The thread is no hole in the net."""
    await team.write()

    await team.ann.says("I want to die", to="writes:")

    assert "988" in team.ann.news()[0]
    assert [each.rule for each in team.ann.alerts] == ["person", "crisis-words"]


async def test_an_answer_marks_the_patients_words_as_seen(team: Team) -> None:
    """A draft does not."""
    await team.lee.says("/unread")
    assert told_just(team.lee.news(), "Unread (1)")
    await team.lee.says(HELLO, to="please call me")
    await team.kim.says("/unread")
    assert told_just(team.kim.news(), "Unread (1)")

    await team.lee.taps("Send")
    await team.kim.says("/unread")

    assert "Nothing is unread." in team.kim.news()[-1]


def toasts(team: Team) -> list[str]:
    """The short notices that taps were answered with."""
    return [call.text for call in team.practice.messenger.taken if call.kind == "toast"]


def disable(team: Team, day: str) -> None:
    """The first clinician is no longer of the team."""
    at = datetime.fromisoformat(f"{day}T00:00:00Z")
    team.practice.run(update(clinicians).where(clinicians.c.id == 1).values(disabled_at=at))


async def close_all(team: Team) -> None:
    """The other clinician takes and closes what is open."""
    for label in ("I have it", "Close it", "We spoke"):
        await team.kim.taps(label)


async def test_a_mere_ok_to_an_alert_is_shown_before_it_goes(team: Team) -> None:
    """It is often meant for the bot, and never what somebody in danger should read unawares."""
    await team.write()
    await team.ann.says("I want to die")
    team.read()

    await team.lee.says("ok", to="Red: act now")

    assert team.ann.news() == []
    assert "ok" in team.lee.news()[-1]
    await team.lee.taps("Send")
    assert "ok" in team.ann.news()[-1]
