"""The program as it is ordered, each of its talks made short: courses of months in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flows.program import Release
from flows.state import Done, State
from flows.steps import Flow
from tests.flows.player import Player
from tests.flows.starts import real_release

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When learning begins in these courses."""

TALK: dict[str, Any] = {"ask": "here", "text": "Shall we?", "choices": {"go": "Go on"}}
MAIN = {
    "flow/middle": ({"do": "measure/phq-9"},),
    "flow/two-weekly": ({"do": "measure/phq-9"},),
    "flow/ending": ({"do": "measure/phq-9"}, {"move": "follow_up"}),
    "flow/booster-12": ({"move": "finish"},),
}
"""What counts for the calendar in the talks that are more than a question."""


@cache
def shortened() -> Release:
    """The real release with one question in each lesson, extra, and set of questions."""
    release = real_release()
    parts = {name: getattr(release, name) for name in Release.model_fields}
    made = {name: _short(release, name) for name in _named(release)}
    return Release(**{**parts, "flows": {**release.flows, **made}})


def begun(**answers: str) -> Player:
    """A patient on the first day of learning, at nine on a Monday, who has given these answers."""
    known = {"track": "cbt", "pace": "standard", "zone": "UTC", "country": "other"}
    player = Player(shortened(), MONDAY)
    asked = ("flow/baseline", "measure/phq-9")
    player.state = player.first = State(
        release=player.release.hash,
        phase="learning",
        phase_at=MONDAY,
        learning_at=MONDAY,
        answers={**known, "plan-what": "a short walk", **answers},
        done=tuple(Done(flow=flow, at=MONDAY) for flow in asked),
    )
    return player


def _named(release: Release) -> Iterator[str]:
    program = release.program
    yield from program.core
    yield from (lesson for track in program.tracks.values() for lesson in track.lessons)
    yield from program.addons.values()
    yield from (check.flow for check in program.checks)


def _short(release: Release, name: str) -> Flow:
    written = release.flows.get(name)
    return Flow.model_validate(
        {
            "id": name,
            "title": "Made short",
            "minutes": written.minutes if written else 1,
            "next_after": written.next_after if written else None,
            "steps": [TALK, *MAIN.get(name, ()), {"say": "That is all."}],
        }
    )
