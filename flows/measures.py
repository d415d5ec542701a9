"""From answers to a score, and from two scores to what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from flows.program import Band, Measure
from flows.state import Score


def score(measure: Measure, items: Mapping[int, int | None], *, at: datetime, turn: int) -> Score:
    """The measure scored; its total is None if more is missing than its rule allows."""
    answers = {number: items.get(number) for number in range(1, len(measure.items) + 1)}
    missing = tuple(number for number, answer in answers.items() if answer is None)
    total = _total(measure, answers, missing)
    return Score(
        measure=measure.measure,
        at=at,
        turn=turn,
        total=total,
        items=answers,
        subscales=_subscales(measure, answers),
        prorated=total is not None and bool(missing),
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
    if measure.change is None or abs(change) < measure.change.reliable:
        return "same"
    return "worse" if change > 0 else "better"


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


def _total(
    measure: Measure, answers: Mapping[int, int | None], missing: Sequence[int]
) -> float | None:
    given = [answer for answer in answers.values() if answer is not None]
    too_many = len(missing) > measure.missing.most
    if not given or too_many or set(missing) & set(measure.missing.required):
        return None
    if measure.score == "mean":
        return _mean(given)
    return float(math.floor(_mean(given) * len(answers) + 0.5)) if missing else float(sum(given))


def _subscales(measure: Measure, answers: Mapping[int, int | None]) -> dict[str, float]:
    found = {}
    for name, numbers in measure.subscales.items():
        given = [answer for number in numbers if (answer := answers.get(number)) is not None]
        if len(given) == len(numbers):
            found[name] = _mean(given) if measure.score == "mean" else float(sum(given))
    return found


def _mean(answers: Iterable[int]) -> float:
    given = tuple(answers)
    return sum(given) / len(given)


def _difference_error(sd: float, reliability: float) -> float:
    return math.sqrt(2) * sd * math.sqrt(1 - reliability)
