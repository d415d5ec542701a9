"""What an author may write of escalation: what raises which alert, whom it reaches, how soon."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field

from flows.fields import Choices, Key, Label, Number, Words
from flows.value import Value

TierName = Literal["red", "amber", "yellow", "grey"]
Reference = Literal["baseline", "best"]
Role = Literal["clinician", "lead"]
Hop = Literal["on-call", "next", "team", "mail"]
HOPS: tuple[Hop, ...] = ("on-call", "next", "team", "mail")
"""Where an alert goes, one after the other, until someone takes it."""

ENGINE_RULES = frozenset(
    {
        "behind-schedule",
        "crisis-asked",
        "nudges-unanswered",
        "overdue-after-amber",
        "silence-after-amber",
        "unreachable",
    }
)
"""The rules that the engine raises by itself: each must be in escalation.yaml."""


class Rule(Value):
    """What raises which alert: reason code, tier, condition, words, what the patient gets.

    A rule without `measure` is raised by the engine or by a `raise` step. With `measure`, all
    conditions that are named must hold: of the total, of `item` or of any of `items`.

    - `gte`, `lte`: the value itself
    - `worse_by`, `worse_percent`: worse than each score in `than`, at least one of them, by so much
    - `consecutive`: the last so many steps from score to score were each worse by `worse_by`
    - `improved_less`: not better than the first score by so much
    - `above_expected`: so much above the course that is expected after that first score
    - `baseline_gte`: only if the first score was at least so high
    - `within`: only while this flow is open
    """

    rule: Key
    tier: TierName
    measure: str | None = None
    item: int | None = None
    items: tuple[int, ...] = ()
    missing_item: int | None = None
    gte: Number | None = None
    lte: Number | None = None
    worse_by: Number | None = None
    worse_percent: Number | None = None
    consecutive: int | None = Field(default=None, ge=2)
    improved_less: Number | None = None
    above_expected: Number | None = None
    baseline_gte: Number | None = None
    than: tuple[Reference, ...] = ("baseline", "best")
    within: str | None = None
    reply: str | None = None
    reaches: tuple[Role, ...] = ()
    clinician: Words
    source: str
    verified: bool = False

    @property
    def compares(self) -> bool:
        """Whether it holds a score against earlier ones."""
        limits = (self.worse_by, self.worse_percent, self.improved_less, self.above_expected)
        return any(limit is not None for limit in limits)

    @property
    def named_items(self) -> tuple[int, ...]:
        """The items that it looks at by themselves."""
        return self.items or ((self.item,) if self.item is not None else ())


class Tier(Value):
    """An alert's clocks and readers.

    - `remind_minutes`: until the next hop of the chain is told, while nobody has taken it
    - `act_minutes`: for whoever took it to act, before the chain goes on to the others
    - `close_minutes`: for whoever acted to close it, before they are reminded
    - `digest`: it is told in each reader's daily digest, and not at once
    """

    title: Label
    remind_minutes: int
    act_minutes: int = 240
    close_minutes: int = 10_080
    window_hours: int
    always_tell: bool = False
    digest: bool = False
    chain: tuple[Hop, ...] = HOPS
    reaches: tuple[Role, ...] = ("clinician", "lead")


class Storm(Value):
    """So many alerts of one rule in so many minutes are a storm: what follows is told together."""

    alerts: int = 20
    minutes: int = 60


class Escalation(Value):
    """All rules and the tiers' clocks."""

    tiers: dict[str, Tier]
    rules: tuple[Rule, ...]
    outcomes: Choices
    silence_days: int = 7
    storm: Storm = Storm()

    def rule(self, name: str) -> Rule:
        """The rule of that name; KeyError if there is none."""
        return self._by_name[name]

    def reaches(self, rule: Rule) -> tuple[Role, ...]:
        """The roles that hear of this rule: its own, or its tier's."""
        return rule.reaches or self.tiers[rule.tier].reaches

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.rule: rule for rule in self.rules}
