"""What is known of a patient at a moment, for the conditions of the content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flows import course
from flows.conditions import Known
from flows.scene import Scene


def known_of(scene: Scene) -> Known:
    """What the conditions of this scene are asked about."""
    return Known(scene.state, scene.event.at, _Facts(scene), scene.release.measures)


_FACTS: Mapping[str, Callable[[Scene], str | int]] = {
    "phase": lambda scene: scene.state.phase,
    "lessons": course.lessons_done,
    "lessons_left": course.lessons_left,
    "weeks": course.weeks,
}


class _Facts(Mapping[str, str | int]):
    """The facts of a course, each counted when it is asked for."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def __getitem__(self, name: str) -> str | int:
        return _FACTS[name](self._scene)

    def __iter__(self) -> Iterator[str]:
        return iter(_FACTS)

    def __len__(self) -> int:
        return len(_FACTS)
