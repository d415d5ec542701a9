"""It takes a tap for an answer to whatever is asked just now."""

from __future__ import annotations

from flows import replies
from flows.events import Tapped
from flows.scene import Scene


def breaks() -> None:
    """Break it."""
    tapped = replies.tapped

    def at_once(scene: Scene, event: Tapped) -> Scene:
        asked = event.turn if event.turn is None else scene.state.asked
        return tapped(scene, event.model_copy(update={"turn": asked}))

    replies.tapped = at_once
