"""Scores played through rules: the alerts that follow, counted for the team, held against truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import backtest, measures
from flows.backtest import Alert, Filled, Share
from flows.effects import Keep, Raise
from flows.program import Escalation
from flows.state import Score
from tests.flows.lives import Life, notes_with
from tests.flows.people import DAY, FIRST, TOWNS, Course, Habits
from tests.flows.starts import real_release

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)

COHORT = """
day  patient  measure  items
0    ann      peg      5 5 5
0    bob      peg      8 8 8
0    cem      phq-9    1 1 1 1 1 1 1 1 0 0
7    ann      peg      8 8 8
9    ann      peg      9 8 8
10   bob      peg      7 7 7
14   cem      phq-9    1 1 1 1 1 1 1 1 1 0
14   bob      peg      8 8 8
21   ann      peg      5 5 5
"""
"""A small cohort; the alerts below were worked out by hand from escalation.yaml."""

BY_HAND = [
    # 8 is 3 above the first and 60 percent more; item 1 is 3 above; on day 9 within both windows
    (7, "ann", "pain-up", "yellow", 2),
    (7, "ann", "peg-worse", "amber", 2),
    (7, "ann", "peg-worse-percent", "amber", 2),
    # item 9 on several days, and nothing else: the total went from 8 to 9
    (14, "cem", "item9-some", "amber", 1),
]


def table(text: str) -> list[Filled]:
    """The scores in such a table."""
    rows = (line.split() for line in text.strip().splitlines()[1:])
    return [
        filled(int(day), patient, name, *map(int, items)) for day, patient, name, *items in rows
    ]


def filled(day: float, patient: str, name: str, *items: int | None) -> Filled:
    """A measure of the real program, filled in so many days after that Monday."""
    measure, at = real_release().measures[name], MONDAY + timedelta(days=day)
    return Filled(patient, measures.score(measure, dict(enumerate(items, 1)), at=at, turn=0))


def played(scores: list[Filled], rules: Escalation | None = None) -> list[Alert]:
    """The alerts of these scores under the present rules, or others."""
    release = real_release()
    return backtest.replay(rules or release.escalation, release.measures, scores)


def changed(rule: str, **values: object) -> Escalation:
    """The present rules with one changed."""
    present = real_release().escalation
    others = [
        each.model_copy(update=values) if each.rule == rule else each for each in present.rules
    ]
    return present.model_copy(update={"rules": tuple(others)})


def test_a_small_cohort_raises_just_the_alerts_worked_out_by_hand() -> None:
    """One alert for each patient, rule and window, with how often the rule fired in it."""
    found = played(table(COHORT))
    days = [(each.at - MONDAY).days for each in found]
    told = [(each.patient, each.rule, each.tier, each.fired) for each in found]
    assert [(day, *rest) for day, rest in zip(days, told, strict=True)] == BY_HAND


def test_after_its_window_the_same_rule_raises_a_new_alert() -> None:
    """Amber has three days: the one that fires 72 hours later is a new one, a minute sooner not."""
    first = [filled(0, "ann", "peg", 5, 5, 5), filled(7, "ann", "peg", 8, 8, 8)]
    minute = 1 / (24 * 60)
    for day, count in ((10 - minute, 1), (10, 2)):
        found = played([*first, filled(day, "ann", "peg", 8, 8, 8)])
        assert len([each for each in found if each.rule == "peg-worse"]) == count


def test_a_rule_that_looks_only_within_a_flow_needs_the_score_to_be_from_there() -> None:
    """No gain by the middle of the course is an alert in the middle, and nowhere else."""
    start, now = filled(0, "ann", "peg", 5, 5, 5), filled(40, "ann", "peg", 5, 5, 5)
    middle = Filled(now.patient, now.score, "flow/middle")
    assert played([start, now]) == []
    assert [each.rule for each in played([start, middle])] == ["no-gain-midcourse"]


def test_a_total_alone_is_enough_for_rules_about_totals() -> None:
    """Without items nothing is said about items, and nothing counts as left unanswered."""
    score = Score(measure="phq-9", at=MONDAY, turn=0, total=21, items={})
    assert [each.rule for each in played([Filled("ann", score)])] == ["phq9-severe"]


def test_an_item_that_was_left_out_raises_its_alert_though_there_is_no_total() -> None:
    """Item 9 unanswered is never filled in."""
    found = played([filled(0, "ann", "phq-9", 1, 1, 1, 1, 1, 1, 1, 1, None, 0)])
    assert [each.rule for each in found] == ["item9-missing"]


def test_the_load_counts_alerts_for_each_clinician_and_week() -> None:
    """Four alerts in four weeks shared by two are half a one a week; three came in one week."""
    scores = table(COHORT)
    first, weeks = backtest.span(scores)
    *tiers, everything = backtest.by_tier(played(scores), weeks, first, 2)
    rules = backtest.by_rule(played(scores), weeks, first, 2)

    assert weeks == 4
    assert [(each.name, each.alerts, each.patients) for each in tiers] == [
        ("amber", 3, 2),
        ("yellow", 1, 1),
    ]
    assert (everything.alerts, everything.a_week) == (4, 0.5)
    assert (everything.worst_week, everything.worst_each) == (3, 1.5)
    assert [each.name for each in rules][:2] == ["item9-some", "pain-up"]


def test_a_changed_threshold_shows_who_gains_and_who_loses_an_alert() -> None:
    """With four points instead of three nobody is left of those whose PEG is worse."""
    scores = table(COHORT)
    now = backtest.patients_by_rule(played(scores))
    then = backtest.patients_by_rule(played(scores, changed("peg-worse", worse_by=4)))
    assert now["peg-worse"] == {"ann"}
    assert "peg-worse" not in then
    stricter = backtest.patients_by_rule(played(scores, changed("phq9-severe", gte=8)))
    assert stricter["phq9-severe"] - now.get("phq9-severe", frozenset()) == {"cem"}


def test_accuracy_is_held_against_those_whose_outcome_is_known() -> None:
    """Ann and Dee got worse, Ann was seen; Cem had an alert and no outcome; Bob had neither."""
    outcomes = {"ann": True, "bob": False, "cem": False, "dee": True}
    alerted = backtest.accuracies(played(table(COHORT)), outcomes)
    found = {each.name: each for each in alerted}["all"]
    assert [
        (each.hits, each.of) for each in (found.sensitivity, found.specificity, found.predictive)
    ] == [(1, 2), (1, 2), (1, 2)]
    assert found.sensitivity.part == 0.5


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(8, 10, 0.490, 0.943), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (15, 148, 0.062, 0.160)],
)
def test_wilson_intervals_are_the_published_ones(
    hits: int, of: int, low: float, high: float
) -> None:
    """15 of 148 is Newcombe's example: doi 10.1002/(SICI)1097-0258(19980430)17:8<857>3.0.CO;2-E."""
    found = backtest.share(hits, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.0006)


