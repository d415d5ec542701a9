"""Floods: a patient who writes far more than can be answered is told so once; all of it is kept.

Crisis words are screened before this and never come here; help, words to a clinician and the
answers to what was asked never count.
"""

from __future__ import annotations

from collections.abc import Iterable

from flows.answers import Answer, typed
from flows.effects import Effect, Send
from flows.events import Attached, Edited, Joined, Said, Tapped
from flows.hearing import command_in
from flows.presence import ANSWER
from flows.scene import Scene
from flows.state import Crowd, State
from flows.steps import Write
from flows.wording import message

MANY = 20
"""So much may come at once."""
FEW = 10
"""Down to so much it must sink before answers begin again."""
MOST = 30
"""It rises no further, so that a minute's rest is always enough."""
SECONDS = 3.0
"""It sinks by one in so many seconds."""
_HELP = frozenset({"now", "help", "crisis", "person", "stop"})


def take(scene: Scene) -> tuple[Scene, bool]:
    """The scene with what came counted, and whether it is to be answered."""
    if not _counts(scene):
        return scene, True
    before, now = scene.state.crowd, scene.event.at
    sunk = (now - before.at).total_seconds() / SECONDS if before else 0.0
    level = max(0.0, before.level - max(0.0, sunk)) if before else 0.0
    full = level >= (FEW if before and before.full else MANY)
    crowd = Crowd(level=round(min(level + 1, MOST), 2), at=now, full=full)
    scene = scene.but(crowd=crowd)
    if full and not (before and before.full):
        return message(scene, "crowd"), False
    return scene, not full


def is_held_back(scene: Scene) -> bool:
    """Whether what came is not answered because too much came."""
    crowd = scene.state.crowd
    return crowd is not None and crowd.full and crowd.at == scene.event.at


def makes_room(state: State, effects: Iterable[Effect]) -> bool:
    """Whether answers that still wait give way: too much came, and something else is said now."""
    is_full = state.crowd is not None and state.crowd.full
    return is_full and any(isinstance(each, Send) for each in effects)


def stays(text: str, data: Iterable[str], word: str) -> bool:
    """Whether a bubble of this text and these buttons is sent though it waits in a flood.

    A clinician's words are, and so is the word that it was too much.
    """
    return ANSWER in data or text == word


def _counts(scene: Scene) -> bool:
    if scene.state.taken_by is not None:
        return False
    match scene.event:
        case Tapped(turn=None, choice=choice):
            return choice not in _HELP
        case Tapped(turn=number):
            return number != scene.state.asked
        case Said(text=text, to_clinician=False):
            return command_in(scene, text.strip()) not in _HELP and not _answers(scene, text)
        case Edited(to_clinician=False) | Attached(to_clinician=False) | Joined():
            return True
        case _:
            return False


def _answers(scene: Scene, text: str) -> bool:
    """Whether these words are one of the answers that the open question can have.

    Where any words will do, a flood would answer a whole lesson; in a safety talk all are taken.
    """
    question = scene.question
    is_free = isinstance(question, Write) and question.read == "text" and not scene.in_safety
    if question is None or is_free:
        return False
    return isinstance(typed(scene, question, text), Answer)
