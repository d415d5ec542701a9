"""What an author may write: the program, its flows, measures, rules, lines and messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import chain
from typing import Literal, get_args

from pydantic import ConfigDict, Field, PrivateAttr
from transitions import Machine

from flows.fields import Choices, Key, Label, Number, Words
from flows.machine import compile_flow
from flows.measure import (
    Band,
    Change,
    Licence,
    LicensedItem,
    LicensedText,
    Measure,
    MeasureItem,
    Missing,
    Subscale,
)
from flows.places import Places
from flows.rule import Escalation, Rule, Tier
from flows.spoken import spoken
from flows.steps import Case, Condition, Flow
from flows.terms import Terms, terms_of
from flows.value import Value

__all__ = [
    "Band",
    "Case",
    "Change",
    "Choices",
    "Condition",
    "Escalation",
    "Flow",
    "Key",
    "Label",
    "Licence",
    "LicensedItem",
    "LicensedText",
    "Measure",
    "MeasureItem",
    "Missing",
    "Number",
    "Rule",
    "Subscale",
    "Tier",
    "Words",
]


class Phrases(Value):
    """One language's crisis words: sure ones, vague ones, idioms of pain, words that soften."""

    hard: tuple[str, ...]
    soft: tuple[str, ...] = ()
    idioms: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    past: tuple[str, ...] = ()


class Crisis(Value):
    """The crisis screen: phrases per language, and what answers each tier.

    A soft reply's question that stays unanswered for some hours raises its own alert.
    """

    hard_rule: Key
    soft_reply: str
    unanswered_rule: Key
    unanswered_hours: int = 24
    phrases: dict[str, Phrases]
    verified: bool = False


class Line(Value):
    """One help line, with where and when its facts were read."""

    name: str
    call: str | None = None
    text: str | None = None
    chat: str | None = None
    hours: str
    languages: tuple[str, ...] = ()
    source: str
    verified: bool = False
    verified_on: str | None = None


class Country(Value):
    """A country's names, emergency number and help lines."""

    name: str
    names: tuple[str, ...] = ()
    emergency: str
    lines: tuple[Line, ...] = ()
    verified: bool = False


class Track(Value):
    """A treatment track: the order of its lessons, and those of them that make the short pack."""

    title: str
    lessons: tuple[str, ...] = Field(min_length=1)
    short: tuple[str, ...] = ()


Nudge = Literal["plan", "check", "lesson", "addon", "unfinished", "paused", "behind"]
"""What a nudge is about: the name of its flow in program.yaml."""

NUDGES: tuple[Nudge, ...] = get_args(Nudge)
"""Every kind of nudge."""


class NudgePlan(Value):
    """When nudges may go out, how many, and which flow each kind is.

    Questions that were put off are offered again after `again_days`. Whoever leaves a lesson
    waiting for `behind_days` is asked what is in the way, and `tell_days` later the team is told.
    """

    time: str = "10:00"
    quiet: tuple[str, str] = ("21:00", "08:00")
    late_hours: int = 2
    unanswered: int = 2
    again_days: int = 2
    behind_days: int = 7
    tell_days: int = 7
    plan: str
    check: str
    lesson: str
    addon: str
    unfinished: str
    paused: str
    behind: str


class Presence(Value):
    """How long a clinician who took a conversation over may be silent in it.

    They are reminded so many minutes after their last word, and in the end the program goes on.
    """

    remind_minutes: tuple[int, ...] = (120, 360)
    back_minutes: int = 1440


class Schedule(Value):
    """When a set of measures is asked, in one phase: the first that is due is the one.

    `every_days` repeats, counted from the latest of `since` (the flow itself if empty) that was
    finished; `after_lessons` and `after_days` (since the phase began) come once.
    """

    flow: str
    phase: Literal["learning", "finishing", "following_up"] = "learning"
    every_days: int | None = None
    after_lessons: int | None = None
    after_days: int | None = None
    since: tuple[str, ...] = ()

    @cached_property
    def counts_from(self) -> frozenset[str]:
        """The flows whose latest end the days are counted from."""
        return frozenset(self.since or (self.flow,))


class Suggestion(Value):
    """A track the answers speak for, in words, the first that holds."""

    when: Condition | None = None
    text: str


MENU = ("lesson", "check", "progress", "flare", "person", "settings", "now")
"""The buttons of a menu that nobody chose others for."""


