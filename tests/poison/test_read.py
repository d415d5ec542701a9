"""Whatever the shape of an update, it is read, or known to be unreadable; nothing is raised."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from bot.service.incoming import UNREADABLE, Incoming, InGroup, SentThing
from bot.telegram.raw import JUNK, body_of, update_of, updates_of
from bot.telegram.reading import is_kept, read, sender_of
from tests.poison import mutants

Json = dict[str, Any]
ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}
CHAT = {"id": 7, "type": "private"}
GROUP = {"id": -100, "type": "supergroup", "title": "x"}
GOOD = {"update_id": 8, "message": {"message_id": 1, "from": ANN, "chat": CHAT, "text": "hello"}}


def message(**fields: Any) -> Json:
    """A message of Ann's with these fields."""
    return {"update_id": 9, "message": {"message_id": 1, "from": ANN, "chat": CHAT, **fields}}


def what(update: Json) -> Any:
    """What is read in the update after it was kept."""
    found = read(body_of(update).decode())
    return found.what if found is not None else None


@settings(max_examples=200, deadline=None)
@given(mutants.mutant())
def test_whatever_is_wrong_with_an_update_it_can_be_kept_and_read(update: Json) -> None:
    """Who sent it, whether it is ours, what was done: an answer to each, and never an error."""
    sender, body = sender_of(update), body_of(update)

    found = read(body.decode())

    assert sender is None or sender.lstrip("-").isdigit()
    assert is_kept(update) in {True, False}
    assert found is None or isinstance(found, Incoming | InGroup)


@settings(max_examples=60, deadline=None)
@given(mutants.valid(of=tuple(mutants.kinds()), person=7))
def test_every_update_as_the_bot_api_describes_it_is_read_or_is_not_ours(update: Json) -> None:
    """Of the kinds that we ask for, a person's is always understood or said to be unreadable."""
    kind = next(name for name in update if name != "update_id")

    assert sender_of(update) == "7"
    if kind not in mutants.KINDS:
        assert not is_kept(update)
    elif is_kept(update) and kind != "my_chat_member":
        assert isinstance(read(body_of(update).decode()), Incoming)


@settings(max_examples=60, deadline=None)
@given(mutants.mutant())
def test_the_neighbour_of_a_poisonous_update_is_read_all_the_same(update: Json) -> None:
    """In one answer to getUpdates: before it and behind it."""
    update["update_id"] = 5
    answer = {"ok": True, "result": [GOOD, update, GOOD | {"update_id": 10}]}
    payload = json.dumps(answer).encode()

    found = updates_of(payload) or []

    assert [each["update_id"] for each in found] == [8, 5, 10]
    assert [each.get("message") for each in found[::2]] == [GOOD["message"]] * 2


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b"\x00\xff\x01{", 0),
        (b"[1, 2]", 0),
        (b"null", 0),
        (b'{"update_id": 77, "message": {"text": "cut o', 77),
        (b'{"update_id": "77"}', 0),
        (b'{"update_id": true}', 0),
        (b'{"update_id": 78, "deep": ' + b"[" * 5000 + b"]" * 5000 + b"}", 78),
        (b'{"update_id": 79, "long": ' + b"9" * 9000 + b", }", 79),
    ],
    ids=["bytes", "list", "null", "cut", "words", "bool", "deep", "digits"],
)
def test_what_is_no_update_becomes_one_that_holds_it(body: bytes, number: int) -> None:
    """It is kept as nobody's, under the number that it names."""
    update = update_of(body)

    assert update == {"update_id": number, JUNK: body.decode(errors="replace")}
    assert is_kept(update)
    assert sender_of(update) is None
    assert what(update) is None


def test_half_a_letter_costs_only_that_letter() -> None:
    """A lone surrogate, which no strict reader takes: the rest of the sentence is heard."""
    body = json.dumps(message(text="I want \ud83d to die")).encode()

    update = update_of(body)

    assert what(update).text == "I want ? to die"


