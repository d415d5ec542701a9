"""A patient is asked anew for their agreement, and what still works until they have answered."""

from __future__ import annotations

from flows import agreement
from flows.effects import Relay
from flows.events import Edited, Joined, Keyed, Returned, Said, Tapped
from flows.frames import close_question
from flows.hearing import command_in, is_answer
from flows.prompts import lasting
from flows.scene import Scene
from flows.talk import ask_again, begin
from flows.wording import message

_WORKS = frozenset({"now", "help", "crisis", "person", "answer", "mydata", "erase", "stop"})
_AT_A_QUESTION = frozenset({"simpler", "back", "later", "skip"})
_TO_RECORDS = ("pin-off", "pin-forgot")
"""Doors of the PIN that may stand before a copy of the data."""


def asks_first(scene: Scene, relay: tuple[Relay, ...]) -> Scene | None:
    """The scene in which they are asked to agree; None if this may be done without.

    What was written to the care team is passed on all the same.
    """
    flow = agreement.flow_of(scene.release)
    if flow is None or _works(scene):
        return None
    return _ask(scene.then(*relay), flow)


def _ask(scene: Scene, flow: str) -> Scene:
    begun = tuple(frame for frame in scene.state.stack if frame.flow == flow)
    scene = close_question(scene).but(stack=begun)
    if begun:
        return ask_again(message(scene, "agreement-first"))
    if _goes_on(scene):
        return begin(scene, flow)
    return message(scene, "agreement-new", buttons=lasting(scene, "resume"))


def _goes_on(scene: Scene) -> bool:
    """Whether they want to read it, or came to begin anew."""
    match scene.event:
        case Tapped(turn=None, choice=choice):
            return choice == "resume"
        case Said(text=text):
            return command_in(scene, text.strip()) == "resume"
        case event:
            return isinstance(event, Joined)


def _works(scene: Scene) -> bool:
    match scene.event:
        case Tapped(turn=None, choice=choice):
            return _is_open(scene, choice)
        case Tapped():
            return scene.question is not None
        case Said(to_clinician=True) | Edited() | Returned() | Keyed():
            return True
        case Said(text=text):
            return _may_be_said(scene, text.strip())
        case _:
            return False


def _may_be_said(scene: Scene, text: str) -> bool:
    name, question = command_in(scene, text), scene.question
    if question is not None and is_answer(scene, question, text, name):
        return True
    return name is not None and _is_open(scene, name)


def _is_open(scene: Scene, name: str) -> bool:
    is_of_question = scene.question is not None and name in _AT_A_QUESTION
    return name in _WORKS or name in _TO_RECORDS or is_of_question
