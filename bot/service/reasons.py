"""Why an alert was raised, kept with it in the words of its own release, to be told at any time."""

from __future__ import annotations

from bot.service.team import CARING
from bot.service.wording import line
from bot.store.alerts import Alert
from flows.effects import Fact, Raise
from flows.program import Release
from flows.rule import HOPS
from flows.value import Value


class Reason(Value):
    """An alert's words, clocks and facts, as they were when it was raised.

    What has a default was not yet kept with the alerts of earlier versions.
    """

    title: str
    source: str
    tier: str
    remind_minutes: int
    act_minutes: int = 240
    close_minutes: int = 10_080
    always_tell: bool
    digest: bool = False
    chain: tuple[str, ...] = HOPS
    holds: bool
    reaches: tuple[str, ...] = CARING
    reply: str | None = None
    facts: tuple[Fact, ...]
    measures: dict[str, str]


def reason_for(release: Release, raised: Raise) -> Reason:
    """The reason of an alert that a turn on this release raised."""
    rule = release.escalation.rule(raised.rule)
    tier = release.escalation.tiers[rule.tier]
    asked = rule.rule == release.crisis.unanswered_rule
    return Reason(
        title=rule.clinician.strip(),
        source=rule.source,
        tier=tier.title,
        remind_minutes=tier.remind_minutes,
        act_minutes=tier.act_minutes,
        close_minutes=tier.close_minutes,
        always_tell=tier.always_tell,
        digest=tier.digest,
        chain=tier.chain,
        holds=rule.tier == "red" or rule.reply is not None or asked,
        reaches=release.escalation.reaches(rule),
        reply=rule.reply,
        facts=raised.facts,
        measures={fact.measure: release.measures[fact.measure].title for fact in raised.facts},
    )


def reason_of(alert: Alert) -> Reason:
    """Why the alert was raised, as it was kept."""
    return Reason.model_validate_json(alert.facts)


def facts_of(release: Release, reason: Reason) -> list[str]:
    """The scores that fired the alert, a line each, with their threshold and its source."""
    return [text for fact in reason.facts for text in _fact(release, reason, fact)]


def _fact(release: Release, reason: Reason, fact: Fact) -> list[str]:
    told = {
        "measure": reason.measures[fact.measure],
        "threshold": _threshold(release, fact),
        "source": reason.source,
    }
    if fact.now is None:
        return [_item(release, fact, item, told) for item in fact.items]
    scores = {"now": fact.now, "baseline": fact.baseline, "best": fact.best}
    numbers = {name: _number(score) for name, score in scores.items()}
    items = ", ".join(f"{item}: {_number(value)}" for item, value in fact.items.items())
    return [
        line(release, "c-fact", **numbers, **told),
        line(release, "c-fact-items", items=items),
    ]


def _item(release: Release, fact: Fact, item: str, told: dict[str, str]) -> str:
    said = {"item": item, "value": _number(fact.items[item]), **told}
    if fact.baseline is None:
        return line(release, "c-fact-item", **said)
    return line(release, "c-fact-item-change", baseline=_number(fact.baseline), **said)


def _threshold(release: Release, fact: Fact) -> str:
    if fact.now is None and not fact.bound:
        return line(release, "c-not-answered")
    if not fact.against:
        return fact.bound
    expected = _number(fact.expected)
    whom = [line(release, f"c-against-{name}", expected=expected) for name in fact.against]
    # a text of its own would lose the spaces around it
    joined = release.text("c-and").join(whom)
    change = line(release, "c-change", change=fact.change, against=joined)
    return ", ".join(filter(None, (fact.bound, change)))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
