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
from bot.content.yaml import parse
from flows.measures import (
    band_of,
    baseline,
    best,
    change_index,
    expected_course,
    is_important,
    reliable_threshold,
    score,
    trend,
    worsening,
)
from flows.program import Band, Change, LicensedText, Measure, MeasureItem, Missing, Release
from flows.state import Score
from flows.steps import Item, key_of

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
CONTENT = Path(__file__).parents[2] / "content"
PUBLISHED: dict[str, Any] = parse(
    "published.yaml", Path(__file__).with_name("published.yaml").read_bytes()
).value


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


def answered(answers: Sequence[int | str]) -> list[int | None]:
    """The answers of a row of the tables; `_` is one that was left out."""
    return [answer if isinstance(answer, int) else None for answer in answers]


def rows(name: str) -> list[Any]:
    """The rows of a published table, each under the name of its measure."""
    return [pytest.param(row, id=f"{row['measure']}-{n}") for n, row in enumerate(PUBLISHED[name])]


@pytest.mark.parametrize("row", rows("scores"))
def test_every_measure_scores_as_published(release: Release, row: dict[str, Any]) -> None:
    """The files that patients meet, and the slots that need a licence, give these totals."""
    found = scored(release.measures[row["measure"]], answered(row["answers"]))

    total = row["total"]
    assert found.total == (None if total is None else pytest.approx(total, abs=0.0005))
    assert found.prorated is ("_" in row["answers"] and total is not None)


@pytest.mark.parametrize("row", rows("subscales"))
def test_the_parts_of_a_measure_are_scored_too(release: Release, row: dict[str, Any]) -> None:
    """Each part by its own items, only when all of them are answered."""
    found = scored(release.measures[row["measure"]], answered(row["answers"]))

    assert found.subscales == row["found"]


@pytest.mark.parametrize("name", PUBLISHED["tables"])
def test_sums_become_t_scores_as_in_the_published_table(release: Release, name: str) -> None:
    """Every line of the table, reached by answering the items so that they make that sum."""
    sample = release.measures[name]
    lines = [line.split(":") for line in PUBLISHED["tables"][name].split()]
    table = {int(raw): float(t) for raw, t in lines}

    found = {raw: scored(sample, answers_that_make(sample, raw)).total for raw in table}

    assert found == table
    assert len(table) == len(sample.t_table)


def answers_that_make(sample: Measure, raw: int) -> list[int]:
    """Answers whose sum is this: the first items as high as they can be."""
    bounds = [sample.bounds_of(number) for number in sample.scored_items]
    left, answers = raw - sum(low for low, _ in bounds), []
    for low, high in bounds:
        more = min(left, high - low)
        answers.append(low + more)
        left -= more
    return answers


@pytest.mark.parametrize("name", PUBLISHED["bands"])
def test_the_bands_are_cut_where_published(release: Release, name: str) -> None:
    """Each cut point begins the next band."""
    sample, wanted = release.measures[name], PUBLISHED["bands"][name]

    found = {score: band_of(sample, float(score)) for score in wanted}

    assert {score: band.name if band else None for score, band in found.items()} == wanted


@pytest.mark.parametrize("name", PUBLISHED["loinc"])
def test_the_codes_are_those_of_loinc(release: Release, name: str) -> None:
    """The panel, its score, every item that counts and every answer."""
    sample, codes = release.measures[name], PUBLISHED["loinc"][name]

    items = [sample.items[number - 1].loinc for number in sample.scored_items]
    assert {"panel": sample.loinc, "score": sample.score_loinc, "items": items} == codes
    if sample.choices:
        assert sample.answers_loinc == PUBLISHED["answers_loinc"]


@pytest.mark.parametrize("name", PUBLISHED["changes"])
def test_the_thresholds_of_change_are_those_published(release: Release, name: str) -> None:
    """Reliable, strict and important change, and no threshold that nobody published."""
    change = release.measures[name].change
    assert change is not None

    kinds = ("reliable", "strict", "important", "important_percent")
    known = {kind: by for kind in kinds if (by := getattr(change, kind)) is not None}
    assert known == PUBLISHED["changes"][name]
    assert change.method
    assert change.source


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


@pytest.mark.parametrize("week", PUBLISHED["course"])
def test_the_expected_course_is_the_published_one(week: str) -> None:
    """From the mean first score, the mean course; PMC8726023."""
    published = PUBLISHED["course"][week]

    assert expected_course(12.43, float(week)) == pytest.approx(published, abs=0.005)


