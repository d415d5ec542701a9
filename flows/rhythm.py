"""The rhythm of the program in days: which questions are due, the next lesson, a pause's end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from flows import timing
from flows.course import next_lesson
from flows.program import Schedule
from flows.scene import Scene

CHECKED = frozenset({"learning", "finishing", "following_up"})
"""The phases in which sets of questions come due."""
_MIDNIGHT = time()


def due_check(scene: Scene) -> Schedule | None:
    """The first set of questions, in the program's order, that is due now; None if none is."""
    for check in _checks(scene):
        due_at = falls_due(scene, check)
        if due_at is not None and due_at <= scene.event.at:
            return check
    return None


def falls_due(scene: Scene, check: Schedule) -> datetime | None:
    """When these questions were or will be due as things stand; None if they do not come."""
    if check.phase != scene.state.phase:
        return None
    if check.every_days is not None:
        return _repeated(scene, check, check.every_days)
    if check.after_lessons is not None:
        return _after_lessons(scene, check, check.after_lessons)
    return _after_days(scene, check, check.after_days or 0)


def next_check_at(scene: Scene, since: datetime | None = None) -> datetime | None:
    """When the earliest set of questions of this phase was or will be due, or None.

    With `since`, of those that fall due then or later.
    """
    due = (falls_due(scene, check) for check in _checks(scene))
    known = (at for at in due if at is not None)
    return min((at for at in known if since is None or at >= since), default=None)


def lesson_opens(scene: Scene, lesson: str) -> datetime:
    """When the lesson after this one, finished now, opens: the day begins where the patient is."""
    pace = scene.release.program.pace
    usual = pace.get(str(scene.state.answers.get("pace", "standard")), pace["standard"])
    own = scene.release.flow(lesson).next_after
    return day_begins(scene, scene.event.at, own if own is not None else usual)


def behind_at(scene: Scene) -> datetime | None:
    """When the next lesson will have waited too long; None if none waits to be learned.

    Nobody is behind before the second week.
    """
    state, plan = scene.state, scene.release.program.nudges
    began = state.learning_at or scene.event.at
    if state.phase != "learning" or next_lesson(scene) is None:
        return None
    waited = day_begins(scene, state.lesson_opens_at or began, plan.behind_days)
    return max(waited, day_begins(scene, began, 7))


def is_check_begun(scene: Scene) -> bool:
    """Whether a set of questions was begun and is not finished, in whichever phase."""
    return any(is_check(scene, frame.flow) for frame in scene.state.stack)


def open_check_of(scene: Scene) -> Schedule | None:
    """The set of questions of this phase that was begun and is not finished, or None."""
    begun = [frame.flow for frame in scene.state.stack]
    return next((each for each in _checks(scene) if each.flow in begun), None)


def is_overtaken(scene: Scene, check: Schedule) -> bool:
    """Whether a later visit of the same phase is due by now."""
    due, days = due_check(scene), check.after_days
    return due is not None and days is not None and (due.after_days or 0) > days


def is_check(scene: Scene, flow: str) -> bool:
    """Whether this flow is one of the program's sets of questions."""
    return any(check.flow == flow for check in scene.release.program.checks)


def pause_end(scene: Scene) -> datetime | None:
    """When the pause that was chosen is over, or None if it has no end."""
    days = str(scene.state.answers.get("pause-days", ""))
    if not days.isdecimal():
        return None
    local = timing.local(scene.event.at, scene.state.zone)
    return (local + timedelta(days=int(days))).astimezone(UTC)


def day_begins(scene: Scene, at: datetime, days: int) -> datetime:
    """When the day so many days later begins on the patient's calendar.

    Whole days on the calendar: counted in hours, each week would begin a day later.
    """
    there = timing.zone_of(scene.state.zone)
    return _midnight(at.astimezone(there).date() + timedelta(days=days), there)


def midnight(scene: Scene, day: date) -> datetime:
    """When that day begins where the patient is."""
    return _midnight(day, timing.zone_of(scene.state.zone))


# the same few midnights, those of these weeks, are asked for again and again
@lru_cache(1024)
def _midnight(day: date, there: tzinfo) -> datetime:
    return datetime.combine(day, _MIDNIGHT, there).astimezone(UTC)


def _checks(scene: Scene) -> tuple[Schedule, ...]:
    """The sets of questions of the patient's phase, in the program's order."""
    return scene.release.program.checks_in.get(scene.state.phase, ())


def _repeated(scene: Scene, check: Schedule, days: int) -> datetime:
    """So many days after the latest of what they count from, or after learning began."""
    finished = [each.at for each in scene.state.done if each.flow in check.counts_from]
    last = max(finished, default=scene.state.learning_at)
    return day_begins(scene, last, days) if last is not None else scene.event.at


def _after_lessons(scene: Scene, check: Schedule, count: int) -> datetime | None:
    """When so many lessons of whichever path were finished; once only."""
    lessons = scene.release.program.lessons
    done = [each.at for each in scene.state.done if each.flow in lessons]
    if len(done) < count or scene.state.finished(check.flow) is not None:
        return None
    return sorted(done)[count - 1]


def _after_days(scene: Scene, check: Schedule, days: int) -> datetime | None:
    """So many days after the phase began; once, and not after a later one of the same phase."""
    began = scene.state.phase_at or scene.event.at
    if any(_is_done_since(scene, name, began) for name in _no_earlier(scene, check, days)):
        return None
    due_at, opens = day_begins(scene, began, days), scene.state.lesson_opens_at
    if scene.state.phase == "finishing" and opens is not None:
        return max(due_at, opens)
    return due_at


def _no_earlier(scene: Scene, check: Schedule, days: int) -> list[str]:
    """The flow of this check, and of those that come as many days or more after the phase began."""
    siblings = scene.release.program.checks_in[check.phase]
    later = [s.flow for s in siblings if s.after_days is not None and s.after_days > days]
    return [check.flow, *later]


def _is_done_since(scene: Scene, flow: str, began: datetime) -> bool:
    finished = scene.state.finished(flow)
    return finished is not None and finished >= began
