"""Whatever a patient types: a clear answer, nothing lost, no jump, and words of need come first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from flows.effects import Send
from flows.state import State
from flows.turn import Turn
from tests.bot.service.practice import Person, Practice
from tests.flows.starts import begin, real_release

Row = dict[str, Any]
# what YAML cannot hold, or nobody could read there
WORDS = {"zeros": "7" + "0" * 30, "zalgo": "a" + "\u0301" * 3000, "letters": "/start " + "j" * 64}
AT = datetime(2026, 3, 2, 14, tzinfo=UTC)


def rows() -> list[Row]:
    """The table beside this file."""
    found = YAML(typ="safe").load(Path(__file__).with_name("patients.yaml"))
    return sorted(found, key=lambda row: str(row["at"]))


def places() -> Iterator[tuple[str, list[Row]]]:
    """Each place with what is said there."""
    for place, said in groupby(rows(), lambda row: str(row["at"])):
        yield place, list(said)


@pytest.mark.parametrize(("place", "said"), list(places()), ids=[name for name, _ in places()])
async def test_what_a_patient_says_is_answered_as_the_table_tells(
    practice: Practice, place: str, said: list[Row]
) -> None:
    """A patient comes to that place and types the rows; after each that led on, another one."""
    numbers, wrong, patient = count(100), [], None
    for row in said:
        patient = patient or await practice.patient(next(numbers), place)
        wrong += [(row["n"], row["says"], each) for each in await _misfits(patient, row)]
        patient = patient if row["stands"] and not row.get("alerts") else None

    assert wrong == []
    assert practice.health()["dead"] == 0


async def _misfits(patient: Person, row: Row) -> list[Any]:
    """What is otherwise than the row tells."""
    for act in row.get("first", ()):
        await (patient.chooses(act[1:]) if act.startswith("=") else patient.says(act))
    patient.news()
    before, says = patient.state, row["says"]
    for message in says if isinstance(says, list) else [says]:
        await patient.says(WORDS.get(message, str(message)))
    told, after = patient.news() or ["nothing"], patient.state
    keeps = {key: WORDS.get(value, value) for key, value in row.get("keeps", {}).items()}
    found: list[tuple[Any, Any]] = [
        (row.get("first_tells", "") in told[0], told),
        (any(row.get("tells", "") in bubble for bubble in told), told),
        (_new(before, after) == keeps, _new(before, after)),
        ([each.rule for each in patient.alerts] == row.get("alerts", []), patient.alerts),
        ((_place(before) == _place(after)) is row["stands"], _place(after)),
    ]
    return [seen for is_so, seen in found if not is_so]


def _new(before: State, after: State) -> dict[str, Any]:
    """What is kept now and was not before, but for the doors that were gone through."""
    kept = {key: value for key, value in after.answers.items() if before.answers.get(key) != value}
    asked = {"person-how", "crisis-now"}
    return {key: value for key, value in kept.items() if key not in asked}


def _place(state: State) -> tuple[str, str | None] | None:
    return (state.stack[-1].flow, state.stack[-1].step) if state.stack else None


PLACES = (
    *("new", "at-consent", "agreed", "in-baseline", "at-item-9", "at-path", "at-times-cbt"),
    *("learning-cbt", "in-core-act", "paused", "left", "in-crisis"),
)
USUAL = ["7", "yes", "no", "later", "skip", "back", "STOP", "I want to die", "{lines}"]
ANYTHING = st.text(max_size=60) | st.sampled_from(USUAL)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PLACES), st.lists(ANYTHING, min_size=1, max_size=4))
def test_whoever_types_anything_anywhere_is_never_stuck(place: str, texts: list[str]) -> None:
    """Every message is answered; so is /now, and /menu or the open question leads on by a tap."""
    player = begin(real_release(), place, AT)

    assert all(player.say(text).effects for text in texts)
    assert any("{lines}" in text for text in _texts(player.say("/now")))
    player.say("/menu")
    assert player.forge(player.buttons()[0].data).effects


def _texts(turned: Turn) -> list[str]:
    return [each.text for each in turned.effects if isinstance(each, Send)]
