"""The checker of the bot's calls is itself checked: it must find each kind of fault."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.bot_api import misfits, spec

ROWS = [[{"text": "Yes", "callback_data": "1.yes"}]]
GOOD = {"chat_id": 1, "text": "Hello", "reply_markup": {"inline_keyboard": ROWS}}
FAULTS = [
    ("sendMesage", GOOD, "is no method"),
    ("sendMessage", {"chat_id": 1}, "sendMessage.text is missing"),
    ("sendMessage", {**GOOD, "colour": "blue"}, "has no colour"),
    ("sendMessage", {**GOOD, "text": 7}, "text is no String"),
    ("sendMessage", {**GOOD, "chat_id": True}, "chat_id is no Integer"),
    ("sendMessage", {**GOOD, "text": "x" * 4097}, "text is 4097"),
    ("sendMessage", {**GOOD, "entities": {}}, "entities is no list"),
    ("sendMessage", {**GOOD, "entities": [{"type": "bold", "offset": 0}]}, "length is missing"),
    (
        "sendMessage",
        {**GOOD, "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "é" * 33}]]}},
        "callback_data is 66",
    ),
    ("getUpdates", {"limit": 101}, "limit is 101"),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "text is 201"),
]


@pytest.mark.parametrize(("method", "params", "words"), FAULTS, ids=[row[2] for row in FAULTS])
def test_a_faulty_call_is_found_out(method: str, params: dict[str, Any], words: str) -> None:
    """Unknown and missing parameters, wrong types, and sizes over the documented limits."""
    found = misfits(spec() or {}, {"method": method, "params": params})

    assert any(words in each for each in found), found


def test_a_good_call_is_left_in_peace() -> None:
    """Nothing is said about a call that is as documented."""
    assert misfits(spec() or {}, {"method": "sendMessage", "params": GOOD}) == []
