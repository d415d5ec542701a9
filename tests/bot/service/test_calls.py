"""Calls from the offer to what became of them, with the real service and its clock."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import text

from bot.service import calls as calling
from bot.service import leaving
from bot.service.export import DATA, own_file
from bot.service.invitation import invitation
from bot.service.post import Gone
from bot.store import calls
from bot.store.calls import Call
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Person, Practice, told_just

HOUR = timedelta(hours=1)
LEE, IVY, ORTIZ = 1, 2, 3
SLOTS = "Fri 16:00, Tue 15:30, 20 min"
FIELDS = {"SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "STATUS"}
FRIDAY = datetime(2027, 1, 15, 15, tzinfo=UTC)


@pytest.fixture
def practice(open_practice: OpenPractice) -> Practice:
    """A practice whose clinicians live in Paris; patients of the stories live in Toronto."""
    return open_practice(time_zone="Europe/Paris")


async def two(practice: Practice, place: str = "placed") -> tuple[Person, Person]:
    """A clinician, and a patient who has agreed and lives in Toronto."""
    lee, ivy = await practice.clinician(LEE, "Dr Lee"), await practice.patient(IVY, place)
    lee.news()
    return lee, ivy


async def offered(practice: Practice, slots: str = SLOTS) -> tuple[Person, Person]:
    """The same, after these times were offered."""
    lee, ivy = await two(practice)
    await lee.says(f"/patients {ivy.pseudonym}")
    await lee.taps("Offer a call")
    await lee.says(slots)
    await lee.taps("Offer it")
    lee.news()
    return lee, ivy


async def booked(practice: Practice, slots: str = SLOTS) -> tuple[Person, Person]:
    """The same, after the patient chose the first of them."""
    lee, ivy = await offered(practice, slots)
    await ivy.taps(choices(practice)[0])
    lee.news(), ivy.news()
    return lee, ivy


def choices(practice: Practice) -> list[str]:
    """What the patient may choose among, in the newest offer."""
    bubbles = [call for call in practice.messenger.taken_by(IVY) if call.buttons]
    return [label for label, data in bubbles[-1].buttons if data.startswith(".offer.")]


def files(practice: Practice, person: int) -> list[Calendar]:
    """The calendar files in this person's chat, read by a calendar's own parser."""
    taken = practice.messenger.taken_by(person)
    return [Calendar.from_ical(each.file) for each in taken if each.kind == "document"]


def the_call(practice: Practice) -> Call:
    """The only call there is."""
    found = practice.store.read_now(calls.get, 1)
    assert found is not None
    return found


async def test_an_offer_is_shown_on_both_clocks_before_it_goes(practice: Practice) -> None:
    """Nothing is offered before the clinician saw what time it is there; night is marked."""
    lee, ivy = await two(practice)

    await lee.says(f"/patients {ivy.pseudonym}")
    await lee.taps("Offer a call")
    await lee.says("Fri 10:00, Tue 15:30")

    check = lee.news()[-1]
    assert "Friday 15 Jan, 10:00 (Paris time), for them Friday 15 Jan, 04:00 (Toronto" in check
    assert "night there" in check.splitlines()[1]
    assert "night there" not in check.splitlines()[2]
    assert ivy.news() == []


async def test_a_tap_books_the_call_and_both_have_it_in_their_calendars(practice: Practice) -> None:
    """Offer, tap, both told with their own clocks, and two files of one entry."""
    lee, ivy = await offered(practice)

    assert "Toronto time" in ivy.news()[0]
    assert choices(practice) == [
        "Friday 15 Jan, 10:00",
        "Tuesday 19 Jan, 09:30",
        "Another time",
        "No call, thank you",
    ]
    await ivy.taps("Friday 15 Jan, 10:00")

    assert "Friday 15 Jan, 16:00 (Paris time)" in lee.news()[0]
    assert "Friday 15 Jan, 10:00 (Toronto time)" in ivy.news()[-1]
    mine, theirs = files(practice, LEE)[0].events[0], files(practice, IVY)[0].events[0]
    assert mine["UID"] == theirs["UID"]
    assert mine.start == theirs.start == FRIDAY
    assert mine.end - mine.start == timedelta(minutes=20)
    assert (str(theirs["SUMMARY"]), str(mine["SUMMARY"])) == (
        "Call with Dr Lee",
        f"Call with {ivy.pseudonym}",
    )


async def test_both_are_reminded_and_the_clinician_is_asked_how_it_went(practice: Practice) -> None:
    """The day before on each one's clock, half an hour before, and half an hour after the end."""
    lee, ivy = await booked(practice)

    await practice.live(datetime(2027, 1, 14, 9, 1, tzinfo=UTC) - practice.clock.now())
    assert "Soon: call with" in lee.news()[0]
    assert not [text for text in ivy.news() if "A reminder: your call" in text]
    await practice.live(timedelta(hours=6))
    assert [text for text in ivy.news() if "A reminder: your call" in text]
    assert lee.news() == []
    await practice.live(datetime(2027, 1, 15, 14, 31, tzinfo=UTC) - practice.clock.now())
    assert told_just(lee.news(), "In half an hour")
    assert [text for text in ivy.news() if "is soon" in text]
    await practice.live(datetime(2027, 1, 15, 15, 51, tzinfo=UTC) - practice.clock.now())
    assert told_just(lee.news(), "How did it go?")

    await lee.taps("It took place")
    assert told_just(lee.news(), "took place, 20 minutes")
    assert the_call(practice).state == "done"
    assert practice.rows("SELECT kind, minutes FROM guidance") == [("call", 20.0)]


