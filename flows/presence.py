"""A clinician writes with the patient in the program's place: it keeps silent, and forgets nothing.

Crisis words, and a safety question that is open, break the silence.
"""

from __future__ import annotations

from datetime import timedelta

from flows.effects import Button
from flows.events import HandedBack, TakenOver, Told
from flows.frames import close_question, hold
from flows.piles import flow_on_top
from flows.prompts import lasting
from flows.scene import Rows, Scene
from flows.talk import ask_again, run
from flows.wording import message, worded

ENDS = frozenset({"stop", "pause", "resume", "erase"})
"""Commands with which the patient ends the silence."""

PLAIN = frozenset({"now", "help", "stop"})
"""Commands that are heard in plain words, too; the clinician reads the words all the same."""

ANSWER = ".answer"
"""What the button brings that stands under a clinician's words."""

_HELP = frozenset({"now", "help", "crisis"})
_LOOKS = frozenset({"menu", "progress", "cards", "calls", "mydata"})
_OF_A_CARD = frozenset({"card", "cards", "card-picture"})
_SAID_AGAIN = timedelta(hours=1)


def told(scene: Scene, event: Told) -> Scene:
    """The scene with a clinician's words, and when replies usually come."""
    buttons = ((Button(label=scene.release.label("answer"), data=ANSWER),),)
    replies = ""
    if event.replies and scene.state.taken_by is None:
        replies = f"\n\n{worded(scene, 'told-replies', replies=event.replies).strip()}"
    name = "told-corrected" if event.corrects else "told"
    given = {"clinician": event.clinician, "text": event.text, "replies": replies}
    return message(scene.but(heard=scene.state.turn), name, buttons=buttons, **given)


def taken_over(scene: Scene, event: TakenOver) -> Scene:
    """The scene in which the program falls silent; a safety question that is open stays open.

    What else was asked is neither answered nor left for later: it is asked again in the end.
    """
    is_asked = scene.in_safety and scene.question is not None
    scene = scene if is_asked else close_question(scene)
    scene = scene.but(taken_by=event.clinician, passed_on_at=None, heard=scene.state.turn)
    name = "taken-over-asked" if is_asked else "taken-over"
    return message(scene, name, buttons=lasting(scene, "now"), clinician=event.clinician)


def handed_back(scene: Scene, event: HandedBack) -> Scene:
    """The scene with the program back: where it was, and the open question asked again."""
    if scene.state.taken_by is None:
        return scene
    scene = ended(scene)
    held = scene.state.held
    if held is not None:
        scene = _says_back(close_question(scene), event, "")
        return ask_again(scene) if scene.in_safety else run(hold(scene, held))
    is_left = scene.top is not None and scene.top.resting
    recap = worded(scene, _recap(scene), title=_title(scene)).strip()
    buttons = lasting(scene, "resume") if is_left else ()
    scene = _says_back(scene, event, recap, buttons)
    return scene if is_left else ask_again(scene)


def hears_all(scene: Scene) -> bool:
    """Whether words go to the clinician alone: no question is open, or they wrote after it.

    A "no" to the clinician must never be read as a "no" to the program's safety question; its
    buttons answer that.
    """
    asked = scene.state.asked
    return scene.state.taken_by is not None and (asked is None or scene.state.heard > asked)


def left(scene: Scene, name: str) -> Scene:
    """The scene after the patient ended the silence by this command."""
    if name == "resume":
        scene = message(scene, "silence-ended", clinician=scene.state.taken_by or "")
    return ended(scene)


def ended(scene: Scene) -> Scene:
    """The scene in which nobody writes in the program's place."""
    return scene.but(taken_by=None, passed_on_at=None)


def is_open(name: str) -> bool:
    """Whether this command works while a clinician writes: it asks nothing, or ends the silence."""
    return name in _HELP | _LOOKS | ENDS or name.rpartition("-")[0] in _OF_A_CARD


def keeps_quiet(scene: Scene) -> Scene:
    """The scene with words that the program is silent, and how it comes back."""
    return message(scene, "silent", clinician=scene.state.taken_by or "")


def passed_on(scene: Scene) -> Scene:
    """The scene after words went to the clinician, which is said once and not at every word."""
    said_at, now = scene.state.passed_on_at, scene.event.at
    if said_at is not None and now - said_at < _SAID_AGAIN:
        return scene
    clinician = scene.state.taken_by or ""
    return message(scene.but(passed_on_at=now), "relayed-live", clinician=clinician)


def _says_back(scene: Scene, event: HandedBack, recap: str, buttons: Rows = ()) -> Scene:
    """The scene with words that say who ended the silence, and why."""
    given = {"clinician": event.clinician, "recap": recap}
    match event.why:
        case "silent":
            text, hours = "handed-back-silent", str(event.hours)
            return message(scene, text, buttons=buttons, hours=hours, **given)
        case "left":
            return message(scene, "handed-back-left", buttons=buttons, **given)
        case _:
            return message(scene, "handed-back", buttons=buttons, **given)


def _recap(scene: Scene) -> str:
    if scene.top is None:
        return "recap-none"
    return "recap-left" if scene.top.resting else "recap-open"


def _title(scene: Scene) -> str:
    flow = flow_on_top(scene)
    return scene.release.flow(flow).title if flow is not None else ""