def test_nothing_of_nothing_says_nothing() -> None:
    """Where nobody had the outcome, no share is claimed."""
    assert backtest.share(0, 0) == Share(0, 0, 0.0, 1.0)
    assert backtest.share(0, 0).part is None


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(
    st.integers(0, 10_000),
    st.builds(
        Course,
        track=st.sampled_from(["cbt", "act"]),
        pace=st.sampled_from(["fast", "slow"]),
        town=st.sampled_from(sorted(TOWNS)),
    ),
)
def test_replayed_scores_of_a_life_give_just_the_alerts_that_the_engine_raised(
    seed: int, course: Course
) -> None:
    """Whatever somebody answered for ten weeks: the same rules on the same days."""
    life = Life(course, Habits(aside=0, doors=0), seed).live(FIRST + 70 * DAY)
    release, scores = life.release, list(_scores(life))
    found = backtest.replay(_without_windows(release.escalation), release.measures, scores)
    about_scores = {rule.rule for rule in release.escalation.rules if rule.measure}
    raised = {
        (_day(life, note.at), each.rule)
        for note, each in notes_with(life, Raise)
        if each.rule in about_scores
    }

    assert len(scores) > 20
    assert {(_day(life, each.at), each.rule) for each in found} == raised


def _scores(life: Life) -> Iterator[Filled]:
    for note, each in notes_with(life, Keep):
        yield Filled("one", each.score, "flow/middle" if "flow/middle" in note.before else "")


def _without_windows(escalation: Escalation) -> Escalation:
    tiers = {
        name: tier.model_copy(update={"window_hours": 0}) for name, tier in escalation.tiers.items()
    }
    return escalation.model_copy(update={"tiers": tiers})


def _day(life: Life, at: datetime) -> object:
    return at.astimezone(ZoneInfo(life.zone)).date()
