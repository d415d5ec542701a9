"""Which alerts a patient's answers must have raised, worked out plainly and apart from the engine.

Nothing of flows/ is used: every rule is written out here once more, by hand and with exact
fractions. Only the numbers come from escalation.yaml, as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from functools import cache
from math import floor
from pathlib import Path
from typing import Any, NamedTuple

from bot.content.yaml import parse

RULES = Path(__file__).parents[2] / "content" / "escalation.yaml"
COUNTED = {"phq-9": 9, "gad-7": 7, "peg": 3, "uw-cap6": 6, "effects": 5}
"""The measures that have rules, and how many of their items count."""


class Taken(NamedTuple):
    """A measure that a patient answered: when, the answers in order, the flows open then."""

    day: datetime
    measure: str
    items: tuple[int | None, ...]
    flows: frozenset[str] = frozenset()


class Known(NamedTuple):
    """A measure's total at a moment, with the answers it was made of."""

    day: datetime
    total: Fraction
    items: tuple[int | None, ...]


def expected_alerts(history: Iterable[Taken]) -> list[tuple[datetime, str]]:
    """Each moment and rule at which an alert must have been raised, once, in order."""
    found: list[tuple[datetime, str]] = []
    past: dict[str, list[Known]] = {}
    for taken in history:
        before = past.setdefault(taken.measure, [])
        raised = {*_by_answers(taken), *_by_total(taken, before)}
        found += [(taken.day, rule) for rule in sorted(raised)]
        total = _total(taken)
        if total is not None:
            before.append(Known(taken.day, total, taken.items))
    return found


def _by_answers(taken: Taken) -> Iterator[str]:
    if taken.measure == "phq-9":
        last = taken.items[8]
        if last is None:
            yield "item9-missing"
        elif last >= _number("item9-high", "gte"):
            yield "item9-high"
        elif last >= _number("item9-some", "gte"):
            yield "item9-some"
    if taken.measure == "uw-cap6":
        hopeless = [taken.items[place] for place in (1, 2, 3)]
        if any(answer is not None and answer == 5 for answer in hopeless):
            yield "uwcap-hopeless"


def _by_total(taken: Taken, before: list[Known]) -> Iterator[str]:
    now = _total(taken)
    if now is None:
        return
    match taken.measure:
        case "phq-9":
            yield from _phq_9(taken, now, before)
        case "gad-7":
            yield from _worse("gad7-worse", now, before)
            yield from _twice("twice-worse-gad7", now, before)
        case "peg":
            yield from _peg(taken, now, before)
        case "effects":
            if now >= _number("unwanted-effect", "gte"):
                yield "unwanted-effect"
        case _:
            return


def _phq_9(taken: Taken, now: Fraction, before: list[Known]) -> Iterator[str]:
    if now >= _number("phq9-severe", "gte"):
        yield "phq9-severe"
    yield from _worse("phq9-worse", now, before)
    yield from _twice("twice-worse-phq9", now, before)
    if before and before[0].total >= 10:
        seconds = Fraction((taken.day - before[0].day).total_seconds())
        weeks = min(max(seconds / (7 * 24 * 60 * 60), Fraction(0)), Fraction(12))
        usual = before[0].total - Fraction("1.24") * weeks + Fraction("0.05") * weeks * weeks
        if now - max(usual, Fraction(0)) >= _number("above-expected", "above_expected"):
            yield "above-expected"


def _peg(taken: Taken, now: Fraction, before: list[Known]) -> Iterator[str]:
    yield from _worse("peg-worse", now, before)
    yield from _twice("twice-worse-peg", now, before)
    if not before:
        return
    first = before[0]
    high_enough = first.total >= _number("peg-worse-percent", "baseline_gte")
    # a third more of four is not asked of whoever began below it
    if high_enough and (now - first.total) * 100 >= first.total * _number(
        "peg-worse-percent", "worse_percent"
    ):
        yield "peg-worse-percent"
    pain, pain_then = taken.items[0], first.items[0]
    if pain is None or pain_then is None:
        return
    if pain - pain_then >= _number("pain-up", "worse_by"):
        yield "pain-up"
    gained = first.total - now
    if "flow/middle" in taken.flows and gained < _number("no-gain-midcourse", "improved_less"):
        yield "no-gain-midcourse"


def _worse(rule: str, now: Fraction, before: list[Known]) -> Iterator[str]:
    """Worse than the first or the lowest total by as much as the rule says."""
    if before:
        totals = [known.total for known in before]
        if now - min(totals[0], *totals) >= _number(rule, "worse_by"):
            yield rule


def _twice(rule: str, now: Fraction, before: list[Known]) -> Iterator[str]:
    if len(before) >= 2:
        earlier, later = before[-2].total, before[-1].total
        by = _number(rule, "worse_by")
        if later - earlier >= by and now - later >= by:
            yield rule


def _total(taken: Taken) -> Fraction | None:
    """The total that counts for a rule; None where too much was left out."""
    counted = taken.items[: COUNTED.get(taken.measure, 0)]
    given = [answer for answer in counted if answer is not None]
    missing = len(counted) - len(given)
    match taken.measure:
        case "phq-9" if missing <= 2 and counted[8] is not None:
            return Fraction(floor(Fraction(sum(given) * 9, len(given)) + Fraction(1, 2)))
        case "gad-7" if missing == 0:
            return Fraction(sum(given))
        case "peg" if missing == 0:
            return Fraction(sum(given), 3)
        case "effects" if given:
            return Fraction(floor(Fraction(sum(given) * 5, len(given)) + Fraction(1, 2)))
        case _:
            return None


def _number(rule: str, name: str) -> Fraction:
    return Fraction(str(_rules()[rule][name]))


@cache
def _rules() -> dict[str, dict[str, Any]]:
    value: Any = parse(RULES.name, RULES.read_bytes()).value
    return {rule["rule"]: rule for rule in value["rules"]}
