"""Weeks in a clinic leave nothing behind but what happened: a small one, by the same code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.invariants import broken
from tests.soak.gauges import Sample
from tests.soak.report import leaks, table
from tests.soak.run import Soak, Wish

DAYS = 3
BEGIN = datetime(2027, 1, 13, 10, 0, tzinfo=UTC)
STEADY = {
    "rss_kib": 180_000.0,
    "files": 30.0,
    "threads": 12.0,
    "wal_kib": 4_000.0,
    "health_ms": 9.0,
}


def test_a_small_clinic_lives_through_faults_and_leaks_nothing(tmp_path: Path) -> None:
    """Three people and a team through days of faults and a kill: sound, at rest, nothing lost."""
    soak = Soak(tmp_path, Wish(3, DAYS / 7, 3, timedelta(hours=8), kill_days=1))
    try:
        soak.lives(lambda it: None)
        assert broken(soak.world) == []
        assert leaks(soak.gauges.samples) == []
        assert len(soak.gauges.samples) >= DAYS
        assert soak.weather.done
        assert soak.life > 1
    finally:
        soak.closes()


def days(**grows: float) -> list[Sample]:
    """Three weeks of samples in which these figures grow by so much a day."""
    return [
        Sample(
            BEGIN + timedelta(days=day),
            life=1,
            acts=10 * day,
            figures={
                **{name: value + day * grows.get(name, 0.0) for name, value in STEADY.items()},
                "inbox": grows.get("inbox", 0.0),
                "connections": day * grows.get("connections", 0.0),
                "rows.turns": 100.0 * day,
            },
        )
        for day in range(21)
    ]


@pytest.mark.parametrize(
    ("grows", "told"),
    [
        ({}, ""),
        ({"files": 0.1}, ""),
        ({"files": 1.0}, "files grew from"),
        ({"threads": 1.0}, "threads grew from"),
        ({"rss_kib": 2_000.0}, "rss_kib grew from"),
        ({"wal_kib": 1_000.0}, "wal_kib grew from"),
        ({"inbox": 1.0}, "inbox held 1 at rest"),
        ({"connections": 9.0}, ", more than 80"),
    ],
)
def test_a_leak_is_told(grows: dict[str, float], told: str) -> None:
    """What grows day by day is named; what wavers is not."""
    found = leaks(days(**grows))
    assert bool(found) == bool(told)
    assert all(told in sentence for sentence in found)


def test_what_grows_with_the_patients_is_told_by_patient_week() -> None:
    """Rows of what happened are no leak: they are told for each patient and week."""
    assert "| rows.turns | 0 | 2,000 | 2,000 | 66.7 a patient-week |" in table(days(), 10, 3)
