"""What comes in odd ways: forwarded, doubled, late, in floods, or from the wrong side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.service.desk.telltale import tells_who
from tests.bot.service.desk_people import gather
from tests.bot.service.practice import Practice, told_just

ASKED = "Are you thinking about ending your life?"
HELP = "This comes before everything else."
NOT_SEEN = "I can't see pictures or hear voice notes."
FORWARDED = {"forward_origin": {"type": "hidden_user", "sender_user_name": "Sam", "date": 1}}


@pytest.mark.parametrize(
    "thing",
    [{"text": "I want to die"}, {"photo": [], "caption": "I want to die"}],
    ids=["words", "under a picture"],
)
async def test_words_of_dying_that_were_passed_on_are_asked_about(
    practice: Practice, thing: dict[str, Any]
) -> None:
    """Somebody else may have written them: the lines and a direct question, and no alert yet."""
    ann = await practice.patient(1, "agreed")

    await practice.arrives(ann.sent({**thing, **FORWARDED}))

    assert told_just(ann.news(), "I want to stop at what you wrote.", ASKED)
    assert ann.alerts == []
    await ann.says("yes")
    assert [each.rule for each in ann.alerts] != []


async def test_a_second_number_answers_the_next_question_and_back_changes_the_first(
    practice: Practice,
) -> None:
    """Who types ahead is taken at their word; what was meant otherwise is one tap away."""
    ann = await practice.patient(1, "in-baseline")

    await practice.arrives(ann.wrote("4"), ann.wrote("6"))
    assert (ann.state.answers["peg.1"], ann.state.answers["peg.2"]) == (4, 6)

    for typed in ("back", "back", "6"):
        await ann.says(typed)
    assert ann.state.answers["peg.1"] == 6


async def test_two_hundred_messages_in_a_minute_are_all_kept_and_help_overtakes(
    practice: Practice,
) -> None:
    """Each is answered in its turn; the one sentence among them gets the lines and an alert."""
    ann = await practice.patient(1, "placed")
    words = [f"message number {number}" for number in range(60)]
    words[40] = "I want to die"

    await practice.arrives(*(ann.wrote(each) for each in words))

    told = ann.news()
    assert any(HELP in bubble for bubble in told)
    assert [each.rule for each in ann.alerts] == ["crisis-words"]
    assert practice.rows("SELECT count(*) FROM inbox WHERE outcome = 'done'")[0][0] >= len(words)
    assert practice.health()["inbox"] == 0


async def test_someone_without_any_name_or_language_is_a_patient_like_others(
    practice: Practice,
) -> None:
    """No first name, a name of markup, a language that there is not: nothing of it is used."""
    users: tuple[dict[str, str], ...] = (
        {},
        {"first_name": "<b>\U0001f525"},
        {"language_code": "zz"},
    )
    for number, user in enumerate(users, 1):
        who = {"id": number, "is_bot": False, **user}
        chat = {"id": number, "type": "private"}
        message = {"message_id": 1, "date": 1, "from": who, "chat": chat, "text": "/start"}
        await practice.arrives(practice.number({"message": message}))
        assert practice.person(number).news()
    assert practice.rows("SELECT language FROM patients") == [("en",)] * 3


async def test_two_accounts_are_two_patients(practice: Practice) -> None:
    """Nobody is recognised by a name, so nothing of one is shown to the other."""
    one, other = await practice.patient(1, "placed"), await practice.patient(2, "agreed")

    assert one.pseudonym != other.pseudonym
    assert "zone" not in other.state.answers


async def test_blocking_and_unblocking_in_one_minute_loses_no_place(practice: Practice) -> None:
    """Blocked, back, blocked, back: reachable at the end, and the question is as it was."""
    ann = await practice.patient(1, "agreed")
    place = ann.state.stack
    back = {"from": {"id": 1, "is_bot": False}, "chat": {"id": 1, "type": "private"}}

    for _ in range(2):
        await ann.blocks()
        assert not ann.state.reachable
        change = {"my_chat_member": {**back, "new_chat_member": {"status": "member"}}}
        await practice.arrives(practice.number(change))

    assert ann.state.reachable
    assert ann.state.stack == place


async def test_each_picture_of_an_album_is_answered_and_its_caption_screened(
    practice: Practice,
) -> None:
    """Telegram sends an album as single messages; the words under one of them come first."""
    ann = await practice.patient(1, "placed")
    album: list[dict[str, Any]] = [
        {"photo": [], "media_group_id": "5"},
        {"video": {}, "media_group_id": "5"},
    ]

    await practice.arrives(*(ann.sent(each) for each in album))
    assert told_just(ann.news(), NOT_SEEN, NOT_SEEN)

    await practice.arrives(ann.sent({**album[0], "caption": "I want to die"}))
    assert HELP in ann.news()[0]


async def test_words_of_yesterday_are_handled_as_what_they_say(practice: Practice) -> None:
    """A message dated 23 hours ago answers the open question, and nothing greets the hour."""
    ann = await practice.patient(1, "in-baseline")
    late = int((practice.clock.now() - timedelta(hours=23)).timestamp())

    await practice.arrives(ann.sent({"text": "7", "date": late}))

    assert ann.state.answers["peg.1"] == 7
    assert told_just(ann.news(), "2 of 3")


async def test_commands_of_the_other_side_do_nothing_there(practice: Practice) -> None:
    """A patient's /alerts is unknown; a clinician's /flare is answered with their own list."""
    team = await gather(practice)

    await team.ann.says("/alerts")
    await team.lee.says("/flare")

    assert "I don't know that one." in team.ann.news()[0]
    assert "/patients" in team.lee.news()[0]
    assert team.kim.news() == []


@pytest.mark.parametrize(
    ("words", "is_telling"),
    [
        ("Your NHS number is 943 476 5919", True),
        ("943-476-5919", True),
        ("Call +44 20 7946 0958", True),
        ("write to ann@example.org", True),
        ("health card 1234567890", True),
        ("Try 3 sets of 10, then rest 20 minutes", False),
        ("Your scores were 7, 6, 6, 5, 4, 4 and 3", False),
        ("On 2027-01-13 at 15:30", False),
        ("988 is open all night", False),
    ],
)
def test_a_number_that_says_who_somebody_is_is_known(words: str, is_telling: bool) -> None:
    """Nine digits or more in one piece, or an address; doses, dates and scores are none."""
    assert tells_who(words) is is_telling


async def test_a_clinician_who_pastes_a_health_number_is_warned_before_it_goes(
    practice: Practice,
) -> None:
    """Even in a thread that needs no Send any more, these words wait for one."""
    team = await gather(practice)
    await team.write()

    await team.lee.says("Your NHS number is 943 476 5919", to="On its way")
    assert told_just(team.lee.news(), "Please look twice.", f"To {team.ann.pseudonym}?")
    assert team.ann.news() == []

    await team.lee.taps("Send")
    assert told_just(team.ann.news(), "943 476 5919")
