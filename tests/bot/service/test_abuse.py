"""A shared phone, a flood, guessed codes, the wrong chat: refused kindly, and nobody is unsafe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.service import guessing, joining
from bot.service.arriving import put_event
from bot.store import people
from bot.store.people import Entry
from flows.events import Told
from flows.placeholders import names_in
from flows.program import Release
from flows.steps import Question
from tests.bot.service.practice import Person, Practice, told_just
from tests.bot.service.test_groups import Gathering

PIN, OTHER = "4711", "0815"
WIDE = "\uff14\uff17 \uff11\uff11"
"""The same PIN as another keyboard writes it."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
VEIL = "Something is here for you. Tap the grey part to read it.\n\n"
ASKS = "This opens with your PIN."
TELLING = frozenset(
    {
        *("pain", "hurt", "ache", "mood", "sad", "low", "anxious", "worry", "stress", "sleep"),
        *("health", "clinic", "clinician", "doctor", "therapy", "treatment", "medicine"),
        *("symptom", "score", "scores", "depression", "diagnosis"),
    }
)
MINUTES = frozenset({"lesson_minutes", "check_minutes", "addon_minutes"})
NO_PIN_NEEDED = ("/now", "/help", "/menu", "/lesson", "/exercises", "/flare", "/person", "/pause")


async def with_pin(practice: Practice, place: str = "agreed") -> Person:
    """A patient who has set a PIN, whose records were closed again by time."""
    patient = await practice.patient(1, place)
    for text in ("/pin", PIN, PIN):
        await patient.says(text)
    assert "Your PIN is set." in patient.news()[-1]
    practice.clock.moment += 11 * MINUTE
    return patient


async def is_discreet(practice: Practice) -> Person:
    """A patient in discreet mode."""
    patient = await practice.patient(1, "in-baseline")
    for text in ("/settings", "PIN, discreet mode", "Discreet mode", "Turn it on"):
        await patient.says(text)
    patient.news()
    return patient


def journal(practice: Practice, patient: Person) -> list[Entry]:
    """Everything that is kept of what happened to a patient."""
    return practice.store.read_now(people.journal_of, patient.patient_id)


async def test_each_record_opens_with_the_pin_alone(practice: Practice) -> None:
    """Asked for once in ten minutes; a wrong one opens nothing."""
    ann = await with_pin(practice)

    for record in ("/progress", "/calls", "/mydata", "/cards"):
        await ann.says(record)
        await ann.says(OTHER)
        assert told_just(ann.news(), ASKS, "That is not your PIN. Tries left:")
    assert not [each for each in practice.messenger.taken_by(1) if each.kind == "document"]

    await ann.says(PIN)
    await ann.says("/cards")
    await ann.says("/mydata")
    assert told_just(ann.news(), "No notes yet.", "No notes yet.", "copy")
    assert [each for each in practice.messenger.taken_by(1) if each.kind == "document"]
    practice.clock.moment += 10 * MINUTE
    await ann.says("/cards")
    assert told_just(ann.news(), ASKS)


async def test_no_digit_of_a_pin_is_kept_or_stays_in_the_chat(practice: Practice) -> None:
    """Neither chosen, nor given, nor mistyped; the message that held it is deleted."""
    ann = await with_pin(practice)
    written = len(practice.messenger.taken_by(1))

    for text in ("/cards", OTHER, f"my pin is {PIN}", WIDE, PIN):
        await ann.says(text)

    kept = " ".join(entry.event_json for entry in journal(practice, ann))
    assert not any(digits in kept for digits in (PIN, OTHER, WIDE[:2]))
    assert not any(digits in str(ann.state.model_dump()) for digits in (f"'{PIN}'", f"'{OTHER}'"))
    calls = practice.messenger.taken_by(1)
    assert len([each for each in calls[written:] if each.kind == "unsay"]) == 4
    assert "Please send just the digits" in " ".join(ann.news())


async def test_help_and_the_program_never_ask_for_a_pin(practice: Practice) -> None:
    """Whatever stands behind the PIN, these do not."""
    ann = await with_pin(practice)

    for text in NO_PIN_NEEDED:
        practice.clock.moment += MINUTE
        await ann.says(text)
        assert ann.news()
        assert ann.state.lock is not None
        assert ann.state.lock.door is None


async def test_words_of_need_at_the_door_get_help_and_are_kept_whole(practice: Practice) -> None:
    """Digits among them, too: the team must read what was written."""
    ann = await with_pin(practice)
    await ann.says("/cards")
    ann.news()

    await ann.says("I want to die, I have 5000 pills")

    assert "9-8-8" in ann.news()[0]
    assert [each.rule for each in ann.alerts] == ["crisis-words"]
    assert "5000" in journal(practice, ann)[-1].event_json


