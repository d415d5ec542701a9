"""It looks for words of need only after the question that is open had its answer."""

from __future__ import annotations

from flows import turn
from flows.scene import Scene


def breaks() -> None:
    """Break it."""
    happen = turn._happen

    def answer_first(scene: Scene) -> Scene:
        return happen(scene) if scene.question is None else turn._ordinary(scene)

    turn._happen = answer_first