@pytest.mark.parametrize(
    ("first", "weeks", "expected"),
    [
        # nothing was published about people who began below 10
        (9, 4, None),
        (10, 0, 10),
        (10, 12, 2.32),
        # it ends at week 12, does not begin before the first day, and never falls below nothing
        (27, 52, 19.32),
        (20, -1, 20),
        (10, 11.9, 2.3245),
    ],
)
def test_the_expected_course_is_a_change_from_ones_own_start(
    first: float, weeks: float, expected: float | None
) -> None:
    """Whoever began higher is expected higher; where nothing is known, nothing is expected."""
    found = expected_course(first, weeks)

    assert found == (None if expected is None else pytest.approx(expected, abs=0.0001))


@pytest.mark.parametrize(
    ("change", "then", "now", "important"),
    [
        ({"important": 5}, 10, 15, True),
        ({"important": 5}, 15, 10, True),
        ({"important": 5}, 10, 14, False),
        ({"important": 1, "important_percent": 30}, 6, 4.2, True),
        ({"important": 1, "important_percent": 30}, 6, 4.3, False),
        # a third of a small score is less than 1
        ({"important": 1, "important_percent": 30}, 2, 1.2, False),
        ({"reliable": 6}, 0, 27, False),
    ],
)
def test_an_important_change_reaches_every_published_size(
    change: dict[str, float], then: float, now: float, important: bool
) -> None:
    """Points and percent must both be reached, for better or worse; unknown is not important."""
    known = {**change, "method": "published", "source": "a test"}
    sample = measure(9, change=Change.model_validate(known))

    assert is_important(sample, then, now) is important


def test_a_slot_asks_nothing_until_its_text_is_there(release: Release) -> None:
    """Without a licence it says nothing at all; with one it asks every item as given."""
    slot = release.measures["pseq-2"]
    text = LicensedText.model_validate(
        {
            "text": "pseq-2",
            "about": "Two sentences.",
            "items": ["First words", "Second words"],
            "anchors": ["low", "high"],
            "licence": {"by": "the owner", "on": "2026-03-02"},
        }
    )

    on = slot.with_text(text)

    assert not slot.is_on
    assert [key_of(step) for step in slot.flow().steps] == [None]
    assert on.is_on
    asked = [step for step in on.flow().steps if isinstance(step, Item)]
    assert [(item.text, item.anchors) for item in asked] == [
        ("First words", ("low", "high")),
        ("Second words", ("low", "high")),
    ]
    assert (on.licence, on.score, on.range) == ("the owner, 2026-03-02", "sum", (0, 12))


def test_an_item_that_does_not_count_comes_after_the_score_is_kept(release: Release) -> None:
    """Whoever stops at the last question of the PHQ-9 has a score all the same."""
    kinds = [type(step).__name__ for step in release.measures["phq-9"].flow().steps]

    assert kinds == ["Say", *["Item"] * 9, "Tally", "Item"]


def test_own_texts_are_marked_as_not_validated(release: Release) -> None:
    """What nobody has tested says so to whoever reads its file."""
    own = {name for name, each in release.measures.items() if each.licence == "Our own wording"}
    validated = {name for name in own if "not validated" not in release.measures[name].source}

    assert {"goal", "fatigue", "sleep", "confidence", "satisfaction"} <= own
    # the seven steps of change since the start are the usual ones
    assert validated == {"change"}


def test_texts_that_need_a_licence_are_not_shipped(release: Release) -> None:
    """Eleven questionnaires are here with their scoring alone, and say why."""
    off = {name: each for name, each in release.measures.items() if not each.is_on}

    assert set(off) == {
        *("pseq", "pseq-2", "pcs", "cpaq-8", "bpi", "isi", "tsk-11", "neq"),
        *("promis-pi-4a", "promis-fatigue-4a", "promis-sleep-4a"),
    }
    for measure_ in off.values():
        assert measure_.why_off
        assert not [item.text for item in measure_.items if item.text]
        assert not any((measure_.about, measure_.choices, measure_.anchors))


def test_a_text_under_its_own_licence_has_that_licence_beside_it(release: Release) -> None:
    """Whoever copies the WHO-5 finds its terms in the same folder."""
    named = {name: each.licence_file for name, each in release.measures.items()}
    files = {name: file for name, file in named.items() if file is not None}

    assert set(files) == {"who-5"}
    assert "World Health Organization" in (CONTENT / files["who-5"]).read_text(encoding="utf-8")