async def test_five_wrong_tries_close_the_records_for_a_quarter_of_an_hour(
    practice: Practice,
) -> None:
    """The right one is not taken either until then, and nothing else is closed."""
    ann = await with_pin(practice)
    await ann.says("/cards")
    for _ in range(5):
        await ann.says(OTHER)
    assert "wrong too often" in ann.news()[-1]

    await ann.says(PIN)
    await ann.says("/cards")
    assert told_just(ann.news(), "I took that for your PIN", "wrong too often")
    assert PIN not in journal(practice, ann)[-2].event_json
    await ann.says("/now")
    assert "9-8-8" in ann.news()[-1]

    practice.clock.moment += 16 * MINUTE
    await ann.says("/cards")
    await ann.says(PIN)
    assert told_just(ann.news(), ASKS, "No notes yet.")


async def test_a_forgotten_pin_comes_off_after_a_day_unless_its_owner_objects(
    practice: Practice,
) -> None:
    """Nobody is locked out for ever, and whoever borrows a phone for an hour gets nowhere."""
    ann = await with_pin(practice)
    await ann.says("/cards")
    await ann.taps("I forgot my PIN")
    practice.clock.moment += 23 * HOUR
    await ann.brings(".pin-forgot")
    assert "Not yet" in ann.news()[-1]

    await ann.says("/cards")
    await ann.says(PIN)
    assert "I have stopped that." in " ".join(ann.news())

    await ann.brings(".pin-forgot")
    practice.clock.moment += 25 * HOUR
    await ann.brings(".pin-forgot")
    await ann.says("/cards")
    assert told_just(ann.news()[-2:], "Your PIN is off", "No notes yet.")


async def test_a_pin_is_changed_or_taken_off_by_its_owner_alone(practice: Practice) -> None:
    """Old buttons in the chat open nothing to somebody else; two that differ set none."""
    ann = await practice.patient(1, "agreed")
    for text in ("/settings", "PIN, discreet mode", "PIN", PIN, OTHER):
        await ann.says(text)
    assert "were not the same" in ann.news()[-1]
    await ann.says("/cards")
    assert told_just(ann.news(), "No notes yet.")
    assert ann.state.lock is None

    for text in ("/pin", PIN, PIN, "/pin"):
        await ann.says(text)
    assert "What would you like to do?" in ann.news()[-1]
    practice.clock.moment += 11 * MINUTE
    for label in ("Change it", "Take it off"):
        await ann.taps(label)
    assert told_just(ann.news(), ASKS, ASKS)
    await ann.says(PIN)
    assert told_just(ann.news(), "Your PIN is off.")


async def test_discreet_mode_veils_what_comes_unasked_and_keeps_records_in_the_chat(
    practice: Practice,
) -> None:
    """A locked phone shows no word of it; help is never veiled, and the copy can be taken along."""
    ann = await is_discreet(practice)
    await ann.says("/cards")
    await ann.says("/mydata")
    (notes,) = [each for each in practice.messenger.taken_by(1) if "No notes" in each.text]
    assert notes.private

    await practice.live(3 * DAY)
    patient = practice.store.read_now(people.load, [ann.patient_id])[ann.patient_id]
    now = practice.clock.now()
    event = Told(at=now, clinician="Dr Lee", text="Please ring me 🙂 today")
    practice.store.write_now(put_event, patient, event, "told", now)
    await practice.work()
    unasked = [each for each in practice.messenger.taken_by(1) if each.hidden]

    assert any("Hello." in each.hidden for each in unasked), "a nudge"
    assert "Please ring me 🙂 today" in unasked[-1].hidden
    assert {each.text.removesuffix(each.hidden) for each in unasked} == {VEIL}
    await ann.says("I want to die")
    helped = [each for each in practice.messenger.taken_by(1) if "9-8-8" in each.text]
    assert helped
    assert not any(each.hidden or each.private for each in helped)


def test_no_reminder_says_what_it_is_about_before_a_tap(release: Release) -> None:
    """Whoever sees the phone lie on the table reads nothing about health."""
    first = {
        name: next(step for step in flow.steps if isinstance(step, Question)).text
        for name, flow in release.flows.items()
        if flow.kind == "nudge"
    }

    assert len(first) >= 7
    for name, text in first.items():
        said = {word.strip(".,?!").casefold() for word in text.split()}
        assert not said & TELLING, name
        assert names_in(text) <= MINUTES, name