async def test_reminders_come_once_whatever_was_restarted(practice: Practice) -> None:
    """A tick in each process, and a process that starts anew, say nothing twice."""
    lee, _ = await booked(practice)
    await practice.live(datetime(2027, 1, 15, 14, 31, tzinfo=UTC) - practice.clock.now())
    lee.news()

    practice.start(practice.site.release)
    await practice.tick()
    await practice.tick()

    assert lee.news() == []


async def test_after_an_outage_no_reminder_comes_that_is_no_longer_true(practice: Practice) -> None:
    """The service was away from before the reminders until an hour after the call."""
    lee, ivy = await booked(practice)

    practice.clock.moment = FRIDAY + HOUR
    await practice.tick()

    assert told_just(lee.news(), "How did it go?")
    assert not [text for text in ivy.news() if "your call" in text.lower()]


async def test_another_wish_reaches_the_clinician_who_sets_the_time(practice: Practice) -> None:
    """The patient writes a time of their own; the clinician sets it, and both have it."""
    lee, ivy = await offered(practice)

    await ivy.taps("Another time")
    assert [text for text in lee.news() if "wishes for another time" in text]
    await ivy.says("Thursday at noon, my time")
    assert [text for text in lee.news() if "Thursday at noon, my time" in text]
    await lee.taps("Set the time")
    await lee.says("Thu 18:00")
    await lee.taps("Yes, set it")

    assert "Thursday 14 Jan, 12:00 (Toronto time)" in ivy.news()[-1]
    assert the_call(practice).at == datetime(2027, 1, 14, 17, tzinfo=UTC)


async def test_a_moved_call_forgets_its_old_reminders(practice: Practice) -> None:
    """Moved by a week: silence at the old time, a higher sequence under the same entry."""
    lee, ivy = await booked(practice)
    call = the_call(practice)

    def move() -> None:
        practice.store.write_now(
            calling.move,
            practice.site,
            call,
            FRIDAY + timedelta(days=7),
            at=practice.clock.now(),
            name="test",
        )

    move()
    await practice.work()
    assert "has moved" in ivy.news()[-1]
    before, after = (file.events[0] for file in files(practice, IVY))
    assert before["UID"] == after["UID"]
    assert after.sequence > before.sequence
    lee.news()
    await practice.live(FRIDAY + 3 * HOUR - practice.clock.now())

    assert lee.news() == []
    assert not [text for text in ivy.news() if "your call" in text.lower()]
    await practice.live(timedelta(days=7))
    assert len([text for text in ivy.news() if "your call" in text.lower()]) == 2


async def test_a_cancelled_call_is_taken_out_of_both_calendars(practice: Practice) -> None:
    """Both hear of it, the file says so, and no reminder comes."""
    lee, ivy = await booked(practice)

    await lee.says("/calls")
    await lee.taps("Cancel it")
    assert [text for text in lee.news() if "cancelled" in text]
    assert "is cancelled" in ivy.news()[-1]
    last = files(practice, IVY)[-1]
    assert (last["METHOD"], last.events[0]["STATUS"]) == ("CANCEL", "CANCELLED")
    await practice.live(timedelta(days=3))

    assert lee.news() == []
    await lee.says("/calls")
    assert told_just(lee.news(), "No call is offered or booked")


