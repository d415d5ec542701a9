"""That danger is always answered: rules, crisis words, safety flows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flows.program import Release, Rule
from flows.rule import ENGINE_RULES, Storm, Tier
from flows.steps import Flow, Question, Raise, Say
from flows.walk.finding import Finding, unknown
from flows.walk.firing import fires

_HELP = ("{lines}", "{emergency}", "/now")
EVERYBODY = ("team", "mail")
"""The hops that reach all whom a rule reaches."""
AT_ONCE = ("red", "amber")
"""The tiers that no digest may hold back."""
DEATH_ITEMS = {"phq-9": 9}  # Kroenke 2001, 10.1046/j.1525-1497.2001.016009606.x
"""The items about thoughts of death, by measure."""


def rules(release: Release) -> Iterator[Finding]:
    """What is wrong with the rules of escalation and with the replies to danger."""
    yield from _known_rules(release)
    for name, tier in release.escalation.tiers.items():
        yield from (Finding("escalation", f"tiers.{name}", text) for text in _tier(name, tier))
    yield from (Finding("escalation", "storm", text) for text in _storm(release.escalation.storm))
    for rule in release.escalation.rules:
        yield from (Finding("escalation", f"rules.{rule.rule}", t) for t in _rule(release, rule))
    yield from (Finding("crisis", *found) for found in _crisis(release))
    for flow in release.flows.values():
        if flow.kind == "safety":
            yield from _help_first(release, flow)
    yield from _death_items(release)


def _known_rules(release: Release) -> Iterator[Finding]:
    names = [rule.rule for rule in release.escalation.rules]
    for name, count in Counter(names).items():
        if count > 1:
            yield Finding("escalation", f"rules.{name}", f"there are {count} rules called {name}")
    for name in sorted(ENGINE_RULES - set(names)):
        yield Finding("escalation", "rules", f"the rule {name} is missing: the engine raises it")


def _tier(name: str, tier: Tier) -> Iterator[str]:
    """That its alerts never fall asleep: every clock runs, and the chain ends with everybody."""
    clocks = {
        "remind_minutes": tier.remind_minutes,
        "act_minutes": tier.act_minutes,
        "close_minutes": tier.close_minutes,
        "window_hours": tier.window_hours,
    }
    yield from (f"{clock} must be above 0" for clock, time in clocks.items() if time <= 0)
    if tier.act_minutes > tier.close_minutes:
        yield "act_minutes must not be above close_minutes: acting comes before closing"
    if not tier.chain or tier.chain[-1] not in EVERYBODY:
        yield "the chain must end with team or mail: its last hop is told for ever"
    if len(set(tier.chain)) < len(tier.chain):
        yield "a hop stands in the chain twice"
    if name in AT_ONCE and tier.digest:
        yield f"{name} alerts are told at once: they cannot wait for a digest"


def _storm(storm: Storm) -> Iterator[str]:
    if storm.alerts <= 0 or storm.minutes <= 0:
        yield "alerts and minutes must be above 0"


def _rule(release: Release, rule: Rule) -> Iterator[str]:
    if rule.tier not in release.escalation.tiers:
        yield unknown("tier", rule.tier, release.escalation.tiers)
    if rule.reply is not None:
        yield from _reply(release, rule.reply)
    if rule.measure is not None:
        yield from fires(release, rule, rule.measure)
    elif _names_scores(rule):
        yield "a rule that compares scores needs a `measure`"
    elif rule.rule not in _raised(release):
        yield "nothing raises this rule: add a step `raise` to a flow, or take the rule away"


def _names_scores(rule: Rule) -> bool:
    limits = (rule.gte, rule.lte, rule.item, rule.missing_item, rule.consecutive, rule.within)
    return rule.compares or bool(rule.items) or any(limit is not None for limit in limits)


def _raised(release: Release) -> frozenset[str]:
    """The rules that the engine, the crisis screen or a step of a flow raises."""
    steps = (step for flow in release.flows.values() for step in flow.steps)
    by_content = {step.raise_ for step in steps if isinstance(step, Raise)}
    crisis = {release.crisis.hard_rule, release.crisis.unanswered_rule}
    return frozenset(by_content | crisis | ENGINE_RULES)


def _reply(release: Release, reply: str) -> Iterator[str]:
    if reply not in release.flows:
        yield unknown("flow", reply, (n for n in release.flows if n.startswith("safety/")))
    elif release.flows[reply].kind != "safety":
        yield f"{reply} cannot reply to danger: only a flow in safety/ gives way to nothing"


def _crisis(release: Release) -> Iterator[tuple[str, str]]:
    known = {rule.rule: rule for rule in release.escalation.rules}
    rule, unanswered = known.get(release.crisis.hard_rule), release.crisis.unanswered_rule
    if unanswered not in known:
        yield "unanswered_rule", unknown("rule", unanswered, known)
    if rule is None:
        yield "hard_rule", unknown("rule", release.crisis.hard_rule, known)
    elif rule.reply is None:
        yield (
            "hard_rule",
            f"the rule {rule.rule} needs a `reply`: crisis words are answered at once",
        )
    asked = known.get("crisis-asked")
    if asked is not None and asked.reply is None:
        yield "hard_rule", "the rule crisis-asked needs a `reply`: /crisis is answered at once"
    yield from (("soft_reply", text) for text in _reply(release, release.crisis.soft_reply))
    for language, phrases in release.crisis.phrases.items():
        if not phrases.hard:
            yield f"phrases.{language}", "there is no sure phrase: crisis words would be missed"
    if not release.crisis.phrases:
        yield "phrases", "there are no phrases: crisis words would be missed"


def _help_first(release: Release, flow: Flow) -> Iterator[Finding]:
    """Help stands in the first bubble, and in a crisis the lines themselves do."""
    first = next((step for step in flow.steps if isinstance(step, Say | Question)), None)
    text = first.say if isinstance(first, Say) else first.text if first else ""
    place = flow.id, str(first.id) if first else ""
    if not any(help_ in text for help_ in _HELP):
        yield Finding(*place, f"the first bubble must hold one of {', '.join(_HELP)}")
    elif flow.id == _crisis_reply(release) and "{lines}" not in text:
        yield Finding(*place, "the first bubble of a crisis must hold {lines}")


def _crisis_reply(release: Release) -> str | None:
    rules = release.escalation.rules
    return next((rule.reply for rule in rules if rule.rule == release.crisis.hard_rule), None)


def _death_items(release: Release) -> Iterator[Finding]:
    for name, item in DEATH_ITEMS.items():
        if name in release.measures:
            low, high = release.measures[name].bounds_of(item)
            about = [r for r in release.escalation.rules if r.measure == name and r.reply]
            for answer in range(low + 1, high + 1):
                if not any(r.item == item and _holds(r, answer) for r in about):
                    text = f"no rule with a reply answers {answer} on item {item} of {name}"
                    yield Finding("escalation", "rules", text)


def _holds(rule: Rule, answer: int) -> bool:
    above = rule.gte is None or answer >= rule.gte
    return above and (rule.lte is None or answer <= rule.lte)
