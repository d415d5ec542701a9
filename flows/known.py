"""What is known of a patient at a moment, for the conditions of the content."""

from __future__ import annotations

from flows import course
from flows.conditions import Known
from flows.scene import Scene


def known_of(scene: Scene) -> Known:
    """What the conditions of this scene are asked about."""
    facts: dict[str, str | int] = {
        "phase": scene.state.phase,
        "lessons": course.lessons_done(scene),
        "lessons_left": course.lessons_left(scene),
        "weeks": course.weeks(scene),
    }
    return Known(scene.state, scene.event.at, facts, scene.release.measures)
