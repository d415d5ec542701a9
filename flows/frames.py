"""Frames put on the pile and taken off it, questions closed: nothing here is said or walked."""

from __future__ import annotations

from flows.effects import Raise, Settle
from flows.rhythm import is_check_begun
from flows.scene import Scene
from flows.scoring import gravest, is_amber
from flows.state import Frame


def place(scene: Scene, name: str) -> Scene:
    """The scene with that flow's first step on top, not yet entered."""
    return scene.push(Frame(flow=name, step=scene.release.flow(name).names[0]))


def rest(scene: Scene) -> Scene:
    """The scene with whatever is open left for later."""
    scene = close_question(scene)
    return scene.top_but(resting=True) if scene.top is not None else scene


def close_question(scene: Scene, chosen: str | None = None) -> Scene:
    """The scene with no question open; its buttons are taken away, what was chosen is noted."""
    if scene.state.asked is None:
        return scene
    return scene.then(Settle(turn=scene.state.asked, chosen=chosen)).but(asked=None)


def alarm(scene: Scene, raises: tuple[Raise, ...]) -> Scene:
    """The scene with the alerts raised and, where a rule says so, its reply taking over."""
    scene = scene.then(*raises)
    if is_amber(scene, raises):
        # an alert that a set of questions raises is followed up by the next one
        uncertain = 2 if is_check_begun(scene) else 1
        scene = scene.but(amber_at=scene.event.at, uncertain=uncertain)
    rule = gravest(scene, raises)
    return hold(scene, rule.reply) if rule is not None and rule.reply else scene


def hold(scene: Scene, reply: str) -> Scene:
    """The scene with a safety flow on top, alone of its kind; the program is held."""
    scene = drop(close_question(scene), "safety", "nudge")
    return place(scene.but(held=reply), reply)


def drop(scene: Scene, *kinds: str) -> Scene:
    """The scene without the open flows of these kinds; what lay below waits to be asked for."""
    stack, flow = scene.state.stack, scene.release.flow
    if not stack:
        return scene
    kept = tuple([frame for frame in stack if flow(frame.flow).kind not in kinds])
    if len(kept) == len(stack):
        return scene
    return rest(close_question(scene).but(stack=kept))
