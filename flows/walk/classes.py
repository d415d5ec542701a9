"""Answers that stand for all others: one or two for each way in which conditions can fall."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import cached_property
from itertools import combinations, product

from flows import measures
from flows.conditions import Known, holds
from flows.fields import Number
from flows.program import Measure, Release, Rule
from flows.state import Score, State
from flows.steps import Condition, Item, Question, Rate, Write, key_of
from flows.walk.answers import kept_values
from flows.walk.graph import Atlas, questions
from flows.walk.moment import LONG_AGO, NOW, TURN
from flows.walk.needs import Tests

Value = str | int
Items = tuple[int | None, ...]
"""The answers to a measure's items in order; None is one that was skipped."""

Tested = tuple[Condition, ...]

WORDS = "some own words"
"""What a patient writes who writes freely."""


class Classes:
    """The answers that are tried for each key, scale and measure of a release."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas, self._tests = atlas, Tests(atlas)
        self._asked: set[str] = set()
        self._items: dict[tuple[str, Tested, bool], tuple[Items, ...]] = {}

    @property
    def tests(self) -> Tests:
        """The tests of the release by their subject."""
        return self._tests

    @property
    def asked(self) -> tuple[str, ...]:
        """What was looked for since all was forgotten: `values key`, `tests measure phq-9`."""
        tests = (f"tests {kind} {name}" for kind, name in self._tests.asked)
        return (*tests, *(f"values {key}" for key in self._asked))

    def forget(self) -> None:
        """Nothing was looked for yet."""
        self._asked.clear()
        self._tests.asked.clear()

    def numbers(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """Both ends of each range of a scale that the conditions on this key tell apart."""
        tests = self._tests.about(("key", key))
        cuts = {cut for test in tests for cut in _cuts(test) if low < cut <= high}
        ends = {low, high, *cuts, *(cut - 1 for cut in cuts)}
        return tuple(sorted(ends, key=lambda n: (abs(2 * n - low - high), n)))

    def values(self, key: str) -> tuple[Value, ...]:
        """What an answer under this key may be, wherever it is asked."""
        self._asked.add(key)
        return tuple(dict.fromkeys(self._values(key)))

    def items(
        self, measure: str, tests: frozenset[Condition], *, thorough: bool = True
    ) -> tuple[Items, ...]:
        """Ways to answer a measure that meet these tests together, and every reply to danger.

        Thoroughly, every band and every rule is met as well.
        """
        own = tuple(test for test in self._tests.about(("measure", measure)) if test in tests)
        if (measure, own, thorough) not in self._items:
            found = self._tell_apart(self._atlas.release.measures[measure], own, thorough)
            self._items[measure, own, thorough] = found
        return self._items[measure, own, thorough]

    def _values(self, key: str) -> Iterator[Value]:
        for question in self._askers.get(key, ()):
            if isinstance(question, Rate):
                low, high, *_ = question.scale
                yield from self.numbers(key, low, high)
            else:
                yield from kept_values(question) or ()
            if isinstance(question, Write):
                yield WORDS
                yield from question.choices
        for test in self._tests.about(("key", key)):
            yield from (str(value) for value in _named(test))

    @cached_property
    def _askers(self) -> dict[str, list[Question]]:
        found: dict[str, list[Question]] = {}
        for graph in self._atlas.graphs.values():
            for question in questions(graph.flow):
                found.setdefault(str(key_of(question)), []).append(question)
        return found

    def _tell_apart(self, measure: Measure, tests: Tested, thorough: bool) -> tuple[Items, ...]:
        """Answers that show something that none before them showed."""
        kept, seen = [], set[Hashable]()
        for items in dict.fromkeys(_candidates(_scales(self._atlas.release, measure), tests)):
            scored = score_of(measure, items)
            shown = {
                ("tests", self._outcomes(tests, scored)),
                *_ends(measure, tests, scored),
                *self._alarms(measure, items, scored, thorough),
            }
            if shown - seen:
                kept.append(items)
                seen |= shown
        return tuple(kept)

    def _outcomes(self, tests: Tested, scored: Score) -> tuple[bool, ...]:
        state = State(release="", scores=(scored,))
        known = Known(state, NOW, {}, self._atlas.release.measures)
        return tuple(holds(test, known) for test in tests)

    def _alarms(
        self, measure: Measure, items: Items, scored: Score, thorough: bool
    ) -> Iterator[Hashable]:
        """The rules whose limits are met, or those alone that reply; and the band."""
        for rule in self._atlas.release.escalation.rules:
            is_about = rule.measure == measure.measure and (thorough or rule.reply is not None)
            if is_about and _is_met(rule, items, scored.total):
                yield "rule", rule.rule
        band = measures.band_of(measure, scored.total) if thorough else None
        yield "band", band.name if band else None


def _ends(measure: Measure, tests: Tested, scored: Score) -> Iterator[Hashable]:
    """No score at all; and the best and worst scores, where some test is about improving."""
    improving = any(test.improved for test in tests)
    if scored.total is None or (improving and scored.total in measure.range):
        yield "end", scored.total


def score_of(measure: Measure, items: Items, *, now: bool = False) -> Score:
    """The score that these answers make, given long ago or now."""
    numbered = dict(enumerate(items, 1))
    return measures.score(measure, numbered, at=NOW if now else LONG_AGO, turn=TURN)


def _is_met(rule: Rule, items: Items, total: float | None) -> bool:
    """Whether the limits of a rule hold, as far as one score can tell."""
    if rule.missing_item is not None:
        return items[rule.missing_item - 1] is None
    named = [items[number - 1] for number in rule.named_items]
    values: list[int | None] | list[float | None] = named or [total]
    return any(value is not None and _within(rule, value) for value in values)


def _within(rule: Rule, value: float) -> bool:
    return (rule.gte is None or value >= rule.gte) and (rule.lte is None or value <= rule.lte)


def whole_ends(tests: Iterable[Condition], low: int, high: int) -> tuple[int, ...]:
    """Both ends of each range of whole numbers that these tests tell apart."""
    cuts = {cut for test in tests for cut in _cuts(test) if low < cut <= high}
    return tuple(sorted({low, high, *cuts, *(cut - 1 for cut in cuts)}))


def _cuts(test: Condition) -> Iterator[int]:
    """The whole numbers at which a new range begins."""
    for bound in (test.gte, test.lt):
        if bound is not None:
            yield _ceiling(bound)
    for bound in (test.gt, test.lte):
        if bound is not None:
            yield int(bound // 1) + 1
    for value in _named(test):
        if str(value).lstrip("-").isdecimal():
            yield from (int(value), int(value) + 1)


def _ceiling(bound: Number) -> int:
    return -int(-bound // 1)


def _named(test: Condition) -> tuple[Value | float, ...]:
    return (*([test.equals] if test.equals is not None else []), *(test.among or ()))


def _scales(release: Release, measure: Measure) -> list[list[int]]:
    """For each item the values that it may be answered with, lowest first."""
    steps = release.flow(f"measure/{measure.measure}").steps
    return [sorted(map(int, step.choices)) for step in steps if isinstance(step, Item)]


def _both(scales: list[list[int]], one: int, other: int) -> Iterator[Items]:
    """Every answer to one item beside every answer to another, the rest at their lowest."""
    for first, second in product(scales[one - 1], scales[other - 1]):
        items = [scale[0] for scale in scales]
        items[one - 1], items[other - 1] = first, second
        yield tuple(items)


def _candidates(scales: list[list[int]], tests: Tested) -> Iterator[Items]:
    yield from _ordinary(scales)
    items = sorted({test.item for test in tests if test.item is not None})
    for pair in combinations(items, 2):
        yield from _both(scales, *pair)


def _ordinary(scales: list[list[int]]) -> Iterator[Items]:
    """Middling answers first, as the typical ones; then every total, every item, every gap."""
    yield tuple(scale[len(scale) // 2] for scale in scales)
    low, high = [scale[0] for scale in scales], [scale[-1] for scale in scales]
    yield from _rising(scales)
    for base in (low, high):
        for number, scale in enumerate(scales):
            for value in (*scale, None):
                yield (*base[:number], value, *base[number + 1 :])
    yield (None,) * len(scales)


def _rising(scales: list[list[int]]) -> Iterator[Items]:
    """From all lowest to all highest, one step of one item at a time."""
    now = [scale[0] for scale in scales]
    yield tuple(now)
    for number, scale in enumerate(scales):
        for value in scale[1:]:
            now[number] = value
            yield tuple(now)