class Program(Value):
    """The order of everything: phases, tracks, pace, checks, calls, nudges, commands.

    `calls` says in which week after the start of learning each call with the care team is due.
    """

    program: str
    version: str
    language: str = "en"
    phases: dict[str, tuple[str, ...]]
    tracks: dict[str, Track]
    pace: dict[str, int]
    core: tuple[str, ...] = ()
    addons: dict[Key, str] = Field(default_factory=dict)
    checks: tuple[Schedule, ...] = ()
    menu: tuple[Key, ...] = MENU
    instead: dict[str, str] = Field(default_factory=dict)
    calls: dict[Literal["start", "middle", "end"], int] = Field(default_factory=dict)
    presence: Presence = Presence()
    nudges: NudgePlan
    suggestions: tuple[Suggestion, ...] = ()
    commands: dict[str, str]
    baseline: str = "baseline"

    @cached_property
    def courses(self) -> dict[tuple[str, bool], tuple[str, ...]]:
        """The lessons of each track in order, and whether it is the short pack: the core first."""
        return {
            (name, is_short): (*self.core, *((is_short and track.short) or track.lessons))
            for name, track in self.tracks.items()
            for is_short in (False, True)
        }

    @cached_property
    def checks_in(self) -> dict[str, tuple[Schedule, ...]]:
        """The sets of questions of each phase that has any, in their order."""
        phases = dict.fromkeys(check.phase for check in self.checks)
        return {
            phase: tuple(check for check in self.checks if check.phase == phase) for phase in phases
        }

    @cached_property
    def lessons(self) -> frozenset[str]:
        """Every lesson there is: the core's and each track's."""
        tracks = (track.lessons for track in self.tracks.values())
        return frozenset((*self.core, *chain.from_iterable(tracks)))


class Feedback(Value):
    """Words that a clinician may send: under which name, what its button says, and when it fits.

    All that is named must hold: `when`, that nothing was heard from the patient for `quiet_days`,
    and that the patient chose the `extra`.
    """

    feedback: Key
    title: Label
    when: Condition | None = None
    quiet_days: int | None = Field(default=None, ge=1)
    extra: Key | None = None
    text: Words


class Messages(Value):
    """The bot's fixed texts by id, the words people type for commands, and number words."""

    texts: dict[str, Words]
    labels: dict[str, Label]
    commands: dict[str, Label]
    typed: dict[str, tuple[str, ...]]
    numbers: dict[str, int]
    days: dict[str, tuple[str, ...]]

    @cached_property
    def spoken(self) -> dict[str, str]:
        """The command that each typed phrase stands for."""
        return spoken(self.typed)


class Release(Value):
    """The whole content of one moment: what a conversation needs, and nothing that changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    program: Program
    flows: dict[str, Flow]
    measures: dict[str, Measure]
    escalation: Escalation
    crisis: Crisis
    countries: dict[str, Country]
    messages: Messages
    feedback: tuple[Feedback, ...] = ()
    _places: Callable[[], Places] = PrivateAttr(default=Places)
    _machines: dict[str, Machine] = PrivateAttr(default_factory=dict)

    def flow(self, name: str) -> Flow:
        """The flow of that id, a measure's among them; KeyError if there is none."""
        return self.flows.get(name) or self._measure_flows[name]

    def machine(self, name: str) -> Machine:
        """The machine of that flow, compiled once and shared by everyone on this release."""
        machines = self._machines
        if name not in machines:
            machines[name] = compile_flow(self.flow(name))
        return machines[name]

    def with_machines(self, machines: dict[str, Machine]) -> Release:
        """A copy of this release in which flows are followed on these machines."""
        copy = self.model_copy()
        copy._machines = machines
        return copy

    @cached_property
    def _measure_flows(self) -> dict[str, Flow]:
        return {f"measure/{name}": measure.flow() for name, measure in self.measures.items()}

    @cached_property
    def terms(self) -> Terms | None:
        """What is agreed to before anything else, or None in a program that asks for nothing."""
        return terms_of(self.flow(name) for name in self.program.phases.get("consenting", ()))

    @property
    def all_flows(self) -> dict[str, Flow]:
        """Every flow by id: written ones and the measures'."""
        return {**self.flows, **self._measure_flows}

    @property
    def places(self) -> Places:
        """The cities and zones that a typed place is looked up in."""
        return self._places()

    def with_places(self, places: Callable[[], Places]) -> Release:
        """This release, able to look up places; they are asked for when first needed."""
        self._places = places
        return self

    def text(self, name: str) -> str:
        """The fixed text of that id; KeyError if there is none."""
        return self.messages.texts[name]

    def label(self, name: str) -> str:
        """The fixed button label of that id; KeyError if there is none."""
        return self.messages.labels[name]
