"""Which answers and scores raise an alert, and the life of an alert once it is raised."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flows.comparing import Past, bounds_in_words, facts_of, is_within
from flows.effects import Fact, Raise
from flows.machines import Definition, build, follow
from flows.program import Escalation, Measure, Rule
from flows.state import Score

ALERT = Definition(
    states=("raised", "told", "seen", "taken", "acted", "closed"),
    transitions=(
        {"trigger": "tell", "source": "raised", "dest": "told"},
        {"trigger": "tell", "source": "told", "dest": "told"},
        {"trigger": "tell", "source": "seen", "dest": "seen"},
        {"trigger": "tell", "source": "taken", "dest": "taken"},
        {"trigger": "tell", "source": "acted", "dest": "acted"},
        {"trigger": "see", "source": ["raised", "told", "seen"], "dest": "seen"},
        {"trigger": "take", "source": ["raised", "told", "seen"], "dest": "taken"},
        {"trigger": "relieve", "source": ["taken", "acted"], "dest": "taken"},
        {"trigger": "return", "source": ["taken", "acted"], "dest": "told"},
        {"trigger": "act", "source": ["taken", "acted"], "dest": "acted"},
        {"trigger": "close", "source": ["taken", "acted"], "dest": "closed"},
        {"trigger": "fire", "source": "closed", "dest": "raised"},
        {"trigger": "fire", "source": "raised", "dest": "raised"},
        {"trigger": "fire", "source": "told", "dest": "told"},
        {"trigger": "fire", "source": "seen", "dest": "seen"},
        # what was done was done about the old news
        {"trigger": "fire", "source": ["taken", "acted"], "dest": "taken"},
    ),
    initial="raised",
)
"""An alert's life: told until someone takes it, closed only by a person, raised again by news.

Someone may relieve whoever took it, and it returns when they leave the team; news after somebody
acted asks for acting again.
"""

UNTAKEN = ("raised", "told", "seen")
"""The states of an alert that nobody has."""

_MACHINE = build(ALERT)


def move(state: str, trigger: str) -> str:
    """The state of the alert that follows, or IllegalMove."""
    return follow(_MACHINE, state, trigger)


def on_item(
    escalation: Escalation, measure: str, item: int, value: int | None
) -> tuple[Raise, ...]:
    """The alerts that one answer raises, or its absence."""
    rules = (rule for rule in escalation.rules if rule.measure == measure and not rule.compares)
    return tuple(
        Raise(rule=rule.rule, facts=(_item_fact(rule, item, value),))
        for rule in rules
        if _speaks_of(rule, item, value)
    )


def on_score(
    escalation: Escalation,
    measure: Measure,
    new: Score,
    earlier: Sequence[Score],
    flows: Collection[str] = (),
) -> tuple[Raise, ...]:
    """The alerts that a new score raises, alone or beside earlier ones, while `flows` are open."""
    if new.total is None:
        return ()
    past = Past.of(measure, new, [old for old in earlier if old.measure == measure.measure])
    return tuple(
        Raise(rule=rule.rule, facts=(fact,))
        for rule in escalation.rules
        if _is_about(rule, measure) and (rule.within is None or rule.within in flows)
        for fact in facts_of(rule, past)
    )


def on_passed(
    escalation: Escalation,
    measure: Measure,
    last: Score,
    earlier: Sequence[Score],
    flows: Collection[str],
) -> tuple[Raise, ...]:
    """The alerts that a score of the same day raises in the open `flows`, where some rule looks.

    Every other rule has looked at it already, when it was made.
    """
    raised = on_score(escalation, measure, last, earlier, flows)
    return tuple(each for each in raised if escalation.rule(each.rule).within is not None)


def _is_about(rule: Rule, measure: Measure) -> bool:
    by_item = rule.missing_item is not None or (rule.named_items and not rule.compares)
    return rule.measure == measure.measure and not by_item


def _speaks_of(rule: Rule, item: int, value: int | None) -> bool:
    if value is None:
        return rule.missing_item == item
    return item in rule.named_items and is_within(rule, value)


def _item_fact(rule: Rule, item: int, value: int | None) -> Fact:
    return Fact(
        measure=rule.measure or "",
        bound="" if value is None else bounds_in_words(rule),
        items={str(item): value},
    )
