"""Nudges: which one is scheduled next, and what happens when it comes due."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flows import timing
from flows.effects import Cancel, Nudge, Raise, Skip
from flows.events import Due, is_patients
from flows.rhythm import check_due
from flows.scene import Scene
from flows.state import Waiting
from flows.talk import begin, drop, rest
from flows.wording import next_lesson, zone_of

_EVERY_DAY = "1,2,3,4,5,6,7"
_SILENCE = "silence:"
_UNANSWERED = "unanswered:"
_HERE = timedelta(minutes=30)
_HOUR = timedelta(hours=1)
_CAME_BACK = timedelta(days=1)
"""Whoever writes a day or more after an amber alert has not gone silent."""
_OVER = frozenset({"withdrawn", "finished"})


def schedule(scene: Scene) -> Scene:
    """The scene with its one next nudge, and the watch over silence, put in order."""
    scene = _set(scene, "nudge", _wanted(scene))
    scene = _set(scene, "watch", _watched(scene))
    return _set(scene, "check", _checked(scene))


def come_due(scene: Scene, event: Due) -> Scene:
    """The scene after a nudge came due: sent, or skipped with a reason."""
    if event.key.startswith(_SILENCE):
        return _silence(scene, event)
    if event.key.startswith(_UNANSWERED):
        return _unanswered(scene, event)
    is_current = scene.state.nudge is not None and scene.state.nudge.key == event.key
    scene = scene.but(nudge=None) if is_current else scene
    # a last safety question that was left, by someone who said that they are safe
    scene = drop(scene, "safety") if scene.state.held is None else scene
    reason = _reason_against(scene, event) if is_current else "replaced"
    if reason == "unanswered":
        scene = scene.but(silent=True).then(Raise(rule="nudges-unanswered"))
    flow = _flow(scene)
    if reason or flow is None:
        return scene.then(Skip(key=event.key, reason=reason or "nothing to say"))
    scene = scene.but(nudged_on=_today(scene), unanswered=scene.state.unanswered + 1)
    return begin(rest(drop(scene, "nudge")), flow)


def _reason_against(scene: Scene, event: Due) -> str | None:
    state, plan = scene.state, scene.release.program.nudges
    reasons = {
        "unreachable": not state.reachable,
        "over": state.phase in _OVER,
        "safety hold": state.held is not None,
        "late": event.at - event.due_at > timedelta(hours=plan.late_hours),
        "quiet hours": timing.is_quiet(event.at, zone_of(scene), plan.quiet),
        "one a day": state.nudged_on == _today(scene),
        "here now": state.last_seen_at is not None and event.at - state.last_seen_at < _HERE,
        "unanswered": state.unanswered >= plan.unanswered,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _flow(scene: Scene) -> str | None:
    state, plan = scene.state, scene.release.program.nudges
    if state.phase == "paused":
        return plan.paused
    if drop(scene, "nudge").top is not None:
        return plan.unfinished
    if state.phase != "learning":
        return None
    if check_due(scene):
        return plan.check
    if _lesson_waits(scene):
        return plan.lesson
    return plan.plan if "plan-what" in state.answers else None


def _lesson_waits(scene: Scene) -> bool:
    opens = scene.state.lesson_opens_at
    unlocked = opens is None or opens <= scene.event.at
    return unlocked and next_lesson(scene.release, scene) is not None


def _wanted(scene: Scene) -> Waiting | None:
    state = scene.state
    if not state.reachable or state.held or state.silent or state.phase in _OVER:
        return None
    if state.phase == "consenting" or "zone" not in state.answers:
        # nobody has agreed to be reminded yet, and nobody knows when their night is
        return None
    if state.phase == "paused":
        return _slot(scene, state.paused_until) if state.paused_until else None
    return _slot(scene, scene.event.at)


def _slot(scene: Scene, after: datetime) -> Waiting:
    answers, plan = scene.state.answers, scene.release.program.nudges
    at_time = timing.shift_out_of_quiet(str(answers.get("nudge-time", plan.time)), plan.quiet)
    days = [int(day) for day in str(answers.get("nudge-days", _EVERY_DAY)).split(",")]
    due_at, day = timing.next_slot(
        max(after, scene.event.at),
        zone=zone_of(scene),
        at_time=at_time,
        days=days,
        skip=scene.state.nudged_on,
    )
    return Waiting(key=f"day:{day}T{at_time}", due_at=due_at)


def _watched(scene: Scene) -> Waiting | None:
    amber_at, watch = scene.state.amber_at, scene.state.watch
    if amber_at is None:
        return None
    if not is_patients(scene.event):
        return watch
    if scene.event.at - amber_at >= _CAME_BACK:
        return None
    due_at = scene.event.at + timedelta(days=scene.release.escalation.silence_days)
    if watch is None:
        return Waiting(key=f"{_SILENCE}{scene.state.turn}", due_at=due_at)
    # not a row for every word that is said in one talk
    return watch if due_at - watch.due_at < _HOUR else Waiting(key=watch.key, due_at=due_at)


def _silence(scene: Scene, event: Due) -> Scene:
    watch = scene.state.watch
    if watch is None or watch.key != event.key:
        return scene.then(Skip(key=event.key, reason="replaced"))
    scene = scene.but(watch=None, amber_at=None)
    return scene.then(Raise(rule="silence-after-amber"), Skip(key=event.key, reason="alert raised"))


def _checked(scene: Scene) -> Waiting | None:
    """The clock of a direct question that vague words raised; it runs once until answered."""
    crisis = scene.release.crisis
    if scene.state.held != crisis.soft_reply:
        return None
    due_at = scene.event.at + timedelta(hours=crisis.unanswered_hours)
    return scene.state.check or Waiting(key=f"{_UNANSWERED}{scene.state.turn}", due_at=due_at)


def _unanswered(scene: Scene, event: Due) -> Scene:
    if scene.state.check is None or scene.state.check.key != event.key:
        return scene.then(Skip(key=event.key, reason="replaced"))
    rule = scene.release.crisis.unanswered_rule
    return scene.then(Raise(rule=rule), Skip(key=event.key, reason="alert raised"))


def _set(scene: Scene, name: str, wanted: Waiting | None) -> Scene:
    now: Waiting | None = getattr(scene.state, name)
    if wanted == now:
        return scene
    if now is not None and (wanted is None or wanted.key != now.key):
        scene = scene.then(Cancel(key=now.key, reason="replaced" if wanted else "not needed"))
    if wanted is not None:
        slot = wanted.key.partition(":")[2]
        scene = scene.then(Nudge(key=wanted.key, due_at=wanted.due_at, slot=slot))
    return scene.but(**{name: wanted})


def _today(scene: Scene) -> date:
    return timing.local_date(scene.event.at, zone_of(scene))
