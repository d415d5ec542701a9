"""The clock of a clinician who took a conversation over and says nothing in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import silence, timing
from flows.program import NudgePlan, Presence, Release

WORD = datetime(2027, 1, 13, 15, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
ZONES = ("America/Toronto", "Asia/Kathmandu", "Pacific/Apia", "UTC-11:00", "Europe/London")


@pytest.mark.parametrize(
    ("after", "due"),
    [(0, 120), (119, 120), (120, 360), (121, 360), (359, 360), (360, 1440), (1439, 1440)],
)
def test_two_reminders_and_then_the_end(after: int, due: int) -> None:
    """Two hours, six hours, a day; one that was missed is not made up for."""
    now = WORD + after * MINUTES
    assert silence.due_at(Presence(), WORD, now) == WORD + due * MINUTES


@given(
    steps=st.lists(st.integers(1, 3000), max_size=4),
    last=st.integers(1, 3000),
    gaps=st.lists(st.integers(1, 4000), min_size=1, max_size=30),
)
def test_a_silence_always_comes_to_its_end(steps: list[int], last: int, gaps: list[int]) -> None:
    """However late each look is, the next one lies ahead until the end, and never beyond it."""
    reminders = tuple(sum(steps[: number + 1]) for number in range(len(steps)))
    presence = Presence(remind_minutes=reminders, back_minutes=sum(steps) + last)
    now, ends = WORD, silence.ends_at(presence, WORD)
    for gap in gaps:
        due = silence.due_at(presence, WORD, now)
        assert due == ends or now < due < ends
        now += gap * MINUTES


@given(after=st.integers(0, 8 * 366 * 24 * 60), zone=st.sampled_from(ZONES))
def test_nobody_is_woken_by_the_programs_return(after: int, zone: str) -> None:
    """By day at once; at night when the quiet hours are over, within a day."""
    moment, nudges = WORD + after * MINUTES, nudge_plan()
    kind = silence.kind_moment(nudges, moment, zone)

    assert not timing.is_quiet(kind, zone, nudges.quiet)
    assert (kind == moment) is not timing.is_quiet(moment, zone, nudges.quiet)
    assert moment <= kind <= moment + timedelta(hours=36)


def test_the_programs_own_times_are_two_hours_six_and_a_day(release: Release) -> None:
    """What docs/clinicians.md says stands in content/program.yaml."""
    assert release.program.presence == Presence(remind_minutes=(120, 360), back_minutes=1440)


def nudge_plan() -> NudgePlan:
    """Nudges with the quiet hours that nobody changed."""
    names = ("plan", "check", "lesson", "addon", "unfinished", "paused", "behind")
    return NudgePlan.model_validate({name: f"nudge/{name}" for name in names})
