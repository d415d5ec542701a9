"""A small release with flows made for one test, and a patient who opens one of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bot.content.reading import read
from flows.effects import Send
from flows.program import Program, Release
from flows.state import State
from flows.steps import Flow
from flows.turn import Turn
from flows.wording import plain
from tests.content.packs import TINY
from tests.flows.player import Player

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)


@cache
def tiny() -> Release:
    """The tiny pack's release, in which nothing is wrong."""
    return read(TINY)


def flow(name: str, *steps: dict[str, Any]) -> Flow:
    """A flow of these steps."""
    return Flow.model_validate({"id": name, "title": "Made", "steps": list(steps)})


def release_with(*flows: Flow, **program: Any) -> Release:
    """The tiny release with these flows, each opened by a command that is the end of its id.

    Here people may also type what stands in for "go on" and for "simpler".
    """
    parts = {name: getattr(tiny(), name) for name in Release.model_fields}
    commands = {each.id.rpartition("/")[2]: each.id for each in flows}
    plan = tiny().program.model_dump(by_alias=True)
    parts["program"] = Program.model_validate(
        {**plan, "commands": {**plan["commands"], **commands}, **program}
    )
    typed = {**tiny().messages.typed, "resume": ("go on", "yes", "ok"), "simpler": ("easier",)}
    parts["messages"] = tiny().messages.model_copy(update={"typed": typed})
    return Release(**{**parts, "flows": {**tiny().flows, **{each.id: each for each in flows}}})


def patient(release: Release, **more: Any) -> Player:
    """Someone who learns by this release and has nothing open."""
    player = Player(release, FIRST)
    known = {"phase": "learning", "learning_at": FIRST, "answers": {"zone": "UTC"}}
    player.first = player.state = State(release=release.hash, **{**known, **more})
    return player


def heard(turned: Turn) -> list[str]:
    """The bubbles of a turn as they read."""
    return [plain(e.text, e.values).strip() for e in turned.effects if isinstance(e, Send)]


def shown(turned: Turn) -> list[str]:
    """The buttons under the last bubble of a turn."""
    sends = [each for each in turned.effects if isinstance(each, Send)]
    return [button.label for row in sends[-1].buttons for button in row] if sends else []
