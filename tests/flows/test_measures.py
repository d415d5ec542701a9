"""Scoring and change, against published worked examples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.reading import read
from flows.measures import (
    band_of,
    baseline,
    best,
    change_index,
    reliable_threshold,
    score,
    trend,
    worsening,
)
from flows.program import Band, Change, Measure, MeasureItem, Missing, Release
from flows.state import Score

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
CONTENT = Path(__file__).parents[2] / "content"


def measure(count: int, **more: Any) -> Measure:
    """A measure of so many items, a sum unless told otherwise."""
    items = tuple(MeasureItem(text=f"Item {n}", short=f"{n}") for n in range(1, count + 1))
    known = {
        "measure": "sample",
        "title": "Sample",
        "short": "Sample",
        "about": "About",
        "recall": "Past week",
        "items": items,
        "score": "sum",
        "range": (0, 27),
        "licence": "ours",
        "source": "ours",
    }
    return Measure.model_validate({**known, **more})


MOOD = measure(
    9,
    missing=Missing(most=2, required=(9,)),
    bands=(
        Band(upto=27, name="severe", patient="a great many", clinician="severe"),
        Band(upto=4, name="minimal", patient="few", clinician="minimal"),
        Band(upto=9, name="mild", patient="some", clinician="mild"),
    ),
    change=Change(reliable=6, method="published", source="NHS"),
)
PAIN = measure(
    3,
    score="mean",
    range=(0, 10),
    change=Change(reliable=3.0, method="SEM", source="10.1016/j.jpain.2023.07.028"),
)
STRENGTH = measure(2, better="higher", change=Change(reliable=2, method="ours", source="ours"))


def scored(sample: Measure, answers: Sequence[int | None], after: int = 0) -> Score:
    items = dict(enumerate(answers, 1))
    return score(sample, items, at=AT + timedelta(days=after), turn=after)


@pytest.fixture(scope="module")
def release() -> Release:
    """The content as it stands, with the measures that patients are given."""
    return read(CONTENT)


@pytest.mark.parametrize(
    ("name", "answers", "total"),
    [
        # sample reports of a LOINC-FHIR generator (clinical-facts 2.1)
        ("phq-9", (1, 2, 1, 2, 1, 1, 0, 0, 1), 9),
        ("gad-7", (2, 1, 2, 1, 0, 1, 0), 7),
        ("peg", (6, 7, 4), 17 / 3),
        # the ends of each range
        ("phq-9", (3,) * 9, 27),
        ("gad-7", (3,) * 7, 21),
        ("peg", (10, 10, 10), 10),
        ("phq-4", (3, 3, 3, 3), 12),
        ("phq-4", (0, 0, 0, 0), 0),
    ],
)
def test_the_measures_in_use_score_as_published(
    release: Release, name: str, answers: tuple[int, ...], total: float
) -> None:
    """PHQ-9, GAD-7, PHQ-4 and PEG as patients get them give the published totals."""
    result = scored(release.measures[name], answers)

    assert result.total == pytest.approx(total)
    assert result.items == dict(enumerate(answers, 1))
    assert not result.prorated


@pytest.mark.parametrize(
    ("name", "cuts"),
    [
        # Kroenke 2001, doi 10.1046/j.1525-1497.2001.016009606.x
        ("phq-9", {4: 0, 5: 1, 9: 1, 10: 2, 14: 2, 15: 3, 19: 3, 20: 4, 27: 4}),
        # Spitzer 2006, doi 10.1001/archinte.166.10.1092
        ("gad-7", {4: 0, 5: 1, 9: 1, 10: 2, 14: 2, 15: 3, 21: 3}),
        ("phq-4", {2: 0, 3: 1, 5: 1, 6: 2, 8: 2, 9: 3, 12: 3}),
    ],
)
def test_the_bands_are_cut_where_published(
    release: Release, name: str, cuts: dict[int, int]
) -> None:
    """Each cut point begins the next band."""
    found = release.measures[name]
    bands = sorted(found.bands, key=lambda band: band.upto)

    assert {total: band_of(found, total) for total in cuts} == {
        total: bands[number] for total, number in cuts.items()
    }


def test_the_halves_of_the_phq_4_are_scored_too(release: Release) -> None:
    """Mood and worry stand apart, each only when both of its items are answered."""
    both = scored(release.measures["phq-4"], (3, 2, 1, 0))
    half = scored(release.measures["phq-4"], (3, 2, 1, None))

    assert sorted(both.subscales.values()) == [1, 5]
    assert list(half.subscales.values()) == [5]


@pytest.mark.parametrize(
    ("sample", "answers", "total", "prorated"),
    [
        # 13 in 8 answers are 14.6 in 9
        (MOOD, (2, 2, 2, 2, 2, 2, 1, None, 0), 15, True),
        (MOOD, (1, 1, 1, 1, 1, 1, None, None, 1), 9, True),
        # one too many
        (MOOD, (1, 1, 1, 1, 1, None, None, None, 1), None, False),
        # item 9 is never filled in
        (MOOD, (1, 1, 1, 1, 1, 1, 1, 1, None), None, False),
        (PAIN, (6, 7, None), None, False),
        (measure(3, score="mean", missing=Missing(most=1)), (6, 7, None), 6.5, True),
        (measure(1, missing=Missing(most=1)), (None,), None, False),
    ],
)
def test_missing_answers_are_filled_only_as_far_as_the_measure_allows(
    sample: Measure, answers: tuple[int | None, ...], total: float | None, prorated: bool
) -> None:
    """By the mean of the others and marked so; never a required item, never beyond the rule."""
    result = scored(sample, answers)

    assert (result.total, result.prorated) == (total, prorated)


@given(st.lists(st.none() | st.integers(0, 3), min_size=9, max_size=9))
def test_a_total_never_leaves_its_range(answers: list[int | None]) -> None:
    """Whatever is missing, a total is a whole number from 0 to 27, and item 9 was answered."""
    total = scored(MOOD, answers).total

    if total is None:
        assert answers[8] is None or answers.count(None) > 2
    else:
        assert 0 <= total <= 27
        assert total == int(total)
        assert answers[8] is not None


def test_bands_may_be_written_in_any_order() -> None:
    """The lowest one that reaches the total is meant; beyond the last, or without a total, none."""
    names = [band.name if (band := band_of(MOOD, total)) else None for total in (0, 4, 5, 9, 10)]

    assert names == ["minimal", "minimal", "mild", "mild", "severe"]
    assert band_of(MOOD, 28) is None
    assert band_of(MOOD, None) is None


@pytest.mark.parametrize(
    ("sample", "then", "now", "worse", "said"),
    [
        (MOOD, 10, 16, 6, "worse"),
        (MOOD, 10, 15, 5, "same"),
        (MOOD, 16, 10, -6, "better"),
        # thirds: 26/3 - 17/3 is a little below 3 to a computer
        (PAIN, 17 / 3, 26 / 3, 3, "worse"),
        (PAIN, 26 / 3, 17 / 3, -3, "better"),
        (PAIN, 5, 7, 2, "same"),
        # higher is better
        (STRENGTH, 10, 12, -2, "better"),
        (STRENGTH, 10, 8, 2, "worse"),
        # no threshold is known: nothing is claimed
        (measure(3), 0, 9, 9, "same"),
    ],
)
def test_change_is_claimed_only_when_it_is_reliable(
    sample: Measure, then: float, now: float, worse: float, said: str
) -> None:
    """At the threshold it counts, below it is the same, in the direction that the measure says."""
    assert worsening(sample, then, now) == worse
    assert trend(sample, then, now) == said


def test_the_first_and_the_best_score_are_found_among_those_with_a_total() -> None:
    """A first one that could not be scored is no baseline; of equals the earliest is the best."""
    nothing = scored(PAIN, (None, 1, 1), after=0)
    first = scored(PAIN, (6, 6, 6), after=1)
    good = scored(PAIN, (3, 3, 3), after=2)
    again = scored(PAIN, (3, 3, 3), after=3)
    scores = [nothing, first, good, again]

    assert baseline(scores) == first
    assert best(PAIN, scores) == good
    assert best(PAIN.model_copy(update={"better": "higher"}), scores) == first
    assert baseline([nothing]) is None
    assert best(PAIN, []) is None


# Thirty couples, marital adjustment before and after: Jacobson & Truax 1991, table 2,
# doi 10.1037/0022-006X.59.1.12
COUPLES = [
    (90.5, 97), (74, 124), (97, 97.5), (73.5, 88), (61, 96.5), (66.5, 62.5),
    (68.5, 112.5), (86.5, 103.5), (88.5, 90), (68.5, 82.5), (98, 105), (80.5, 99.5),
    (89.5, 112.5), (91.5, 101), (83.5, 99.5), (60.5, 79.5), (83, 88), (88, 100.5),
    (98.5, 119), (78.5, 116), (99.5, 116), (79.5, 129), (84.5, 113), (92.5, 118),
    (93, 92), (85, 114), (64, 68), (61, 52), (80, 60.5), (82.5, 104.5),
]  # fmt: skip


def test_the_worked_case_of_jacobson_and_truax() -> None:
    """SD 7.5 and reliability .80: from 32.5 to 47.5 is a change of 3.16 standard errors."""
    assert change_index(32.5, 47.5, 7.5, 0.80) == pytest.approx(3.16, abs=0.005)
    assert reliable_threshold(7.5, 0.80) == pytest.approx(1.96 * 4.743, abs=0.005)


@pytest.mark.parametrize(
    ("reliability", "threshold", "improved", "unchanged", "deteriorated"),
    [(0.88, 11.355, 19, 10, 1), (0.80, 14.659, 16, 13, 1)],
)
def test_the_thirty_couples_of_jacobson_and_truax(
    reliability: float, threshold: float, improved: int, unchanged: int, deteriorated: int
) -> None:
    """Reliable change sorts the published couples as published."""
    sd = stdev(before for before, _ in COUPLES)
    indices = [change_index(before, after, sd, reliability) for before, after in COUPLES]
    sorts = Counter("up" if i > 1.96 else "down" if i < -1.96 else "same" for i in indices)

    assert (fmean(b for b, _ in COUPLES), sd) == pytest.approx((81.583, 11.8257), abs=0.0005)
    assert reliable_threshold(sd, reliability) == pytest.approx(threshold, abs=0.001)
    assert (sorts["up"], sorts["same"], sorts["down"]) == (improved, unchanged, deteriorated)


@pytest.mark.parametrize(("sem", "threshold"), [(0.78, 2.16), (1.0, 2.77), (1.22, 3.38)])
def test_the_reliable_change_of_the_peg(sem: float, threshold: float) -> None:
    """From the standard errors that Reed 2024 gives, doi 10.1016/j.jpain.2023.07.028."""
    # a standard error of SD x sqrt(1 - r), here with r = .75
    assert reliable_threshold(sem / math.sqrt(0.25), 0.75) == pytest.approx(threshold, abs=0.006)
