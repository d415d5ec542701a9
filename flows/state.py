"""Where a patient is: a frozen value that is stored and reloaded at every turn."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from flows.value import Value


class Frame(Value):
    """A position in a flow: the step, the questions answered before it, a measure's items so far.

    `waiting` says that the step is a `do` whose flow lies above this frame; `resting` that the
    patient left it for later.
    """

    flow: str
    step: str
    trail: tuple[str, ...] = ()
    items: dict[int, int | None] = Field(default_factory=dict)
    waiting: bool = False
    resting: bool = False


class Score(Value):
    """A measure scored at a moment; total None when too many items are missing."""

    measure: str
    at: datetime
    turn: int
    total: float | None
    items: dict[int, int | None]
    subscales: dict[str, float] = Field(default_factory=dict)
    prorated: bool = False


class Done(Value):
    """A flow that was finished, and when."""

    flow: str
    at: datetime


class Waiting(Value):
    """The nudge that is scheduled: its key and moment (UTC)."""

    key: str
    due_at: datetime


class State(Value):
    """Everything the next turn must know."""

    release: str
    phase: str = "consenting"
    turn: int = 0
    invited: bool = True
    stack: tuple[Frame, ...] = ()
    asked: int | None = None
    answers: dict[str, str | int] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    done: tuple[Done, ...] = ()
    lesson_opens_at: datetime | None = None
    last_seen_at: datetime | None = None
    nudge: Waiting | None = None
    watch: Waiting | None = None
    check: Waiting | None = None
    nudged_on: date | None = None
    unanswered: int = 0
    silent: bool = False
    held: str | None = None
    paused_until: datetime | None = None
    reachable: bool = True
    amber_at: datetime | None = None

    def scores_of(self, measure: str) -> tuple[Score, ...]:
        """That measure's scores with a total, oldest first."""
        return tuple(s for s in self.scores if s.measure == measure and s.total is not None)

    def finished(self, flow: str) -> datetime | None:
        """When that flow was last finished, or None."""
        return next((d.at for d in reversed(self.done) if d.flow == flow), None)
