"""A patient's way through the program: phases moved on, pauses ended, lessons finished."""

from __future__ import annotations

from datetime import datetime

from flows import journey
from flows.course import PACK, is_through
from flows.errors import IllegalMove
from flows.rhythm import is_check, lesson_opens, pause_end
from flows.scene import Scene
from flows.state import Done

_FORGOTTEN = {
    "learning_at": None,
    "lesson_opens_at": None,
    "paused_until": None,
    "offered_on": None,
    "extra_on": None,
    "behind": None,
    "uncertain": 0,
    "taken_by": None,
    "offers": (),
    "agreed": None,
    "aside": None,
}
"""What is no longer counted once someone has left."""


def move(scene: Scene, trigger: str) -> Scene:
    """The scene with the patient's journey moved on; a move that does not fit changes nothing."""
    if trigger == "more" and is_through(scene):
        return scene
    try:
        phase = journey.move(scene.state.phase, trigger)
    except IllegalMove:
        return scene
    scene = scene.but(phase=phase)
    if trigger not in {"pause", "resume"}:
        scene = scene.but(phase_at=scene.event.at)
    match trigger:
        case "planned":
            return scene.but(learning_at=scene.event.at)
        case "more":
            return scene.but(lesson_opens_at=_from_now(scene), behind=None)
        case "pause":
            return scene.but(paused_until=pause_end(scene))
        case "resume":
            return completed(_resumed(scene))
        case "withdraw":
            return scene.but(stack=scene.state.stack[-1:], **_FORGOTTEN)
        case "rejoin":
            return _anew(scene)
        case _:
            return scene


def _anew(scene: Scene) -> Scene:
    """The scene at a new start: what was learned stays learned, and the rest is asked anew."""
    done = tuple(each for each in scene.state.done if _stays_done(scene, each.flow))
    answers, words = ({**known} for known in (scene.state.answers, scene.state.words))
    for known in (answers, words):
        known.pop(PACK, None)
    return scene.but(stack=(), done=done, answers=answers, words=words)


def _stays_done(scene: Scene, flow: str) -> bool:
    """Whether a flow that was finished is not to come again after leaving."""
    is_once = any(
        check.flow == flow and check.every_days is None for check in scene.release.program.checks
    )
    return is_once or flow.startswith(("lesson/", "addon/"))


def _resumed(scene: Scene) -> Scene:
    """The scene after a pause: a lesson that was open begins to wait only now."""
    now, behind = scene.event.at, scene.state.behind
    since = behind.model_copy(update={"since": now}) if behind else None
    return scene.but(paused_until=None, lesson_opens_at=_from_now(scene), behind=since)


def _from_now(scene: Scene) -> datetime:
    """When the next lesson opens, if not yet: one that has waited begins to wait only now."""
    now = scene.event.at
    return max(scene.state.lesson_opens_at or now, now)


def completed(scene: Scene) -> Scene:
    """The scene moved on towards the closing if every lesson of the patient is finished."""
    is_over = scene.state.phase == "learning" and is_through(scene)
    return move(scene, "complete") if is_over else scene


def done(scene: Scene, flow: str) -> Scene:
    """The scene with that flow finished now, and what a lesson or questions change by it."""
    others = tuple(each for each in scene.state.done if each.flow != flow)
    scene = scene.but(done=(*others, Done(flow=flow, at=scene.event.at)))
    if is_check(scene, flow):
        scene = scene.but(offered_on=None, uncertain=max(0, scene.state.uncertain - 1))
    if scene.release.flow(flow).kind != "lesson":
        return scene
    return scene.but(lesson_opens_at=lesson_opens(scene, flow), behind=None)
