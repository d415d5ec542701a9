"""What the steps do that ask nothing: words are said, a record is shown, a hold is lifted."""

from __future__ import annotations

from dataclasses import replace

from flows import locks
from flows.cards import show_cards
from flows.effects import Erase, GiveData, Relay
from flows.progress import show_progress, show_summary
from flows.scene import Scene
from flows.state import State
from flows.steps import Add, Safe, Say, Show, Step, Tell
from flows.wording import message, values_for


def said(scene: Scene, step: Say) -> Scene:
    """The scene with the words of this step said; it is noted that there are simpler ones."""
    scene, top = scene.send(step.say.strip(), values_for(scene, step.say)), scene.state.stack[-1]
    return scene.top_but(simpler=(*top.simpler, str(step.id))) if step.simpler else scene


def act(scene: Scene, step: Step) -> Scene:
    """The scene after a step that asks nothing and leads nowhere else."""
    match step:
        case Safe():
            return scene.but(held=None)
        case Add() if step.add not in scene.state.addons:
            return scene.but(addons=(*scene.state.addons, step.add))
        case Tell() if step.tell in scene.state.answers:
            words = scene.state.words.get(step.tell) or str(scene.state.answers[step.tell])
            return scene.then(Relay(text=words))
        case Show(show="progress"):
            return show_progress(scene)
        case Show(show="summary"):
            return show_summary(scene)
        case Show(show="cards" | "mydata") if locks.is_shut(scene):
            return message(scene, "pin-first")
        case Show(show="cards"):
            return show_cards(scene)
        case Show(show="lines"):
            return message(scene, "lines")
        case Show(show="mydata"):
            return scene.then(GiveData(caption=scene.release.text("mydata")))
        case _:
            return scene


def erased(scene: Scene) -> Scene:
    """The scene of somebody of whom nothing is known any more: nothing is open, and they left."""
    kept = ("release", "turn", "nudge", "watch", "check", "behind_watch", "overdue_watch", "cue")
    known = {name: getattr(scene.state, name) for name in kept}
    scene = message(scene, "erased").then(Erase())
    return replace(scene, state=State(**known, phase="withdrawn", invited=False))
