"""Every alert that a second, plain calculation asks for is raised, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import escalation, measures
from flows.program import Release
from flows.state import Score
from tests.flows.naive import Taken, expected_alerts
from tests.flows.starts import real_release
from tests.thorough import examples

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
ANSWERS = {"phq-9": (10, 0, 3), "gad-7": (7, 0, 3), "peg": (3, 0, 10), "uw-cap6": (6, 1, 5)}
ANSWERS |= {"effects": (5, 0, 2), "phq-4": (4, 0, 3), "who-5": (5, 0, 5)}
"""For each measure: how many items, the lowest and the highest answer."""

PLACES: list[frozenset[str]] = [frozenset(), frozenset({"flow/middle"})]


def raised(release: Release, history: Sequence[Taken]) -> list[tuple[datetime, str]]:
    """What the engine raises for these answers, each moment and rule once, in order."""
    found: list[tuple[datetime, str]] = []
    scores: list[Score] = []
    for turn, taken in enumerate(history):
        items = dict(enumerate(taken.items, 1))
        measure = release.measures[taken.measure]
        rules = [
            each.rule
            for number, value in items.items()
            for each in escalation.on_item(release.escalation, taken.measure, number, value)
        ]
        new = measures.score(measure, items, at=taken.day, turn=turn)
        by_score = escalation.on_score(release.escalation, measure, new, scores, taken.flows)
        rules += [each.rule for each in by_score]
        scores.append(new)
        found += [(taken.day, rule) for rule in sorted(set(rules))]
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[Taken]:
    """Up to twelve measures of two kinds, days or weeks apart, some answers left out."""
    kinds = draw(st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=2))
    history, day = [], START
    for _ in range(draw(st.integers(1, 12))):
        day += timedelta(days=draw(st.integers(1, 40)), hours=draw(st.integers(0, 23)))
        name = draw(st.sampled_from(kinds))
        count, low, high = ANSWERS[name]
        answer = st.integers(low, high) | st.just(draw(st.integers(low, high)))
        items = [draw(answer) for _ in range(count)]
        for left_out in draw(st.sets(st.integers(0, count * 4), max_size=3)):
            if left_out < count:
                items[left_out] = None  # type: ignore[call-overload]
        history.append(Taken(day, name, tuple(items), draw(st.sampled_from(PLACES))))
    return history


@settings(settings.get_profile("engine"), max_examples=examples(80))
@given(histories())
def test_the_alerts_are_those_of_a_plain_recalculation(history: list[Taken]) -> None:
    """Whatever is answered, whenever, and whatever is left out."""
    assert raised(real_release(), history) == expected_alerts(history)


def test_every_rule_about_scores_fires_in_some_history(release: Release) -> None:
    """A thousand drifting patients meet each rule, so that none is compared in vain."""
    chance = Random(20261121)
    fired: set[str] = set()
    for _ in range(1000):
        history = drifting(chance)
        wanted = expected_alerts(history)
        assert raised(release, history) == wanted
        fired |= {rule for _, rule in wanted}

    about_scores = {rule.rule for rule in release.escalation.rules if rule.measure}
    assert fired == about_scores


def drifting(chance: Random) -> list[Taken]:
    """A patient whose answers drift up or down from week to week."""
    name = chance.choice(sorted(ANSWERS))
    count, low, high = ANSWERS[name]
    level, drift = chance.uniform(low, high), chance.uniform(-1, 1) * (high - low) / 4
    history = []
    for week in range(chance.randint(1, 9)):
        noisy = [round(level + chance.gauss(0, (high - low) / 8)) for _ in range(count)]
        kept = [min(max(answer, low), high) for answer in noisy]
        items = tuple(None if chance.random() < 0.02 else answer for answer in kept)
        day = START + timedelta(weeks=week, hours=chance.randint(0, 30))
        history.append(Taken(day, name, items, chance.choice(PLACES)))
        level = min(max(level + drift, low), high)
    return history


@pytest.mark.parametrize(
    ("history", "rules"),
    [
        ([("peg", (6, 6, 6), 0), ("peg", (6, 6, 6), 42)], ["no-gain-midcourse"]),
        ([("peg", (6, 6, 6), 0), ("peg", (5, 5, 5), 42)], []),
        ([("peg", (3, 3, 3), 0), ("peg", (4, 4, 4), 7), ("peg", (5, 5, 5), 14)],
         ["no-gain-midcourse", "no-gain-midcourse", "pain-up", "twice-worse-peg"]),
        ([("phq-9", (1, 1, 1, 1, 1, 1, 1, 1, 1, 0), 0)], ["item9-some"]),
        ([("phq-9", (2, 2, 2, 2, 2, *[0] * 5), 0), ("phq-9", (2, 2, 2, 2, 2, 2, *[0] * 4), 28)],
         ["above-expected"]),
        ([("uw-cap6", (1, 5, 1, 5, 1, 1), 0)], ["uwcap-hopeless"]),
        ([("effects", (0, 0, 1, None, None), 0)], ["unwanted-effect"]),
    ],
)  # fmt: skip
def test_both_calculations_know_these_patients(
    release: Release, history: list[tuple[str, tuple[int | None, ...], int]], rules: list[str]
) -> None:
    """Small cases, worked out by hand in the middle of the course."""
    taken = [Taken(START + timedelta(days=d), name, items, PLACES[1]) for name, items, d in history]

    assert sorted(rule for _, rule in expected_alerts(taken)) == rules
    assert sorted(rule for _, rule in raised(release, taken)) == rules