async def test_a_flood_is_answered_with_one_word_and_all_of_it_is_kept(practice: Practice) -> None:
    """Two hundred at once; others and the one in need among them do not wait behind it."""
    ann = await practice.patient(1, "agreed")
    bob = await practice.patient(2, "agreed")
    flood = [ann.wrote(f"hello {number}") for number in range(200)]
    flood[150] = ann.wrote("I want to die")

    # the service is quicker than the chat, which takes a message a second
    practice.messenger.door.clear()
    await practice.intake.keep([*flood, bob.wrote("/menu")])
    while await practice.workers._handle():
        await practice.delivery.send_waiting()
    practice.messenger.door.set()
    await practice.work()

    assert told_just(bob.news(), "What would you like to do?")
    told = ann.news()
    # the first answer was on its way already
    first = "I do not know that country", "Which country are you in now?"
    assert told_just(told[:4], *first, "a lot at once", "9-8-8")
    assert len([text for text in told if "a lot at once" in text]) == 1
    assert [each.rule for each in ann.alerts] == ["crisis-words"]
    kept = " ".join(entry.event_json for entry in journal(practice, ann))
    assert all(f"hello {number}" in kept for number in range(150))


async def test_after_a_flood_and_a_minute_of_rest_all_is_as_before(practice: Practice) -> None:
    """Help works in between, and so does what was asked."""
    ann = await practice.patient(1, "at-consent")
    await practice.arrives(*(ann.wrote(f"hello {number}") for number in range(60)))
    ann.news()

    await ann.says("hello?")
    assert ann.news() == []
    await ann.says("/now")
    assert "9-8-8" in ann.news()[0]

    practice.clock.moment += MINUTE
    await ann.says("hello?")
    assert ann.news()


async def test_a_storm_of_taps_gets_a_notice_for_each_and_few_words(practice: Practice) -> None:
    """Every tap is answered, or the phone keeps waiting; nothing is answered twice."""
    ann = await practice.patient(1, "at-consent")
    at, before = ann.state.asked, len(practice.messenger.taken)

    await practice.arrives(*(ann.tapped(f"{at}.agree") for _ in range(100)))

    toasts = [each for each in practice.messenger.taken[before:] if each.kind == "toast"]
    assert len(toasts) == 100
    assert len(ann.news()) < 40
    assert practice.rows("SELECT count(*) FROM consents") == [(1,)]


async def test_a_sender_has_five_tries_an_hour_for_a_code(practice: Practice) -> None:
    """Then the right one is not read either; help still is, and after an hour all is well."""
    code, eve = practice.code("Dr Lee"), practice.person(5)
    for number in range(8):
        await eve.says(f"/start GUESSEDCODE{number}")
    assert told_just(eve.news(), *["That code is not valid."] * 5, "Too many codes")

    await eve.says(f"/start {code}")
    assert practice.rows("SELECT count(*) FROM clinicians") == [(0,)]
    await practice.person(6).says(f"/start {code}")
    assert practice.rows("SELECT count(*) FROM clinicians") == [(1,)]
    await eve.says("I want to die")
    assert "9-8-8" in eve.news()[-3]

    practice.clock.moment += HOUR + MINUTE
    await eve.says(f"/start {practice.code('Dr Kim')}")
    assert told_just(eve.news()[-1:], "This account takes part as a patient")


async def test_many_wrong_codes_from_many_senders_are_noticed(practice: Practice) -> None:
    """More than fifty in an hour, whoever sends them."""
    now = practice.clock.now
    for number in range(51):
        assert not practice.store.read_now(guessing.are_many, now())
        await practice.person(1000 + number).says("/start GUESSEDCODE")
    assert practice.store.read_now(guessing.are_many, now())

    practice.clock.moment += 2 * HOUR
    assert not practice.store.read_now(guessing.are_many, now())


async def test_a_code_that_was_used_says_nothing_of_whose_it_was(practice: Practice) -> None:
    """To a stranger and to a patient it is a code that opens nothing, like any other."""
    code = practice.code("Dr Lee")
    await practice.person(9).says(f"/start {code}")
    eve = practice.person(5)

    await eve.says(f"/start {code}")

    assert told_just(eve.news(), "That code is not valid.")


def put_in(number: int, kind: str = "group", by: int = 5) -> dict[str, Any]:
    """The update that says the bot was put into a chat."""
    user = {"id": by, "is_bot": False, "first_name": "x"}
    chat = {"id": number, "type": kind, "title": "Anything"}
    return {"my_chat_member": {"from": user, "chat": chat, "new_chat_member": {"status": "member"}}}


