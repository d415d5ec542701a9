"""Nudges: which one is scheduled next, and what happens when it comes due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

from flows import agreement, timing
from flows.course import next_addon, next_lesson
from flows.effects import Cancel, Nudge, Raise, Skip
from flows.events import CUE, Due, is_cue
from flows.frames import drop, rest
from flows.program import Nudge as Kind
from flows.prompts import lasting
from flows.rhythm import behind_at, due_check, falls_due, midnight, next_check_at
from flows.scene import Scene
from flows.state import Behind, Waiting
from flows.steps import Wait
from flows.talk import begin, wait_over
from flows.watches import WATCHES, is_watch, run_out
from flows.wording import message, zone_of

_EVERY_DAY = "1,2,3,4,5,6,7"
_DAY = timedelta(days=1)
_HERE = timedelta(minutes=30)
_CUE_HOLDS = timedelta(minutes=1)
"""After so long, a wait that should have gone on by itself waits for a tap instead."""
_OVER = frozenset({"withdrawn", "finished"})


def schedule(scene: Scene) -> Scene:
    """The scene with its one next nudge, and every watch, put in order."""
    scene = _set(scene, "nudge", _wanted(scene))
    for name, watch in WATCHES.items():
        wanted = watch.wanted(scene)
        # nobody is behind with a program that waits for them
        is_off = wanted is not None and name == "behind_watch" and agreement.is_wanted(scene)
        scene = _set(scene, name, None if is_off else wanted)
    return _set(scene, "cue", _cued(scene))


def come_due(scene: Scene, event: Due) -> Scene:
    """The scene after a nudge came due: sent, or skipped with a reason."""
    if is_cue(event):
        return _cue(scene, event)
    if is_watch(event):
        return run_out(scene, event)
    is_current = scene.state.nudge is not None and scene.state.nudge.key == event.key
    scene = _anew(scene.but(nudge=None)) if is_current else scene
    # a last safety question that was left, by someone who said that they are safe
    scene = drop(scene, "safety") if scene.state.held is None else scene
    reason = _reason_against(scene, event) if is_current else "replaced"
    if not reason and agreement.is_asked(scene):
        return _tell_of_newer_words(scene, event)
    if reason == "unanswered":
        scene = scene.but(silent=True).then(Raise(rule="nudges-unanswered"))
    kind = _kind(scene)
    if reason or kind is None:
        return scene.then(Skip(key=event.key, reason=reason or "nothing to say"))
    scene = scene.but(nudged_on=_today(scene), unanswered=scene.state.unanswered + 1)
    flow: str = getattr(scene.release.program.nudges, kind)
    return begin(rest(drop(_noted(scene, kind), "nudge")), flow)


def _tell_of_newer_words(scene: Scene, event: Due) -> Scene:
    """The scene with one word that there is something new to agree to, in place of any nudge."""
    wanted = agreement.terms(scene.release, event.desk.keeps)
    if scene.state.reminded_of == wanted:
        return scene.then(Skip(key=event.key, reason="not agreed"))
    scene = scene.but(
        nudged_on=_today(scene), unanswered=scene.state.unanswered + 1, reminded_of=wanted
    )
    buttons = lasting(scene, "resume")
    return message(rest(drop(scene, "nudge")), "agreement-nudge", buttons=buttons)


def _anew(scene: Scene) -> Scene:
    """The scene with earlier reminders forgiven if a visit fell due since the last of them."""
    is_new = bool(scene.state.unanswered) and _has_new_visit(scene)
    return scene.but(silent=False, unanswered=0) if is_new else scene


def _has_new_visit(scene: Scene) -> bool:
    check, nudged_on = due_check(scene), scene.state.nudged_on
    due_at = falls_due(scene, check) if check is not None else None
    if scene.state.phase != "following_up" or due_at is None or nudged_on is None:
        return False
    return timing.local_date(due_at, zone_of(scene)) > nudged_on


def _reason_against(scene: Scene, event: Due) -> str | None:
    state, plan = scene.state, scene.release.program.nudges
    reasons = (
        ("unreachable", not state.reachable),
        ("over", state.phase in _OVER),
        ("safety hold", state.held is not None),
        ("taken over", state.taken_by is not None),
        ("late", event.at - event.due_at > timedelta(hours=plan.late_hours)),
        ("quiet hours", timing.is_quiet(event.at, zone_of(scene), plan.quiet)),
        ("one a day", state.nudged_on is not None and state.nudged_on == _today(scene)),
        ("here now", state.last_seen_at is not None and event.at - state.last_seen_at < _HERE),
        ("unanswered", state.unanswered >= plan.unanswered),
    )
    for reason, holds in reasons:
        if holds:
            return reason
    return None


def _kind(scene: Scene) -> Kind | None:
    """What today's nudge is about, what is half done before what is new; None for nothing."""
    phase = scene.state.phase
    if phase == "paused":
        return "paused"
    if phase == "following_up":
        return "check" if _offers_check(scene) else None
    if _asks_what_is_wrong(scene):
        return "behind"
    if drop(scene, "nudge").top is not None:
        return "unfinished"
    if phase not in {"learning", "finishing"}:
        return None
    return next((kind for kind, waits in _WAITS if waits(scene)), None)


def _noted(scene: Scene, kind: Kind) -> Scene:
    """The scene with it kept that this was offered or asked today."""
    if kind == "check":
        return scene.but(offered_on=_today(scene))
    if kind == "addon":
        return scene.but(extra_on=_today(scene))
    if kind == "behind":
        lesson = next_lesson(scene) or ""
        return scene.but(behind=Behind(lesson=lesson, since=scene.event.at, asked=True))
    return scene


