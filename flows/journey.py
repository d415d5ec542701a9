"""The phases of a patient's way through the program, and the moves between them."""

from __future__ import annotations

from flows.machines import Definition, build, follow

PHASES = (
    "consenting",
    "screening",
    "baseline",
    "planning",
    "learning",
    "paused",
    "finishing",
    "following_up",
    "finished",
    "withdrawn",
)
"""Every phase, in the order of the way."""

JOURNEY = Definition(
    states=PHASES,
    transitions=(
        {"trigger": "consent", "source": "consenting", "dest": "screening"},
        {"trigger": "fit", "source": "screening", "dest": "baseline"},
        {"trigger": "measured", "source": "baseline", "dest": "planning"},
        {"trigger": "planned", "source": "planning", "dest": "learning"},
        {"trigger": "pause", "source": ["learning", "finishing"], "dest": "paused"},
        {"trigger": "resume", "source": "paused", "dest": "learning"},
        {"trigger": "complete", "source": "learning", "dest": "finishing"},
        {"trigger": "more", "source": ["finishing", "following_up"], "dest": "learning"},
        {"trigger": "follow_up", "source": "finishing", "dest": "following_up"},
        {"trigger": "finish", "source": "following_up", "dest": "finished"},
        {
            "trigger": "withdraw",
            "source": [phase for phase in PHASES if phase != "withdrawn"],
            "dest": "withdrawn",
        },
        {"trigger": "rejoin", "source": "withdrawn", "dest": "consenting"},
    ),
    initial="consenting",
)
"""The journey as a machine, for moves and for pictures."""

TRIGGERS = tuple(str(transition["trigger"]) for transition in JOURNEY.transitions)
"""Every move that a flow may make."""

_MACHINE = build(JOURNEY)


def move(phase: str, trigger: str) -> str:
    """The phase that follows, or IllegalMove."""
    return follow(_MACHINE, phase, trigger)
