"""What an author may write: the program, its flows, measures, rules, lines and messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal

from pydantic import ConfigDict, Field, PrivateAttr
from transitions import Machine

from flows.machine import compile_flow
from flows.places import Places
from flows.steps import Case, Choices, Condition, Flow, Item, Key, Label, Number, Say, Tally, Words
from flows.value import Value

__all__ = ["Case", "Choices", "Condition", "Flow", "Key", "Label", "Number", "Words"]


class Band(Value):
    """A range of scores up to and including `upto`, in words for each reader."""

    upto: Number
    name: str
    patient: str
    clinician: str


class Change(Value):
    """How much change is reliable, by which method, from which source."""

    reliable: Number
    important: Number | None = None
    method: str
    source: str
    verified: bool = False


class Missing(Value):
    """The missing-item rule: how many may be missing, and which may never be."""

    most: int = 0
    required: tuple[int, ...] = ()
    source: str = ""
    verified: bool = False


class MeasureItem(Value):
    """One item as printed; `short` is its name in charts and alerts."""

    text: Words
    short: Words
    loinc: str | None = None


class Measure(Value):
    """A questionnaire: items, answers, scoring, bands, change, licence."""

    measure: str
    title: str
    short: str
    about: Words
    recall: str
    items: tuple[MeasureItem, ...] = Field(min_length=1)
    choices: Choices = Field(default_factory=dict)
    scale: tuple[int, int] = (0, 10)
    anchors: tuple[tuple[str, str], ...] = ()
    score: Literal["sum", "mean"]
    better: Literal["lower", "higher"] = "lower"
    range: tuple[Number, Number]
    subscales: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    missing: Missing = Missing()
    bands: tuple[Band, ...] = ()
    change: Change | None = None
    loinc: str | None = None
    licence: str
    attribution: str = ""
    source: str
    verified: bool = False
    verified_on: str | None = None

    def flow(self) -> Flow:
        """The flow that asks the items one at a time, then tallies."""
        items = [self._item(number) for number in range(1, len(self.items) + 1)]
        credit = [Say(id="credit", say=self.attribution)] if self.attribution else []
        return Flow(
            id=f"measure/{self.measure}",
            title=self.title,
            minutes=max(1, len(self.items) // 3),
            steps=(
                Say(id="about", say=self.about),
                *items,
                Tally(id="tally", tally=self.measure),
                *credit,
            ),
        )

    def _item(self, number: int) -> Item:
        return Item(
            id=f"item-{number}",
            measure=self.measure,
            item=number,
            item_count=len(self.items),
            text=self.items[number - 1].text,
            choices=self.choices
            or {str(n): str(n) for n in range(self.scale[0], self.scale[1] + 1)},
            required=number in self.missing.required,
        )


class Rule(Value):
    """What raises which alert: reason code, tier, condition, words, what the patient gets."""

    rule: Key
    tier: Literal["red", "amber", "yellow", "grey"]
    measure: str | None = None
    item: int | None = None
    missing_item: int | None = None
    gte: Number | None = None
    lte: Number | None = None
    worse_by: Number | None = None
    worse_percent: Number | None = None
    baseline_gte: Number | None = None
    than: tuple[Literal["baseline", "best"], ...] = ("baseline", "best")
    reply: str | None = None
    clinician: Words
    source: str
    verified: bool = False


class Tier(Value):
    """An alert's clock: minutes to the first and to each later telling; window of one alert."""

    title: Label
    remind_minutes: int
    window_hours: int
    always_tell: bool = False


class Escalation(Value):
    """All rules and the tiers' clocks."""

    tiers: dict[str, Tier]
    rules: tuple[Rule, ...]
    outcomes: Choices
    silence_days: int = 7

    def rule(self, name: str) -> Rule:
        """The rule of that name; KeyError if there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.rule: rule for rule in self.rules}


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


class NudgePlan(Value):
    """When nudges may go out, how many, and which flow each kind is."""

    time: str = "10:00"
    quiet: tuple[str, str] = ("21:00", "08:00")
    late_hours: int = 2
    unanswered: int = 2
    plan: str
    check: str
    lesson: str
    unfinished: str
    paused: str


class Check(Value):
    """The weekly check: its flow and its rhythm in days."""

    flow: str
    every_days: int = 7


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


class Suggestion(Value):
    """A track the answers speak for, in words, the first that holds."""

    when: Condition | None = None
    text: str


class Program(Value):
    """The order of everything: phases, tracks, pace, checks, nudges, commands."""

    program: str
    version: str
    language: str = "en"
    phases: dict[str, tuple[str, ...]]
    tracks: dict[str, Track]
    pace: dict[str, int]
    check: Check
    core: tuple[str, ...] = ()
    addons: dict[Key, str] = Field(default_factory=dict)
    checks: tuple[Schedule, ...] = ()
    menu: tuple[Key, ...] = ()
    instead: dict[str, str] = Field(default_factory=dict)
    nudges: NudgePlan
    suggestions: tuple[Suggestion, ...] = ()
    commands: dict[str, str]
    baseline: str = "baseline"


class Messages(Value):
    """The bot's fixed texts by id, the words people type for commands, and number words."""

    texts: dict[str, Words]
    labels: dict[str, Label]
    commands: dict[str, Label]
    typed: dict[str, tuple[str, ...]]
    numbers: dict[str, int]
    days: dict[str, tuple[str, ...]]


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
    _places: Callable[[], Places] = PrivateAttr(default=Places)
    _machines: dict[str, Machine] = PrivateAttr(default_factory=dict)

    def flow(self, name: str) -> Flow:
        """The flow of that id, a measure's among them; KeyError if there is none."""
        return self.flows[name] if name in self.flows else self._measure_flows[name]

    def machine(self, name: str) -> Machine:
        """The machine of that flow, compiled once and shared by everyone on this release."""
        if name not in self._machines:
            self._machines[name] = compile_flow(self.flow(name))
        return self._machines[name]

    @cached_property
    def _measure_flows(self) -> dict[str, Flow]:
        return {f"measure/{name}": measure.flow() for name, measure in self.measures.items()}

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