def _asks_what_is_wrong(scene: Scene) -> bool:
    """Whether the next lesson has waited so long that the patient is asked why; once for each."""
    behind_from, behind = behind_at(scene), scene.state.behind
    if behind_from is None or behind_from > scene.event.at:
        return False
    return behind is None or behind.lesson != next_lesson(scene)


def _offers_check(scene: Scene) -> bool:
    """Whether questions are due that were not offered, or put off some days ago."""
    is_time = _again_from(scene, scene.state.offered_on) <= scene.event.at
    return is_time and due_check(scene) is not None


def _offers_addon(scene: Scene) -> bool:
    """Whether an extra was chosen that was not offered, or put off some days ago."""
    is_time = _again_from(scene, scene.state.extra_on) <= scene.event.at
    return is_time and next_addon(scene) is not None


def _again_from(scene: Scene, offered_on: date | None) -> datetime:
    """When what was offered by a nudge on that day may be offered again."""
    if offered_on is None:
        return scene.event.at
    return midnight(scene, offered_on + timedelta(days=scene.release.program.nudges.again_days))


def _lesson_waits(scene: Scene) -> bool:
    state = scene.state
    unlocked = state.lesson_opens_at is None or state.lesson_opens_at <= scene.event.at
    return unlocked and state.phase == "learning" and next_lesson(scene) is not None


_WAITS: tuple[tuple[Kind, Callable[[Scene], bool]], ...] = (
    ("check", _offers_check),
    ("lesson", _lesson_waits),
    ("addon", _offers_addon),
    ("plan", lambda scene: "plan-what" in scene.state.answers),
)
"""What may be waiting, the first before the others."""


def _wanted(scene: Scene) -> Waiting | None:
    state = scene.state
    if not state.reachable or state.held or state.phase in _OVER:
        return None
    if state.silent and state.phase != "following_up":
        return None
    if _knows_of_newer_words(scene):
        return None
    if state.phase == "consenting" or "zone" not in state.answers:
        # nobody has agreed to be reminded yet, and nobody knows when their night is
        return None
    if state.phase == "paused":
        return _slot(scene, state.paused_until) if state.paused_until else None
    if state.phase == "following_up":
        return _visit(scene)
    return _slot(scene, scene.event.at)


def _knows_of_newer_words(scene: Scene) -> bool:
    """Whether a nudge told them already that nothing goes on before they agree."""
    told = scene.state.reminded_of
    return (
        told is not None
        and told == agreement.terms(scene.release, scene.event.desk.keeps)
        and agreement.is_wanted(scene)
    )


def _visit(scene: Scene) -> Waiting | None:
    """The nudge of the next visit; in silence, of the next that nobody was reminded of."""
    state = scene.state
    since = midnight(scene, state.nudged_on + _DAY) if state.silent and state.nudged_on else None
    due_at = next_check_at(scene, since)
    again_from = _again_from(scene, state.offered_on)
    return _slot(scene, max(due_at, again_from)) if due_at is not None else None


def _slot(scene: Scene, after: datetime) -> Waiting:
    answers, plan = scene.state.answers, scene.release.program.nudges
    at_time = timing.shift_out_of_quiet(str(answers.get("nudge-time", plan.time)), plan.quiet)
    days = _weekdays(str(answers.get("nudge-days", _EVERY_DAY)))
    due_at, day = timing.next_slot(
        max(after, scene.event.at),
        zone=zone_of(scene),
        at_time=at_time,
        days=days,
        skip=scene.state.nudged_on,
    )
    return Waiting(key=f"day:{day}T{at_time}", due_at=due_at)


@lru_cache(128)
def _weekdays(told: str) -> tuple[int, ...]:
    return tuple(int(day) for day in told.split(","))


def _cued(scene: Scene) -> Waiting | None:
    """When the wait that is open goes on by itself; never while someone may be in danger."""
    question, state = scene.question, scene.state
    if not isinstance(question, Wait) or scene.in_safety or not state.reachable:
        return None
    if state.asked != state.turn:
        return state.cue
    due_at = scene.event.at + timedelta(seconds=question.wait)
    return Waiting(key=f"{CUE}{state.turn}", due_at=due_at)


def _cue(scene: Scene, event: Due) -> Scene:
    cue = scene.state.cue
    if cue is None or cue.key != event.key or not isinstance(scene.question, Wait):
        return scene.then(Skip(key=event.key, reason="replaced"))
    scene = scene.but(cue=None)
    if event.at - event.due_at > _CUE_HOLDS:
        return scene.then(Skip(key=event.key, reason="late"))
    return wait_over(scene)


def _set(scene: Scene, name: str, wanted: Waiting | None) -> Scene:
    now: Waiting | None = getattr(scene.state, name)
    # most clocks do not run, and to compare values takes longer
    if wanted is now or wanted == now:
        return scene
    if now is not None and (wanted is None or wanted.key != now.key):
        scene = scene.then(Cancel(key=now.key, reason="replaced" if wanted else "not needed"))
    if wanted is not None:
        slot = wanted.key.partition(":")[2]
        scene = scene.then(Nudge(key=wanted.key, due_at=wanted.due_at, slot=slot))
    return scene.but(**{name: wanted})


def _today(scene: Scene) -> date:
    return timing.local_date(scene.event.at, zone_of(scene))
