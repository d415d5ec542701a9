"""Short stories that the bot lives through unharmed, and that a broken one does not."""

from __future__ import annotations

from dataclasses import dataclass

from tests.journeys.scripts import PLACE
from tests.life.checks import wrong
from tests.life.life import Act, Life, Restless

PATIENCE = 5.0
"""Seconds in which a broken bot may come to rest before we look at it."""


@dataclass(frozen=True)
class Control:
    """What happens, and the words of the invariant that a bot broken so breaks."""

    acts: tuple[Act, ...]
    finds: str
    ahead: int = 2
    """How many patients have come far before it."""


CONTROLS = {
    "acknowledges_first": Control(
        (
            {"act": "says", "who": 1, "text": "United Kingdom"},
            {"act": "dies", "once": "acknowledged"},
        ),
        "was acknowledged and never kept",
    ),
    "keeps_twice": Control(
        (
            {"act": "says", "who": 1, "text": "hello there"},
            {"act": "waits"},
            {"act": "again", "back": 0, "as_new": False},
        ),
        "are out of order, or twice",
    ),
    "forgets_order": Control(
        (
            {"act": "loses network", "seconds": 30},
            {"act": "says", "who": 1, "text": "United Kingdom"},
            {"act": "says", "who": 1, "text": "London"},
            {"act": "loses network", "seconds": 0},
        ),
        "was answered out of order",
    ),
    "retries_refusals": Control(
        (
            {"act": "fails", "kind": "400", "method": "sendMessage", "times": 999, "chat": 1},
            {"act": "says", "who": 1, "text": "hello there"},
        ),
        "the same sendMessage was refused",
    ),
    "answers_stale_taps": Control(
        (
            *({"act": "says", "who": 1, "text": text} for text in PLACE),
            {"act": "waits"},
            # the same button stands under the next question, too
            {"act": "goes on", "who": 1},
            {"act": "waits"},
            {"act": "again", "back": 0, "as_new": True},
        ),
        "was answered by 2 taps",
    ),
    "recovers_nothing": Control(
        (
            {"act": "fails", "kind": "hang", "method": "sendMessage", "times": 1, "seconds": 3},
            {"act": "says", "who": 1, "text": "hello there"},
            {"act": "dies", "once": "struck"},
        ),
        "is still sending",
    ),
    "leaves_nudges_unmarked": Control(
        ({"act": "jumps", "hours": 26},),
        "waits since",
    ),
    "screens_late": Control(
        ({"act": "says", "who": 0, "text": "yes but I want to die"},),
        "were not answered with help first",
    ),
    "loses_results": Control(
        ({"act": "says", "who": 1, "text": "hello there"},),
        "is still sending",
        # it could not even get so far
        ahead=0,
    ),
    "takes_edits_for_answers": Control(
        (
            {"act": "says", "who": 1, "text": "Germany"},
            {"act": "waits"},
            {"act": "edits", "who": 1, "text": "Berlin"},
        ),
        "edited_message was taken for",
    ),
}
"""By the name of the broken bot; each story is told to people of its own."""


def harm_done(life: Life, control: Control, patience: float) -> list[str]:
    """What is wrong after that story, with a bot that may never come to rest."""
    try:
        for act in control.acts:
            life.does(act)
        life.rests(patience)
    except Restless as restless:
        return [*wrong(life.world), str(restless)]
    return wrong(life.world)