def test_an_answer_that_cannot_be_read_as_a_whole_is_read_piece_by_piece() -> None:
    """Only the broken update is junk, and it has its number, so that it can be acknowledged."""
    good = [orjson.dumps(GOOD | {"update_id": number}) for number in (1, 3)]
    payload = b'{"ok":true,"result":[' + good[0] + b',{"update_id":2,"x":!},' + good[1] + b"]}"

    first, broken, last = updates_of(payload) or []

    assert (first["message"], last["message"]) == (GOOD["message"], GOOD["message"])
    assert (broken["update_id"], broken[JUNK]) == (2, '{"update_id":2,"x":!}')


@pytest.mark.parametrize("payload", [b"<html>", b"", b"[]", b'{"ok":true}', b'{"result":[{}]}'])
def test_what_is_no_answer_of_telegrams_is_trouble(payload: bytes) -> None:
    """An update without a number could never be acknowledged: the poll waits, and is not hot."""
    assert updates_of(payload) is None


@pytest.mark.parametrize(
    "update",
    [
        {"channel_post": {"message_id": 1, "chat": {"id": -5, "type": "channel"}, "text": "x"}},
        {"message": {"message_id": 1, "from": ANN, "chat": GROUP, "text": "I want to die"}},
        {"message": {"message_id": 1, "from": ANN, "chat": GROUP, "is_topic_message": True}},
        {"message": {"message_id": 1, "sender_chat": GROUP, "chat": GROUP, "text": "anonymous"}},
        {"message": {"message_id": 1, "from": ANN, "chat": {"id": -7}, "text": "no type"}},
        {"message": {"message_id": 1, "from": ANN, "chat": {"id": 7, "type": "community"}}},
        {"of_next_year": {"from": ANN, "chat": GROUP, "text": "x"}},
        {"message_reaction": {"user": ANN, "chat": CHAT, "new_reaction": []}},
        {"poll_answer": {"poll_id": "1", "user": ANN, "option_ids": []}},
        {"inline_query": {"id": "1", "from": ANN, "query": "x", "offset": ""}},
        {"business_message": {"message_id": 1, "from": ANN, "chat": CHAT, "text": "x"}},
        {"message": {"message_id": 1, "from": ANN, "chat": CHAT, "pinned_message": {}}},
    ],
    ids=lambda update: next(iter(update)),
)
def test_what_is_none_of_our_business_is_not_kept(update: Json) -> None:
    """Groups, channels, topics, anonymous admins, reactions, and Telegram's own notices."""
    assert not is_kept({"update_id": 1, **update})


@pytest.mark.parametrize(
    ("update", "words"),
    [
        (message(text=7), ""),
        (message(text=None, caption="I want to die"), "I want to die"),
        (message(), ""),
        ({"of_next_year": {"from": ANN, "text": "I want to die"}}, "I want to die"),
        ({"message": {"chat": CHAT, "text": ["x"]}}, ""),
        ({"callback_query": {"from": ANN, "data": "1.yes"}}, ""),
    ],
    ids=["number", "null", "empty", "unknown kind", "no sender", "no query"],
)
def test_what_a_person_sent_and_nobody_can_read_is_theirs(update: Json, words: str) -> None:
    """Its sender is known, so that they can be told; what words there are can be screened."""
    assert is_kept(update)
    assert sender_of(update) == "7"
    assert what(update) == SentThing(UNREADABLE, words)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "hello", "via_bot": {"id": 3, "is_bot": True}}, "hello"),
        ({"text": "hello", "forward_origin": {"type": "hidden_user"}}, "hello"),
        ({"text": "hello", "reply_to_story": {}, "quote": {"text": "x"}}, "hello"),
        ({"text": "hello", "message_thread_id": 5, "is_topic_message": True}, "hello"),
        ({"paid_media": {"star_count": 5, "paid_media": []}}, "paid_media"),
        ({"story": {"id": 1, "chat": CHAT}}, "story"),
        ({"via_bot": {"id": 3}, "photo": [], "caption": "x"}, "photo"),
        ({"live_photo": {}}, "live_photo"),
        ({"x" * 500: {}}, "x" * 64),
    ],
    ids=lambda value: next(iter(value))[:12] if isinstance(value, dict) else None,
)
def test_how_it_was_sent_does_not_change_what_it_is(fields: Json, said: str) -> None:
    """Through a bot, from a story, in a topic: words are words, and the rest has its name."""
    found = what(message(**fields))

    assert (found.what if isinstance(found, SentThing) else found.text) == said