async def test_two_taps_book_one_call(practice: Practice) -> None:
    """The same time twice, or two times at once: the first one holds."""
    lee, ivy = await offered(practice)
    first, second = ivy.button("Friday 15 Jan, 10:00"), ivy.button("Tuesday 19 Jan, 09:30")

    await practice.arrives(ivy.tapped(first), ivy.tapped(first), ivy.tapped(second))

    assert told_just(lee.news(), "Friday 15 Jan, 16:00")
    assert the_call(practice).at == FRIDAY
    assert len(files(practice, LEE)) == 1


async def test_a_time_that_is_over_is_not_booked(practice: Practice) -> None:
    """A tap on Friday evening: what is left is offered again, and the clinician hears."""
    lee, ivy = await offered(practice)
    late = ivy.button("Friday 15 Jan, 10:00")

    practice.clock.moment = FRIDAY + HOUR
    await ivy.brings(late)

    assert [text for text in lee.news() if "was over by then" in text]
    assert choices(practice)[0] == "Tuesday 19 Jan, 09:30"
    assert the_call(practice).state == "offered"
    await ivy.taps("Tuesday 19 Jan, 09:30")
    assert the_call(practice).state == "booked"


async def test_when_every_time_is_over_another_can_still_be_named(practice: Practice) -> None:
    """No dead end: a wish, or no call."""
    _, ivy = await offered(practice, "Fri 16:00")
    late = ivy.button("Friday 15 Jan, 10:00")

    practice.clock.moment = FRIDAY + HOUR
    await ivy.brings(late)

    assert choices(practice) == ["Another time", "No call, thank you"]


async def test_no_call_is_an_answer_too(practice: Practice) -> None:
    """The patient declines; the clinician hears it, and the plan offers this call no more."""
    lee, ivy = await two(practice, "learning-cbt")
    await lee.says(f"/patients {ivy.pseudonym}")
    await lee.taps("Offer a call")
    assert "(the first call)" in lee.news()[-1]
    await lee.says("Fri 16:00")
    await lee.taps("Offer it")
    lee.news()

    await ivy.taps("No call, thank you")

    assert told_just(lee.news(), "would rather have no call")
    assert the_call(practice).state == "declined"
    await lee.taps("Offer a call")
    assert "(a call between)" in lee.news()[-1]


async def test_a_patient_who_blocked_the_bot_is_not_said_to_be_reminded(practice: Practice) -> None:
    """The clinician hears in time that nobody was reminded."""
    lee, ivy = await booked(practice)
    await ivy.blocks()

    await practice.live(datetime(2027, 1, 15, 14, 31, tzinfo=UTC) - practice.clock.now())

    assert "The bot can't reach them now" in lee.news()[-1]


async def test_a_clinician_who_has_left_is_stood_in_for(practice: Practice) -> None:
    """The reminders of a disabled member go to the others."""
    await booked(practice)
    ortiz = await practice.clinician(ORTIZ, "Dr Ortiz")
    ortiz.news()
    practice.store.write_now(
        lambda unit: unit.connection.exec_driver_sql(
            "UPDATE clinicians SET disabled_at = '2027-01-13' WHERE id = 1"
        )
    )

    await practice.live(datetime(2027, 1, 15, 14, 31, tzinfo=UTC) - practice.clock.now())

    assert [text for text in ortiz.news() if "In half an hour" in text]


async def test_a_clinician_whose_chat_is_gone_is_stood_in_for(practice: Practice) -> None:
    """What could not be told to one is told to the others."""
    lee, _ = await booked(practice)
    ortiz = await practice.clinician(ORTIZ, "Dr Ortiz")
    ortiz.news()
    practice.messenger.fault = lambda call: (
        Gone("Forbidden: bot was blocked by the user") if call.chat == str(lee.number) else None
    )

    await practice.live(datetime(2027, 1, 15, 14, 31, tzinfo=UTC) - practice.clock.now())

    assert [text for text in ortiz.news() if "In half an hour" in text]


async def test_nobody_came_and_new_times_are_offered(practice: Practice) -> None:
    """A no-show is noted without a reproach to the patient, and a new call can follow."""
    lee, ivy = await booked(practice)
    await practice.live(FRIDAY + HOUR - practice.clock.now())
    lee.news(), ivy.news()

    await lee.taps("Nobody came")
    assert told_just(lee.news(), "nobody came")
    assert ivy.news() == []
    await lee.taps("Offer new times")
    await lee.says("Mon 16:00")
    await lee.taps("Offer it")

    assert "offers you a call" in ivy.news()[-1]
    assert [row[0] for row in practice.rows("SELECT state FROM calls ORDER BY id")] == [
        "no-show",
        "offered",
    ]


