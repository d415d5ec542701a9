"""The patient's phases as a machine: each move leads where it should, and no other is possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import IllegalMove
from flows.journey import JOURNEY, PHASES, TRIGGERS, move
from flows.machines import Definition, build, follow, mermaid

WAY = [
    ("consent", "screening"),
    ("fit", "baseline"),
    ("measured", "planning"),
    ("planned", "learning"),
    ("pause", "paused"),
    ("resume", "learning"),
    ("complete", "finishing"),
    ("follow_up", "following_up"),
    ("finish", "finished"),
]


def test_a_whole_way_through_the_program() -> None:
    """From consent to the end, with a pause on the way."""
    phases = ["consenting"]
    for trigger, _ in WAY:
        phases.append(move(phases[-1], trigger))

    assert phases == ["consenting", *(phase for _, phase in WAY)]


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase != "withdrawn"])
def test_anyone_may_leave_at_any_time_and_come_back(phase: str) -> None:
    """Every phase but the last door itself leads out, and the way back begins with consent."""
    assert move(phase, "withdraw") == "withdrawn"
    assert move("withdrawn", "rejoin") == "consenting"


@pytest.mark.parametrize(
    ("phase", "trigger"),
    [
        ("withdrawn", "withdraw"),
        ("consenting", "fit"),
        ("learning", "consent"),
        ("paused", "pause"),
        ("finished", "finish"),
        ("learning", "fly"),
        ("nowhere", "consent"),
    ],
)
def test_a_move_that_the_phase_does_not_allow_is_refused(phase: str, trigger: str) -> None:
    """The refusal says which move from where."""
    with pytest.raises(IllegalMove, match=trigger) as refused:
        move(phase, trigger)

    assert (refused.value.state, refused.value.trigger) == (phase, trigger)


@given(st.lists(st.sampled_from(TRIGGERS), max_size=40))
def test_any_moves_in_any_order_keep_the_patient_in_a_phase(triggers: list[str]) -> None:
    """Refused moves change nothing, allowed ones lead to a phase of the journey."""
    phase = "consenting"
    for trigger in triggers:
        try:
            phase = move(phase, trigger)
        except IllegalMove:
            continue

    assert phase in PHASES


def test_the_journey_can_be_drawn() -> None:
    """The picture is made from the same machine: every phase and move is in it."""
    drawn = mermaid(JOURNEY, "The patient's way")

    assert drawn.startswith('---\ntitle: "The patient\'s way"\n---\nstateDiagram-v2\n')
    assert "[*] --> consenting" in drawn
    assert "consenting --> screening: consent" in drawn
    assert "learning --> paused: pause" in drawn
    for phase in PHASES:
        assert f'state "{phase}" as {phase}' in drawn


def is_low(value: int) -> bool:
    return value <= 4


BRANCHING = Definition(
    states=("how-sure", "smaller", "end"),
    transitions=(
        {"trigger": "rated", "source": "how-sure", "dest": "smaller", "conditions": [is_low]},
        {"trigger": "rated", "source": "how-sure", "dest": "end"},
        {"trigger": "at 9:30", "source": "smaller", "dest": "end", "conditions": [is_low]},
    ),
    initial="how-sure",
)


def test_a_shared_machine_follows_each_patients_own_facts() -> None:
    """Conditions are asked with the facts of the move; the machine itself remembers nothing."""
    machine = build(BRANCHING)

    assert follow(machine, "how-sure", "rated", 3) == "smaller"
    assert follow(machine, "how-sure", "rated", 9) == "end"
    assert machine.models == []
    with pytest.raises(IllegalMove):
        follow(machine, "smaller", "at 9:30", 9)


def test_names_that_mermaid_could_not_read_are_written_otherwise() -> None:
    """Hyphens, colons and Mermaid's own words do not break a picture; labels stay readable."""
    drawn = mermaid(BRANCHING, "How sure")

    assert 'state "how-sure" as how_sure' in drawn
    assert 'state "end" as end_' in drawn
    assert "how_sure --> smaller: rated [is_low]" in drawn
    assert "smaller --> end_: at 9.30 [is_low]" in drawn
