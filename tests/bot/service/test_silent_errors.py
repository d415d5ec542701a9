"""Errors end up in logs, so they never show what somebody wrote."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from bot.service.post import BODY
from bot.service.reasons import Reason
from flows.events import EVENT
from flows.state import State

SECRET = "my secret words"
AT = '"at": "2027-01-01T00:00:00Z"'
READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "an event cut short": (EVENT.validate_json, f'{{"kind": "said", {AT}, "text": "{SECRET}'),
    "an event with more": (
        EVENT.validate_json,
        f'{{"kind": "said", {AT}, "text": "a", "words": "{SECRET}"}}',
    ),
    "an event with less": (EVENT.validate_json, f'{{"kind": "said", "text": "{SECRET}"}}'),
    "a body cut short": (BODY.validate_json, f'{{"shape": "bubble", "text": "{SECRET}'),
    "a body with more": (
        BODY.validate_json,
        f'{{"shape": "bubble", "text": "a", "words": "{SECRET}"}}',
    ),
    "a body of another type": (BODY.validate_json, f'{{"shape": "bubble", "text": ["{SECRET}"]}}'),
    "a state with more": (State.model_validate_json, f'{{"release": "x", "words_": "{SECRET}"}}'),
    "a state of another type": (
        State.model_validate_json,
        f'{{"release": "x", "answers": {{"goal": ["{SECRET}"]}}}}',
    ),
    "a reason cut short": (Reason.model_validate_json, f'{{"title": "{SECRET}'),
}


@pytest.mark.parametrize("name", READERS)
def test_what_cannot_be_read_is_not_repeated(name: str) -> None:
    """Neither by the error nor by its trace."""
    read, text = READERS[name]

    with pytest.raises(ValidationError) as unread:
        read(text)

    shown = "".join(traceback.format_exception(unread.value, chain=True))
    assert SECRET not in str(unread.value)
    assert SECRET not in shown
