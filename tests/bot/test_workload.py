"""How soon, and how much: figures worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.service.workload import answered, handled, take_times_by_rule, waits
from bot.store.workload import Step, Written

T0 = datetime(2027, 1, 13, 10, 0, tzinfo=UTC)


def after(minutes: float) -> datetime:
    """So many minutes later."""
    return T0 + timedelta(minutes=minutes)


def step(alert: int, move: str, who: int | None, minutes: float, since: int = 0) -> Step:
    """A move of an alert."""
    return alert, move, who, after(minutes), since


LIFE = [
    step(1, "tell", None, 0),
    step(1, "see", 1, 4, 240),
    step(1, "take", 1, 10, 600),
    step(1, "act", 1, 25, 1500),
    step(1, "act", 1, 40, 2400),
    step(1, "close", 1, 60, 3600),
    step(1, "fire", None, 100, 0),
    step(1, "take", 2, 103, 180),
    step(1, "close", 2, 133, 1980),
    step(2, "tell", None, 5),
    step(2, "take", 1, 6, 60),
    step(2, "take", 2, 90, 5100),
]


def test_only_the_first_who_took_an_alert_is_counted_until_it_fires_again() -> None:
    """Ten minutes and one minute for the one, three minutes for the other."""
    assert _who("take") == [(1, 600.0), (2, 180.0), (1, 60.0)]


def test_acting_counts_from_taking_and_once() -> None:
    """Closing what was never acted on is an act too."""
    assert _who("act") == [(1, 900.0), (2, 1800.0)]


def test_words_wait_from_the_first_of_them_that_nobody_answered() -> None:
    """Two messages and one answer are one wait; an unasked message of a clinician is none."""
    thread: list[Written] = [
        (1, 3, after(0)),
        (1, None, after(10)),
        (1, None, after(20)),
        (1, 3, after(70)),
        (1, 3, after(80)),
        (1, None, after(90)),
        (2, None, after(0)),
        (2, 4, after(5)),
    ]

    assert list(answered(thread)) == [(3, 3600.0), (4, 300.0)]


def test_fewer_than_three_times_have_no_middle_and_fewer_than_ten_no_ninth() -> None:
    """What is too little to speak of is left out, and the longest is always said."""
    assert (waits([5, 1]).median, waits([5, 1]).worst) == (None, 5)
    assert (waits([9, 1, 5]).median, waits([9, 1, 5]).ninth) == (5, None)
    assert waits([*range(1, 12)]).ninth == 10
    assert waits([]).worst is None


def test_a_rule_knows_how_long_its_alerts_waited() -> None:
    """All of them together."""
    times = take_times_by_rule({1: "person", 2: "person"}, LIFE)

    assert times["person"].seconds == (60.0, 180.0, 600.0)


def _who(what: str) -> list[tuple[int, float]]:
    return [(who, seconds) for kind, who, seconds in handled(LIFE) if kind == what]
