"""A patient's course: which lessons are theirs, how far they are, how long they have learned."""

from __future__ import annotations

from flows import timing
from flows.scene import Scene

PACK, SHORT = "pack", "short"
"""The key, and its answer, of someone who wants the short list of their track."""


def lessons_of(scene: Scene) -> tuple[str, ...]:
    """The patient's lessons in order: the core, then their track's; none until they have a track.

    Whoever chose the short pack gets the short list, where the track has one.
    """
    answers = scene.state.answers
    chosen = str(answers.get("track")), answers.get(PACK) == SHORT
    return scene.release.program.courses.get(chosen, ())


def next_lesson(scene: Scene) -> str | None:
    """The first of the patient's lessons that is not finished, or None."""
    done = {each.flow for each in scene.state.done}
    for name in lessons_of(scene):
        if name not in done:
            return name
    return None


def lessons_done(scene: Scene) -> int:
    """How many of the patient's lessons are finished."""
    return len(lessons_of(scene)) - lessons_left(scene)


def lessons_left(scene: Scene) -> int:
    """How many of the patient's lessons are still to come."""
    done = scene.state.all_finished
    return sum(name not in done for name in lessons_of(scene))


def is_through(scene: Scene) -> bool:
    """Whether the patient has a course and has finished every lesson of it."""
    return bool(lessons_of(scene)) and next_lesson(scene) is None


def next_addon(scene: Scene) -> str | None:
    """The flow of the first add-on that the patient chose and has not finished, or None."""
    known = scene.release.program.addons
    chosen = (known[name] for name in scene.state.addons if name in known)
    return next((flow for flow in chosen if scene.state.finished(flow) is None), None)


def weeks(scene: Scene) -> int:
    """The whole weeks on the patient's calendar since learning began; 0 before that."""
    began = scene.state.learning_at
    if began is None:
        return 0
    zone = scene.state.zone
    return (timing.local_date(scene.event.at, zone) - timing.local_date(began, zone)).days // 7
