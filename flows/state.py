"""Where a patient is: a frozen value that is stored and reloaded at every turn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from flows.events import OfferEnd, OfferName, Setting
from flows.value import Value

# each is tried as what most are; to weigh both against each other takes longer
Given = Annotated[str | int, Field(union_mode="left_to_right")]
"""What was answered: words, the name of a choice, or a number."""
_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Frame(Value):
    """A position in a flow: the step, the questions answered before it, a measure's items so far.

    `waiting` says that the step is a `do` whose flow lies above this frame; `resting` that the
    patient left it for later; `simpler` names the bubbles since the last question that have
    simpler words; `card` is the number of a card that is being changed, and `kept` names its
    answers that were not taken off it here; `given` names the answers given here.
    """

    flow: str
    step: str
    trail: tuple[str, ...] = ()
    items: dict[int, int | None] = Field(default_factory=dict)
    waiting: bool = False
    resting: bool = False
    simpler: tuple[str, ...] = ()
    card: int | None = None
    kept: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


class Score(Value):
    """A measure scored at a moment; total None when too many items are missing."""

    measure: str
    at: datetime
    turn: int
    total: float | None
    items: dict[int, int | None]
    subscales: dict[str, float] = Field(default_factory=dict)
    prorated: bool = False


# of no other part has a state so many: without what a model has, they are read in less time
@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Done:
    """A flow that was finished, and when."""

    flow: str
    at: datetime


class Kept(Value):
    """A card that was kept: its number, its text as it was then, the answers and words in it."""

    number: int
    card: str
    flow: str
    title: str
    at: datetime
    text: str
    answers: dict[str, str | int] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)


class Waiting(Value):
    """The nudge that is scheduled: its key and moment (UTC)."""

    key: str
    due_at: datetime


class Behind(Value):
    """A lesson that has waited long: since when its clock counts, and whether the team was told.

    `asked` says that the patient was asked first what is in the way.
    """

    lesson: str
    since: datetime
    asked: bool = False
    told: bool = False


class Offer(Value):
    """What the care team offered and is open, or, without choices, how that ended.

    `turn` is when it was shown; None says that the patient has yet to see it. `values` fill its
    text, and `change` is what a yes changes in the program.
    """

    id: int
    name: OfferName | OfferEnd
    values: dict[str, str] = Field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()
    change: tuple[Setting, str] | None = None
    turn: int | None = None


class Lock(Value):
    """The PIN before a patient's records: its digest, empty while it is being chosen.

    `door` is what waits for the PIN, and `candidate` the digest of a new one sent once; `wrong`
    counts the tries since it last fitted; `forgot_at` is when it was asked to be taken off.
    """

    digest: str = ""
    door: str | None = None
    candidate: str = ""
    opened_at: datetime | None = None
    wrong: int = 0
    shut_until: datetime | None = None
    forgot_at: datetime | None = None


class Crowd(Value):
    """How much came lately that no question had asked for: it rises by each, and sinks in time.

    `full` says that it was too much, and the patient heard so.
    """

    level: float = 0.0
    at: datetime
    full: bool = False


class Aside(Value):
    """What was open when newer words to agree to came, and the release that it belongs to."""

    release: str
    stack: tuple[Frame, ...]


class State(Value):
    """Everything the next turn must know.

    `phase_at` is when the phase began and `learning_at` when learning did, whatever pauses lay in
    between; `offered_on` is the day of the last reminder of questions that are due, and `extra_on`
    that of an extra that was chosen; `uncertain` is how many more sets of questions an amber alert
    asks to see; `renewed` that newer content closed what was open, and the patient has not heard;
    `taken_by` names the clinician who writes in the program's place, and `passed_on_at` is when the
    patient was last told that their words go there; `heard` is the turn in which a clinician last
    wrote. `lock` is the PIN before their records, `crowd` what came in lately.
    `agreed` is a hash of the words that they agreed to, None for whoever did so before it was
    kept; `aside` is what waits until they agree to newer ones, `reminded_of` those of which a
    nudge told them, and `excused` an older release, on which they end what they began.
    """

    release: str
    phase: str = "consenting"
    phase_at: datetime | None = None
    learning_at: datetime | None = None
    turn: int = 0
    invited: bool = True
    stack: tuple[Frame, ...] = ()
    asked: int | None = None
    answers: dict[str, Given] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    done: tuple[Done, ...] = ()
    addons: tuple[str, ...] = ()
    cards: tuple[Kept, ...] = ()
    last_card: int = 0
    lesson_opens_at: datetime | None = None
    last_seen_at: datetime | None = None
    nudge: Waiting | None = None
    watch: Waiting | None = None
    check: Waiting | None = None
    cue: Waiting | None = None
    behind_watch: Waiting | None = None
    overdue_watch: Waiting | None = None
    nudged_on: date | None = None
    offered_on: date | None = None
    extra_on: date | None = None
    behind: Behind | None = None
    uncertain: int = 0
    unanswered: int = 0
    silent: bool = False
    held: str | None = None
    paused_until: datetime | None = None
    reachable: bool = True
    amber_at: datetime | None = None
    renewed: bool = False
    taken_by: str | None = None
    passed_on_at: datetime | None = None
    heard: int = 0
    offers: tuple[Offer, ...] = ()
    lock: Lock | None = None
    crowd: Crowd | None = None
    agreed: str | None = None
    aside: Aside | None = None
    reminded_of: str | None = None
    excused: str | None = None

    @property
    def zone(self) -> str:
        """The patient's time zone, UTC until they have told it."""
        return str(self.answers.get("zone", "UTC"))

    def scores_of(self, measure: str) -> tuple[Score, ...]:
        """That measure's scores with a total, oldest first."""
        return tuple(s for s in self.scores if s.measure == measure and s.total is not None)

    def finished(self, flow: str) -> datetime | None:
        """When that flow was last finished, or None."""
        for each in reversed(self.done):
            if each.flow == flow:
                return each.at
        return None

    @property
    def all_finished(self) -> frozenset[str]:
        """The names of all flows that were finished."""
        return frozenset([each.flow for each in self.done])
