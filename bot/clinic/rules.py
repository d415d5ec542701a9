"""Rules: what raises which alert, how often it did, and how much of that was a false alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.routing import Route

from bot.clinic.answers import Answer, Shown
from bot.clinic.frame import ROOT, Frame
from bot.clinic.visit import Visit
from bot.service.workload import Waits, take_times_by_rule
from bot.store import workload
from bot.store.workload import Counted
from flows.comparing import bounds_in_words, change_in_words
from flows.rule import Rule

RULES = f"{ROOT}/rules"
PERIODS = (7, 30, 90)
"""The days over which firings are counted; what became of alerts is told for the longest."""


@dataclass(frozen=True, slots=True)
class Line:
    """A rule and what it did."""

    rule: Rule
    measure: str
    bound: str
    change: str
    reaches: tuple[str, ...]
    raised: tuple[int, ...]
    open: int
    closed: int
    false: int
    to_take: Waits

    @property
    def false_share(self) -> int | None:
        """How many percent of what was closed were false alarms; None if nothing was closed."""
        return round(100 * self.false / self.closed) if self.closed else None


def routes(frame: Frame) -> list[Route]:
    """The rules."""
    return [frame.page(RULES, view)]


def view(visit: Visit) -> Answer:
    """Every rule by tier, with its words, its clocks, and its figures."""
    release = visit.site.release
    counts = [workload.counted(visit.unit, visit.at - timedelta(days=days)) for days in PERIODS]
    now_open = workload.open_by_rule(visit.unit)
    since = visit.at - timedelta(days=PERIODS[-1])
    rules = workload.rules_of_fired(visit.unit, since)
    times = take_times_by_rule(rules, workload.steps(visit.unit, since))
    lines = [
        _line(visit, rule, counts, now_open.get(rule.rule, 0), times.get(rule.rule, Waits()))
        for rule in release.escalation.rules
    ]
    tiers = release.escalation.tiers
    return Shown(
        "rules.html",
        {
            "tiers": [
                (name, tier, [line for line in lines if line.rule.tier == name])
                for name, tier in tiers.items()
            ],
            "periods": PERIODS,
            "storm": release.escalation.storm,
        },
    )


def _line(
    visit: Visit, rule: Rule, counts: list[dict[str, Counted]], now_open: int, to_take: Waits
) -> Line:
    release, none = visit.site.release, Counted(rule.rule, 0, 0, 0)
    longest = counts[-1].get(rule.rule, none)
    measure = release.measures.get(rule.measure or "")
    return Line(
        rule=rule,
        measure=measure.title if measure else "",
        bound=bounds_in_words(rule),
        change=change_in_words(rule, measure) if measure and rule.compares else "",
        reaches=tuple(release.label(f"role-{role}") for role in release.escalation.reaches(rule)),
        raised=tuple(each.get(rule.rule, none).raised for each in counts),
        open=now_open,
        closed=longest.closed,
        false=longest.false,
        to_take=to_take,
    )
