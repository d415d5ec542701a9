"""From answers to a score, and from two scores to what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from flows.measure import Band, Measure
from flows.state import Score

EXPECTED_FROM = 10
"""The least first PHQ-9 total of the people whose course was published, PMC8726023."""

_LAST_WEEK = 12


def score(measure: Measure, items: Mapping[int, int | None], *, at: datetime, turn: int) -> Score:
    """The measure scored; its total is None if more is missing than its rule allows."""
    answers = {number: items.get(number) for number in range(1, len(measure.items) + 1)}
    counted = _counted(measure, answers)
    total = _total(measure, counted)
    return Score(
        measure=measure.measure,
        at=at,
        turn=turn,
        total=total,
        items=answers,
        subscales=_subscales(measure, counted),
        prorated=total is not None and None in counted.values(),
    )


def band_of(measure: Measure, total: float | None) -> Band | None:
    """The lowest band that reaches up to this total; None if there is none."""
    if total is None:
        return None
    rising = sorted(measure.bands, key=lambda band: band.upto)
    return next((band for band in rising if total <= band.upto), None)


def worsening(measure: Measure, then: float, now: float) -> float:
    """How much worse it became: below zero is better, whichever direction is good."""
    change = now - then if measure.better == "lower" else then - now
    # means of three items carry the dust of binary fractions: 26/3 - 17/3 must be 3
    return round(change, 9)


def baseline(scores: Sequence[Score]) -> Score | None:
    """The first score that has a total."""
    return next((score for score in scores if score.total is not None), None)


def best(measure: Measure, scores: Sequence[Score]) -> Score | None:
    """The best score that has a total; the earliest of equals."""
    whole = [score for score in scores if score.total is not None]
    sign = 1 if measure.better == "lower" else -1
    return min(whole, key=lambda score: sign * (score.total or 0), default=None)


def trend(measure: Measure, then: float, now: float) -> Literal["better", "worse", "same"]:
    """Whether the change is reliable; without a known threshold nothing is claimed."""
    change = worsening(measure, then, now)
    reliable = measure.change.reliable if measure.change is not None else None
    if reliable is None or abs(change) < reliable:
        return "same"
    return "worse" if change > 0 else "better"


def is_important(measure: Measure, then: float, now: float) -> bool:
    """Whether the change, for better or worse, is as large as the smallest that matters."""
    change = abs(worsening(measure, then, now))
    known = measure.change
    if known is None or (known.important is None and known.important_percent is None):
        return False
    enough = known.important is None or change >= known.important
    percent = known.important_percent
    return enough and (percent is None or round(100 * change, 9) >= percent * abs(then))


def expected_course(first: float, weeks: float) -> float | None:
    """The PHQ-9 expected so many weeks after that first total; None where nothing is known.

    The mean course of 1,999 people in blended care who began at 10 or more, 12.43 - 1.24 weeks
    + 0.05 weeks squared, as a change from one's own first total: PMC8726023, table 4. It ends at
    week 12 and at zero.
    """
    if first < EXPECTED_FROM:
        return None
    week = min(max(weeks, 0.0), float(_LAST_WEEK))
    return round(max(0.0, first - 1.24 * week + 0.05 * week**2), 9)


def reliable_threshold(sd: float, reliability: float) -> float:
    """The least change that chance explains in fewer than one of twenty people.

    1.96 standard errors of a difference: Jacobson & Truax 1991, doi 10.1037/0022-006X.59.1.12.
    """
    return 1.96 * _difference_error(sd, reliability)


def change_index(before: float, after: float, sd: float, reliability: float) -> float:
    """The change in standard errors of a difference: beyond 1.96 either way it is reliable.

    Jacobson & Truax 1991, doi 10.1037/0022-006X.59.1.12.
    """
    return (after - before) / _difference_error(sd, reliability)


def _counted(measure: Measure, answers: Mapping[int, int | None]) -> dict[int, int | None]:
    """The answers that count, the reversed ones from the other end of their scale."""
    return {number: _turned(measure, number, answers[number]) for number in measure.scored_items}


def _turned(measure: Measure, number: int, answer: int | None) -> int | None:
    if answer is None or not measure.items[number - 1].reversed:
        return answer
    low, high = measure.bounds_of(number)
    return low + high - answer


def _total(measure: Measure, counted: Mapping[int, int | None]) -> float | None:
    given = [answer for answer in counted.values() if answer is not None]
    missing = {number for number, answer in counted.items() if answer is None}
    too_many = len(missing) > measure.missing.most
    if not given or too_many or missing & set(measure.missing.required):
        return None
    if measure.score == "mean":
        return _mean(given)
    raw = _filled(measure, given, len(counted))
    # a product such as 13 x 4 is exact, and so is a total that is not multiplied at all
    return float(measure.t_table[raw]) if measure.t_table else float(raw * measure.factor)


def _filled(measure: Measure, given: Sequence[int], count: int) -> int:
    """The sum, in proportion for the items that are missing."""
    if len(given) == count:
        return sum(given)
    whole, over = divmod(sum(given) * count, len(given))
    if measure.missing.round == "up":
        return whole + (over > 0)
    return whole + (2 * over >= len(given))


def _subscales(measure: Measure, counted: Mapping[int, int | None]) -> dict[str, float]:
    found = {}
    for name, subscale in measure.subscales.items():
        given = [answer for number in subscale.items if (answer := counted.get(number)) is not None]
        if len(given) == len(subscale.items):
            way = subscale.score or measure.score
            found[name] = _mean(given) if way == "mean" else float(sum(given))
    return found


def _mean(answers: Iterable[int]) -> float:
    given = tuple(answers)
    return sum(given) / len(given)


def _difference_error(sd: float, reliability: float) -> float:
    return math.sqrt(2) * sd * math.sqrt(1 - reliability)
