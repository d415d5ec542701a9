"""Watches: clocks that tell the care team when something that was hoped for did not happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flows.course import next_lesson
from flows.effects import Raise, Skip
from flows.events import Due, is_patients
from flows.rhythm import behind_at, next_check_at
from flows.scene import Scene
from flows.state import Behind, Waiting

_HOUR = timedelta(hours=1)
_CAME_BACK = timedelta(days=1)
"""Whoever writes a day or more after an amber alert has not gone silent."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How the keys of a clock begin, when it should run out, and what follows when it does."""

    prefix: str
    wanted: Callable[[Scene], Waiting | None]
    over: Callable[[Scene], Scene]


def is_watch(event: Due) -> bool:
    """Whether a watch ran out, rather than a nudge."""
    return _name_of(event) is not None


def run_out(scene: Scene, event: Due) -> Scene:
    """The scene after a watch ran out: the care team told, if it is still the current one."""
    name = _name_of(event) or ""
    waiting: Waiting | None = getattr(scene.state, name)
    if waiting is None or waiting.key != event.key:
        return scene.then(Skip(key=event.key, reason="replaced"))
    return WATCHES[name].over(scene).then(Skip(key=event.key, reason="alert raised"))


def _name_of(event: Due) -> str | None:
    prefix, colon, _ = event.key.partition(":")
    return _NAMES.get(prefix + colon)


def _silence(scene: Scene) -> Waiting | None:
    """A week without a word after an amber alert."""
    amber_at, watch = scene.state.amber_at, scene.state.watch
    if amber_at is None:
        return None
    if not is_patients(scene.event):
        return watch
    if scene.event.at - amber_at >= _CAME_BACK:
        return None
    due_at = scene.event.at + timedelta(days=scene.release.escalation.silence_days)
    if watch is None:
        return Waiting(key=f"silence:{scene.state.turn}", due_at=due_at)
    # not a row for every word that is said in one talk
    return watch if due_at - watch.due_at < _HOUR else Waiting(key=watch.key, due_at=due_at)


def _silent(scene: Scene) -> Scene:
    return scene.but(watch=None, amber_at=None).then(Raise(rule="silence-after-amber"))


def _unanswered(scene: Scene) -> Waiting | None:
    """The clock of a direct question that vague words raised; it runs once until answered."""
    crisis = scene.release.crisis
    if scene.state.held != crisis.soft_reply:
        return None
    due_at = scene.event.at + timedelta(hours=crisis.unanswered_hours)
    return scene.state.check or Waiting(key=f"unanswered:{scene.state.turn}", due_at=due_at)


def _left_unanswered(scene: Scene) -> Scene:
    return scene.then(Raise(rule=scene.release.crisis.unanswered_rule))


def _behind(scene: Scene) -> Waiting | None:
    """A lesson that still waits, some days after the patient was asked what is in the way.

    Whoever can no longer be asked is not forgotten: their days count from when they would be.
    """
    # almost nobody is asked what is in the way: nothing is worked out for the others
    if scene.state.behind is None and not _is_out_of_reach(scene):
        return None
    behind_from, behind = behind_at(scene), _behind_now(scene)
    if behind_from is None or scene.state.held is not None or behind.told:
        return None
    if not behind.asked and not _is_out_of_reach(scene):
        return None
    since = behind.since if behind.asked else behind_from
    due_at = since + timedelta(days=scene.release.program.nudges.tell_days)
    return Waiting(key=f"behind:{behind.lesson}", due_at=due_at)


def _is_out_of_reach(scene: Scene) -> bool:
    return scene.state.silent or not scene.state.reachable


def _behind_now(scene: Scene) -> Behind:
    lesson, behind = next_lesson(scene) or "", scene.state.behind
    is_same = behind is not None and behind.lesson == lesson
    return behind if behind and is_same else Behind(lesson=lesson, since=scene.event.at)


def _still_behind(scene: Scene) -> Scene:
    told = _behind_now(scene).model_copy(update={"told": True})
    return scene.but(behind_watch=None, behind=told).then(Raise(rule="behind-schedule"))


def _overdue(scene: Scene) -> Waiting | None:
    """Questions that an amber alert makes matter, due for a week in which they could be answered.

    What fell due during a pause counts from its end; and no clock that runs is set earlier.
    """
    if not scene.state.uncertain or scene.state.held is not None:
        return None
    due_at = next_check_at(scene)
    if due_at is None:
        return None
    long, now = timedelta(days=scene.release.escalation.silence_days), scene.state.overdue_watch
    if now is not None:
        return Waiting(key=now.key, due_at=max(due_at + long, now.due_at))
    due_at = max(due_at, scene.event.at)
    return Waiting(key=f"overdue:{scene.state.turn}", due_at=due_at + long)


def _still_due(scene: Scene) -> Scene:
    return scene.but(overdue_watch=None, uncertain=0).then(Raise(rule="overdue-after-amber"))


WATCHES: dict[str, Watch] = {
    "watch": Watch("silence:", _silence, _silent),
    "check": Watch("unanswered:", _unanswered, _left_unanswered),
    "behind_watch": Watch("behind:", _behind, _still_behind),
    "overdue_watch": Watch("overdue:", _overdue, _still_due),
}
"""Every watch, by the field of the state that holds its clock."""
_NAMES = {watch.prefix: name for name, watch in WATCHES.items()}
