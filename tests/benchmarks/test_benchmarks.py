"""The benchmarks run: what they measure is a service that truly answers, turn by turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.chats import FIRST_CHAT, Act, Crowd, Script, buttons_of
from tests.benchmarks.contest import Load, measure, product
from tests.benchmarks.line import fields
from tests.benchmarks.rehearsal import Rehearsal
from tests.benchmarks.table import faults, table

KEYBOARD = {"inline_keyboard": [[{"text": "Go on", "callback_data": "7.go"}]]}


@pytest.mark.slow
def test_a_patient_plays_real_turns_and_is_answered_as_rehearsed(tmp_path: Path) -> None:
    """Every turn brings just the bubbles that it brought when it was lived through before."""
    rehearsal = Rehearsal.of(tmp_path / "rehearsed", 1)

    found, _ = measure(product(rehearsal), Load(chats=1, warm=0.1, seconds=0.9))

    assert faults([found]) == []
    assert found.calls >= 1
    assert "| paceful |" in table([found])


def test_a_turn_is_answered_when_its_last_bubble_came() -> None:
    """One bubble of two is no answer; the next act taps what the last bubble brought."""
    pushed: list[dict[str, object]] = []
    crowd = Crowd(1, Script((Act("/lesson", bubbles=2), Act(choice="go"))), pushed.append)
    crowd.all_begin()
    [chat] = crowd._chats

    crowd.told(chat, 1, [])
    assert (len(pushed), crowd.tally.answers) == (1, 0)

    crowd.told(chat, 2, buttons_of(KEYBOARD))
    assert (len(pushed), crowd.tally.answers) == (2, 1)
    assert "'data': '7.go'" in str(pushed[1])


def test_a_bubble_that_no_turn_brings_makes_the_round_worthless() -> None:
    """It is counted where nobody waits for one; in a chat that nobody plays it is a nudge."""
    crowd = Crowd(1, Script((Act("/lesson"),)), lambda update: None)

    crowd.told(FIRST_CHAT, 1, [])

    crowd.told(FIRST_CHAT + 1, 2, [])
    assert (crowd.tally.strays, len(crowd.tally.others)) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b'{"chat_id":7,"text":"Hi"}',
        b"chat_id=7&text=Hi",
        b'--b\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n7\r\n'
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nHi\r\n--b--\r\n',
    ],
)
def test_the_server_understands_however_a_bot_asks(body: bytes) -> None:
    """JSON, a form and a form in parts say the same."""
    assert {name: str(value) for name, value in fields(body).items()} == {
        "chat_id": "7",
        "text": "Hi",
    }
