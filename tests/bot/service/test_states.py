"""States that are ready as values are those in the database, and are soon let go."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel

from bot.service.states import KEPT_FOR, MOST_LETTERS, States
from flows.state import Done, State
from flows.turn import turn
from tests.flows.starts import begin, real_release

NOW = datetime(2027, 1, 13, 15, tzinfo=UTC)


def state(turn: int, goal: str = "walk to the lake") -> State:
    """Somewhere in a program of that release, with that much written."""
    return State(release="r1", phase="core", turn=turn, answers={"goal": goal})


def kept(states: States, *several: State, at: datetime = NOW) -> list[str]:
    """Their JSON, after they were written at that moment."""
    return [states.write(each, at) for each in several]


def test_what_was_just_written_need_not_be_read() -> None:
    """The very value is back; whoever changed the row gets what the row says."""
    states, ours = States(), state(7)
    (written,) = kept(states, ours)

    changed = written.replace("lake", "pond")

    assert states.of(changed) == state(7, "walk to the pond")
    assert states.of(written) is ours
    assert states.of(written) == ours, "after its turn it is read as ever"


@pytest.mark.parametrize("later", [KEPT_FOR, -timedelta(seconds=1)])
def test_nobodys_words_stay_for_long(later: timedelta) -> None:
    """Neither when nobody acts any more, nor when the clock was set back."""
    states, ours = States(), state(7)
    (written,) = kept(states, ours)

    states.let_go(NOW + later)

    assert states.of(written) is not ours


def test_there_is_room_for_so_much_and_no_more() -> None:
    """The oldest go first, however long one of them is."""
    states = States()
    long = [state(turn, "x" * (MOST_LETTERS // 2)) for turn in range(3)]
    written = kept(states, *long)

    ready = [states.of(words) is each for words, each in zip(written, long, strict=True)]

    assert ready == [False, False, True]
    assert len(repr(states)) < 200, "nobody's words get into a log"


def test_what_is_kept_is_exactly_what_would_be_read() -> None:
    """A life that never went through JSON is the same part by part, with moments in UTC."""
    player = begin(real_release(), "in-core-cbt", NOW, zone="Europe/London")
    state = player.first
    for event in player.journal:
        state = turn(player.release, state, event).state

    read = State.model_validate_json(state.model_dump_json())

    assert list(leaves(state)) == list(leaves(read))
    assert {each.tzname() for _, each in leaves(state) if isinstance(each, datetime)} == {"UTC"}


@pytest.mark.parametrize("is_read_anew", [False, True])
def test_what_is_written_is_the_state_whatever_was_written_before(is_read_anew: bool) -> None:
    """At each turn of a life: parts that did not change stand as before, and nothing else does."""
    player, states = begin(real_release(), "in-core-cbt", NOW, zone="Europe/London"), States()
    state = player.first
    for event in player.journal:
        written = states.write(state, event.at)
        if is_read_anew:
            states._kept.clear()
        read = states.of(written)
        assert json.loads(written) == json.loads(state.model_dump_json())
        assert read == state
        state = turn(player.release, read, event).state


def as_before(state: State) -> str:
    """The state as an earlier version wrote it: fewer parts stood on a line of their own."""
    parts = json.loads(state.model_dump_json())
    last = "".join(f',\n"{name}":{json.dumps(parts.pop(name))}' for name in ("done", "cards"))
    return f"{json.dumps(parts)[:-1]}{last}}}"


@pytest.mark.parametrize(
    "of", [State.model_dump_json, as_before, lambda state: States().write(state, NOW)]
)
def test_a_part_that_only_looks_the_same_is_written_anew(of: Callable[[State], str]) -> None:
    """However the one before was written: with lines in its words, or all in one line."""
    before = state(7).model_copy(update={"done": (Done(flow='a\n"b', at=NOW),)})
    states = States()
    found = states.of(of(before))
    changes = {"done": (Done(flow="c", at=NOW), *found.done), "answers": {"goal": "swim"}}
    other = found.model_copy(update=changes)

    assert State.model_validate_json(states.write(other, NOW)) == other
    assert State.model_validate_json(states.write(found, NOW)) == before


def leaves(value: object) -> Iterator[tuple[type, object]]:
    """Every part of the value with its type, in order; moments are all of one type."""
    yield type(value), value
    match value:
        case BaseModel():
            yield from leaves(dict(value))
        case Done():
            yield from leaves(asdict(value))
        case dict():
            for name, each in value.items():
                yield type(name), name
                yield from leaves(each)
        case tuple() | list():
            for each in value:
                yield from leaves(each)
        case _:
            pass