def left(practice: Practice) -> list[str]:
    """The chats that were left."""
    return [call.chat for call in practice.messenger.taken if call.kind == "leave"]


@pytest.mark.parametrize(("number", "kind"), [(-501, "group"), (-1009, "supergroup")])
async def test_a_group_that_nobody_invited_us_to_is_left_in_silence(
    practice: Practice, number: int, kind: str
) -> None:
    """A minute is left to a group that only became a supergroup."""
    await practice.arrives(practice.number(put_in(number, kind)))
    assert left(practice) == []

    await practice.wait(2 * MINUTE)

    assert left(practice) == [str(number)]
    await practice.tick()
    assert practice.rows("SELECT count(*) FROM contacts") == [(0,)]
    assert [call for call in practice.messenger.taken if call.kind == "bubble"] == []


async def test_a_channel_is_left_at_once(practice: Practice) -> None:
    """Nobody is invited to one."""
    await practice.arrives(practice.number(put_in(-1001, "channel")))
    assert left(practice) == ["-1001"]


@pytest.mark.parametrize("joins", [True, False])
async def test_a_group_with_an_open_code_has_until_it_runs_out(
    practice: Practice, *, joins: bool
) -> None:
    """Whoever uses the code in it keeps the bot there."""
    lee = await practice.clinician(9, "Dr Lee")
    now = practice.clock.now()
    code = practice.store.write_now(joining.invite, "group", "Pain team", "group", at=now)
    room = Gathering(practice, -501)
    await practice.arrives(practice.number(put_in(-501)))
    await practice.wait(5 * MINUTE)
    assert left(practice) == []

    if joins:
        await room.hears(lee, f"/start {code}")
        assert told_just(room.news(), "This group is joined")
    await practice.wait(6 * MINUTE)

    assert left(practice) == ([] if joins else ["-501"])


@pytest.mark.parametrize("first", ["the move", "the new group"])
async def test_a_team_group_that_becomes_a_supergroup_is_not_left(
    practice: Practice, first: str
) -> None:
    """Telegram tells of both, in either order."""
    lee = await practice.clinician(9, "Dr Lee")
    now = practice.clock.now()
    code = practice.store.write_now(joining.invite, "group", "Pain team", "group", at=now)
    room = Gathering(practice, -501)
    await room.hears(lee, f"/start {code}")

    if first == "the new group":
        await practice.arrives(practice.number(put_in(-100501, "supergroup")))
    after = await room.becomes(-100501, lee)
    if first == "the move":
        await practice.arrives(practice.number(put_in(-100501, "supergroup")))
    await practice.wait(20 * MINUTE)
    await (await practice.patient(1, "at-consent")).says("I want to die")

    assert left(practice) == []
    assert any("Red: act now" in text for text in after.news())


FORGED = (
    *("alert.1.take", "alert.1.close", ".alert.1.take", "1.alert.1.take", ".desk-take"),
    *(".draft-send", ".round.1", ".offer.1.yes", ".offer.99999999999999999999.yes", ".card-2"),
    *(".card-picture-99", "0.agree", "-1.agree", "99999999999999999999.agree", "", ".", "..", "x"),
    *("٣.agree", ".pin-off", ".pin-change", ".\x00", "agree" * 12, ".mydata"),
)
CLINICIANS = (
    *("/alerts", "/patients", "/mine", "/unread", "/page", "/me", "/away", "/rota"),
    *("/patients ivy", "/round", "/digest", "/invite clinician Eve"),
)


async def test_forged_taps_and_clinicians_commands_show_a_patient_nobody(
    practice: Practice,
) -> None:
    """Bob is on the team's list; Eve, a patient, tries all that the team can do, and old taps."""
    await practice.clinician(9, "Dr Lee")
    bob, eve = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    await bob.says("I want to die")
    ann = bob.pseudonym
    team = practice.rows("SELECT count(*) FROM clinicians, page_links")

    for text in CLINICIANS:
        practice.clock.moment += MINUTE
        await eve.says(text)
        await eve.edits(text)
    for data in FORGED:
        practice.clock.moment += MINUTE
        await eve.brings(data)

    seen = " ".join(call.text for call in practice.messenger.taken_by(2))
    assert ann not in seen
    assert "Dr Lee" not in seen
    assert bob.alerts[0].state == "told"
    assert practice.rows("SELECT count(*) FROM clinicians, page_links") == team
    assert practice.rows("SELECT DISTINCT outcome FROM inbox") == [("done",)]
