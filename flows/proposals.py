"""A change of the program that the care team proposed and the patient agreed to."""

from __future__ import annotations

from collections.abc import Collection

from flows.answers import Answer
from flows.course import PACK, SHORT
from flows.effects import Record
from flows.events import Setting
from flows.keeping import known
from flows.program import Release
from flows.scene import Scene
from flows.talk import told_of_next
from flows.way import move
from flows.wording import message

Change = tuple[Setting, str]


def fits(release: Release, change: Change) -> bool:
    """Whether the program still has what is proposed."""
    program, (what, value) = release.program, change
    has: dict[Setting, Collection[str]] = {
        "addon": program.addons,
        "pace": program.pace,
        "track": program.tracks,
        "pack": (SHORT, "whole"),
    }
    return value in has[what]


def changed(scene: Scene, change: Change, offer: int, asked: str) -> Scene:
    """The scene with the change made and kept as an answer, and words about what follows."""
    what, value = change
    scene = scene.then(Record(flow="offer", step=str(offer), key=what, value=value, question=asked))
    if what == "addon":
        return _with_addon(scene, value)
    scene = known(scene, what, Answer(value, _words(scene.release, what, value)))
    if what in {"track", PACK}:
        # after the lessons, whatever is left by now is opened again
        scene = move(scene, "more")
    scene = message(scene, f"agreed-{what}")
    return told_of_next(scene, "flow") if scene.top is None else scene


def _with_addon(scene: Scene, name: str) -> Scene:
    flow = scene.release.program.addons[name]
    others = tuple(each for each in scene.state.addons if each != name)
    done = tuple(each for each in scene.state.done if each.flow != flow)
    # what was finished once and is proposed again is to be done again
    scene = scene.but(addons=(*others, name), done=done, extra_on=None)
    return message(scene, "agreed-addon", title=scene.release.flow(flow).title)


def _words(release: Release, what: Setting, value: str) -> str:
    return release.program.tracks[value].title if what == "track" else value
