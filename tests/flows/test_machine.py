"""Every flow is a machine that all patients share: its states are its steps; it can be drawn."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from flows.conditions import Known
from flows.errors import IllegalMove
from flows.machine import NEXT, SKIPPED, definition, triggers_of
from flows.machines import follow, mermaid
from flows.program import Release
from flows.state import State
from flows.steps import END, Ask, Consent, key_of
from tests.flows.starts import real_release

FLOWS = sorted(real_release().all_flows)
SOMEONE = Known(State(release="any"), datetime(2026, 3, 2, tzinfo=UTC))
every_flow = pytest.mark.parametrize("name", FLOWS)


@every_flow
def test_the_states_of_a_machine_are_the_steps_of_its_flow(release: Release, name: str) -> None:
    """No step is lost, none is made up, and the last place is the end."""
    machine = release.machine(name)

    assert tuple(machine.states) == (*release.flow(name).names, END)
    assert machine.initial == release.flow(name).names[0]


@every_flow
def test_each_button_leads_somewhere(release: Release, name: str) -> None:
    """At every step each reply, a skip among them, has a step that follows."""
    flow, machine = release.flow(name), release.machine(name)

    for step in flow.steps:
        for trigger in triggers_of(step):
            assert follow(machine, str(step.id), trigger, SOMEONE) in machine.states


@every_flow
def test_a_choice_leads_where_the_author_wrote(release: Release, name: str) -> None:
    """`next` of a choice wins over `goto`, and `goto` over the step below."""
    flow, machine = release.flow(name), release.machine(name)
    below = dict(zip(flow.names, (*flow.names[1:], END), strict=True))

    for step in flow.steps:
        if isinstance(step, Ask | Consent) and isinstance(step.next, dict):
            for choice in step.choices:
                written = step.next.get(choice) or step.goto or below[str(step.id)]
                assert follow(machine, str(step.id), choice, SOMEONE) == written


@every_flow
def test_a_move_leads_where_the_library_would_lead(release: Release, name: str) -> None:
    """Every reply at every step, for somebody new and for somebody with answers to all of it."""
    flow, machine = release.flow(name), release.machine(name)
    keys = [key for key in map(key_of, flow.steps) if key is not None]
    answered = State(release="any", phase="learning", answers=dict.fromkeys(keys, 7))

    for known in (SOMEONE, Known(answered, SOMEONE.at, {"lessons": 3}, release.measures)):
        for step in flow.steps:
            for trigger in triggers_of(step):
                model = SimpleNamespace(state=str(step.id))
                machine.events[trigger].trigger(model, known)
                assert follow(machine, str(step.id), trigger, known) == model.state


@every_flow
def test_what_nobody_offered_is_refused(release: Release, name: str) -> None:
    """A forged reply, and a step of another flow, are no moves."""
    machine, first = release.machine(name), release.flow(name).names[0]

    with pytest.raises(IllegalMove):
        follow(machine, first, "no-such-reply", SOMEONE)
    with pytest.raises(IllegalMove):
        follow(machine, "no-such-step", NEXT, SOMEONE)


def test_a_machine_is_made_once_and_belongs_to_nobody(release: Release) -> None:
    """Patients share it: following a move binds no model to it and leaves it as it was."""
    machine = release.machine("lesson/cbt-loop")
    step = next(s for s in release.flow("lesson/cbt-loop").steps if isinstance(s, Ask))

    follow(machine, str(step.id), SKIPPED, SOMEONE)

    assert release.machine("lesson/cbt-loop") is machine
    assert machine.models == []
    assert machine.initial == release.flow("lesson/cbt-loop").names[0]


@every_flow
def test_a_flow_can_be_drawn(release: Release, name: str) -> None:
    """The picture is Mermaid text that names every step."""
    flow = release.flow(name)

    drawn = mermaid(definition(flow), flow.title)

    assert "stateDiagram" in drawn
    assert flow.title in drawn
    assert all(step in drawn for step in flow.names)
