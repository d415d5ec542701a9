"""It takes a tap for an answer to whatever is asked just now."""

from __future__ import annotations

from flows import turn
from flows.events import Tapped
from flows.scene import Scene


def breaks() -> None:
    """Break it."""
    tapped = turn._tapped

    def at_once(scene: Scene, event: Tapped) -> Scene:
        asked = event.turn if event.turn is None else scene.state.asked
        return tapped(scene, event.model_copy(update={"turn": asked}))

    turn._tapped = at_once
