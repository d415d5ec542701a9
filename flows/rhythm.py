"""The rhythm of the program in days: the weekly check, the next lesson, the end of a pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flows import timing
from flows.scene import Scene
from flows.wording import zone_of


def check_due(scene: Scene) -> bool:
    """Whether the weekly check's days have passed since the last one, or since the baseline."""
    check = scene.release.program.check
    dates = [scene.state.finished(check.flow), scene.state.finished("flow/baseline")]
    last = max((date for date in dates if date is not None), default=None)
    if last is None:
        return True
    # whole days on the calendar: counted in hours, each week would begin a day later
    today, then = (timing.local_date(at, zone_of(scene)) for at in (scene.event.at, last))
    return today - then >= timedelta(days=check.every_days)


def lesson_opens(scene: Scene) -> datetime:
    """When the lesson after one that is finished now opens: the day begins where the patient is."""
    pace = scene.release.program.pace
    days = pace.get(str(scene.state.answers.get("pace", "standard")), pace["standard"])
    there = timing.local(scene.event.at, zone_of(scene)) + timedelta(days=days)
    return there.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def pause_end(scene: Scene) -> datetime | None:
    """When the pause that was chosen is over, or None if it has no end."""
    days = str(scene.state.answers.get("pause-days", ""))
    if not days.isdecimal():
        return None
    local = timing.local(scene.event.at, zone_of(scene))
    return (local + timedelta(days=int(days))).astimezone(UTC)