async def test_what_was_shown_first_is_not_sent_by_its_old_button(practice: Practice) -> None:
    """A second list of times takes the place of the first; the first button is dead, even twice."""
    lee, ivy = await two(practice)
    await lee.says(f"/patients {ivy.pseudonym}")
    await lee.taps("Offer a call")
    await lee.says("Fri 16:00")
    old = lee.button("Offer it")
    await lee.taps("Offer a call")
    await lee.says("Mon 16:00")

    await lee.brings(old)
    assert ivy.news() == []
    new = lee.button("Offer it")
    await practice.arrives(lee.tapped(new), lee.tapped(new))

    assert len([text for text in ivy.news() if "offers you a call" in text]) == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("sometime next week", "could not read this: sometime next week"),
        ("Fri 16:00, at 5ish", "could not read this: at 5ish"),
        ("today 9:00", "is over, or more than half a year away"),
        ("20 min", "could not read this"),
        (", ".join(f"Fri {hour}:00" for hour in range(10, 18)), "At most 6 times"),
    ],
)
async def test_times_that_do_not_do_are_asked_for_again(
    practice: Practice, typed: str, says: str
) -> None:
    """Nothing is offered by halves; the next words are still times."""
    lee, ivy = await two(practice)
    await lee.says(f"/patients {ivy.pseudonym}")
    await lee.taps("Offer a call")
    lee.news()

    await lee.says(typed)
    assert told_just(lee.news(), says)
    await lee.says("Fri 16:00")
    assert told_just(lee.news(), "Offer this to")
    assert ivy.news() == []


async def test_a_call_in_the_night_of_the_clocks_is_at_the_same_moment_for_both(
    practice: Practice,
) -> None:
    """Paris changes its clocks two weeks after Toronto: five hours between them, not six."""
    practice.clock.moment = datetime(2027, 3, 24, 15, tzinfo=UTC)
    lee, ivy = await booked(practice, "2027-03-27 18:00")

    assert the_call(practice).at == datetime(2027, 3, 27, 17, tzinfo=UTC)
    await practice.live(timedelta(days=5))
    told = [text for text in ivy.news() if "A reminder: your call" in text]
    assert "Saturday 27 Mar, 13:00 (Toronto time)" in told[0]
    assert [text for text in lee.news() if "How did it go?" in text]


NAMES = (
    "Dr Lee\r\nBEGIN:VEVENT\r\nSUMMARY:two\r\nEND:VEVENT",
    "Lee\nATTACH:http://example.org/x",
    "O'Neil; Ph.D., \\n, MD",
    "Ünal 李 🙂" + "x" * 200,
    "Lee\u2028METHOD:CANCEL\x85\x00",
)


async def test_no_name_can_write_into_the_calendar(practice: Practice) -> None:
    """One entry, one method, whatever the name holds; the parser reads the title back."""
    await booked(practice)
    call, now = the_call(practice), practice.clock.now()

    for name in NAMES:
        file = invitation(practice.site, call, name, "For your calendar", at=now)
        read = Calendar.from_ical(file.content or "")
        assert len(read.subcomponents) == len(read.events) == 1
        assert read["METHOD"] == "PUBLISH"
        assert set(read.events[0]) == FIELDS
        title = str(read.events[0]["SUMMARY"])
        assert title.startswith("Call with ")
        assert not [sign for sign in title if unicodedata.category(sign) in {"Cc", "Zl", "Zp"}]
        assert read.to_ical().decode() == file.content


async def test_a_held_program_says_nothing_of_calls(practice: Practice) -> None:
    """In a crisis no word about a call comes to the patient; the clinician is told all the same."""
    lee, ivy = await booked(practice)
    await ivy.says("I want to die")
    lee.news(), ivy.news()

    await practice.live(datetime(2027, 1, 15, 14, 31, tzinfo=UTC) - practice.clock.now())

    assert not [text for text in ivy.news() if "your call" in text.lower()]
    assert [text for text in lee.news() if "In half an hour" in text]


async def test_what_was_agreed_is_in_the_patients_own_copy(practice: Practice) -> None:
    """/mydata names the call and the offer that led to it."""
    _, ivy = await booked(practice)
    copy = practice.store.read_now(own_file, practice.site, ivy.patient_id, DATA).decode()

    assert '"calls"' in copy
    assert FRIDAY.isoformat() in copy


