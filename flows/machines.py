"""What a machine is: states and the moves between them; followed as a value, drawn as a picture."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transitions import Machine, State
from transitions.extensions import GraphMachine

from flows.errors import IllegalMove

# words that mean something to Mermaid, so no state may bear them there
_RESERVED = frozenset(
    {"class", "classdef", "default", "direction", "end", "note", "state", "style"}
)


@dataclass(frozen=True, slots=True)
class Definition:
    """A machine as plain values.

    A transition is a mapping: trigger, source (one state or a list), dest, and perhaps
    `conditions`, callables that are given the facts of the move.
    """

    states: tuple[str, ...]
    transitions: tuple[Mapping[str, Any], ...]
    initial: str


def build(definition: Definition) -> Machine:
    """A machine that belongs to nobody; any number of patients may share it."""
    return Machine(
        model=None,
        states=list(definition.states),
        transitions=[dict(transition) for transition in definition.transitions],
        initial=definition.initial,
        auto_transitions=False,
        send_event=False,
    )


def follow(machine: Machine, state: str, trigger: str, *facts: object) -> str:
    """The state that follows, or IllegalMove; conditions are asked with the facts.

    The machine's own transitions are asked in their order, without the callbacks, the queue and
    the log that the library has around them: nobody is told, and a flow asks a dozen times a turn.
    """
    event: Any = machine.events.get(trigger)
    for way in event.transitions.get(state, ()) if event is not None else ():
        if all(guard.func(*facts) == guard.target for guard in way.conditions):
            return str(way.dest)
    raise IllegalMove(state, trigger)


def mermaid(definition: Definition, title: str) -> str:
    """The machine as a Mermaid state diagram under that title."""
    machine = _Picture(
        model=None,
        states=[{"name": _id(state), "label": state} for state in definition.states],
        transitions=[_drawn(transition) for transition in definition.transitions],
        initial=_id(definition.initial),
        auto_transitions=False,
        show_conditions=True,
        graph_engine="mermaid",
    )
    graph = machine.graph_cls(machine).get_graph(title=f"title: {json.dumps(title)}")
    return f"{graph.draw(None)}\n"


class _Labelled(State):
    """A state with a name for people beside the one that Mermaid can read."""

    def __init__(self, name: str, label: str, **more: Any) -> None:
        super().__init__(name, **more)
        self.label = label


class _Picture(GraphMachine):
    state_cls = _Labelled


def _drawn(transition: Mapping[str, Any]) -> dict[str, Any]:
    source = transition["source"]
    return {
        "trigger": _words(transition["trigger"]),
        "source": _id(source) if isinstance(source, str) else [_id(state) for state in source],
        "dest": _id(transition["dest"]),
        "conditions": [_words(_name(each)) for each in transition.get("conditions", ())],
    }


def _id(state: str) -> str:
    name = re.sub(r"\W", "_", state)
    return f"{name}_" if name.lower() in _RESERVED else name


def _words(text: str) -> str:
    # both end a label in Mermaid
    return text.replace(":", ".").replace(";", ",")


def _name(condition: object) -> str:
    return str(getattr(condition, "__name__", condition))