async def test_how_it_went_is_asked_each_day_until_somebody_says(practice: Practice) -> None:
    """Once a morning, through a restart; the answer ends it."""
    lee, _ = await booked(practice)
    await practice.live(datetime(2027, 1, 15, 15, 51, tzinfo=UTC) - practice.clock.now())
    assert the_call(practice).state == "over"
    lee.news()

    for day in (16, 17, 18):
        practice.start(practice.site.release)
        await practice.live(datetime(2027, 1, day, 8, 59, tzinfo=UTC) - practice.clock.now())
        assert not [told for told in lee.news() if "How did it go?" in told]
        await practice.live(2 * timedelta(minutes=1))
        assert len([told for told in lee.news() if "How did it go?" in told]) == 1
    await lee.taps("Nobody came")
    await practice.live(timedelta(days=3))

    assert not [told for told in lee.news() if "How did it go?" in told]
    assert the_call(practice).state == "no-show"


async def test_the_round_asks_how_a_call_went(practice: Practice) -> None:
    """It stands among what is open, with its buttons, until it is answered."""
    lee, _ivy = await booked(practice)
    await practice.live(datetime(2027, 1, 15, 15, 51, tzinfo=UTC) - practice.clock.now())
    practice.run(text("UPDATE patients SET phase = 'learning'"))
    lee.news()

    await lee.says("/round")
    assert "is over: how did it go?" in lee.news()[-1]
    await lee.taps("It took place")
    assert the_call(practice).state == "done"
    lee.news()
    await lee.says("/round")

    assert "how did it go?" not in lee.news()[-1]


async def test_a_booked_call_gets_a_new_time_at_the_desk(practice: Practice) -> None:
    """From /calls: it is typed, shown on both clocks, and both hear of it."""
    lee, ivy = await booked(practice)
    await lee.says("/calls")
    lee.news()

    await lee.taps("New time")
    await lee.says("Mon 17:00")
    assert ivy.news() == []
    assert "18 Jan, 17:00" in lee.news()[-1]
    await lee.taps("Yes, set it")

    assert the_call(practice).at == datetime(2027, 1, 18, 16, tzinfo=UTC)
    assert [told for told in ivy.news() if "18 Jan, 11:00" in told]
    assert [told for told in lee.news() if "moved" in told]


async def test_a_time_chosen_as_it_was_taken_back_is_said_to_both(practice: Practice) -> None:
    """Nobody waits for a call that will not be."""
    lee, ivy = await offered(practice)
    chosen = ivy.button(choices(practice)[0])
    ivy.news()
    await practice.intake.keep([ivy.tapped(chosen)])
    call, now = the_call(practice), practice.clock.now()
    practice.store.write_now(calling.cancel, practice.site, call, at=now, name="x")

    await practice.work()

    assert the_call(practice).state == "withdrawn"
    assert told_just(lee.news(), "No call is booked")
    assert "is cancelled" in ivy.news()[-1]


async def test_who_leaves_the_program_has_no_call_and_no_offer_any_more(
    practice: Practice,
) -> None:
    """Both sides hear it at once, and neither is reminded."""
    lee, ivy = await booked(practice)
    await lee.says(f"/patients {ivy.pseudonym}")
    await lee.taps("Suggest a change")
    await lee.taps("a new lesson every 14 days")
    lee.news(), ivy.news()

    await ivy.says("/stop")
    await ivy.chooses("leave")

    assert the_call(practice).state == "cancelled"
    assert practice.rows("SELECT DISTINCT state FROM offers WHERE kind = 'proposal'") == [
        ("withdrawn",)
    ]
    assert ivy.state.offers == ()
    assert any("is cancelled" in text for text in ivy.news())
    told = lee.news()
    assert any("has left the program" in text for text in told)
    await practice.live(timedelta(days=5))
    assert not any("call" in text for text in ivy.news())
    assert not any("Soon: call" in text or "How did it go" in text for text in lee.news())


async def test_the_calls_of_a_clinician_who_leaves_are_cancelled_in_their_name(
    practice: Practice,
) -> None:
    """The lead hears it and may offer another; nobody is reminded of a call that will not be."""
    lead = await practice.clinician(ORTIZ, "Mo", "lead")
    _, ivy = await booked(practice)
    lead.news()
    now, lee = practice.clock.now(), the_call(practice).clinician_id

    practice.store.write_now(leaving.leave, practice.site, lee, at=now)
    await practice.work()

    assert the_call(practice).state == "cancelled"
    assert told_just(lead.news(), "Dr Lee has left the team")
    assert told_just(ivy.news(), "Your call with Dr Lee")
    await practice.live(timedelta(days=5))
    assert not any("call" in text for text in ivy.news())
