"""What words mean where they are said: a command, an answer to the open question, or an offer's."""

from __future__ import annotations

from flows import offers, reading
from flows.answers import LEAVE, Answer, Choice, choices_of, typed
from flows.machine import GO, WAITED
from flows.scene import Scene
from flows.state import Offer
from flows.steps import Part, Question, Wait, Write

FIRM = frozenset({"now", "help", "menu", "back", "skip", "later", "stop", "pause", "person"})
"""Words that are a command even where they might be taken for an answer."""


def choice_of_offer(scene: Scene, text: str, name: str | None) -> tuple[Offer, str] | None:
    """The offer that these words answer; an open question comes first, but for a whole label."""
    if not scene.state.offers or text.startswith("/") or name in FIRM:
        return None
    question = scene.question
    if question is None or _is_old_reminder(scene):
        return offers.meant(scene, text)
    is_text = isinstance(question, Write) and question.read == "text"
    answers = isinstance(typed(scene, question, text), Answer)
    if answers and not (is_text and offers.is_telling(text)):
        return None
    return offers.labelled(scene, text)


def _is_old_reminder(scene: Scene) -> bool:
    """Whether all that is open is a reminder's question, and an offer was shown after it.

    What lies below it rests, so a bare "yes" is about what was read last.
    """
    top, asked = scene.top, scene.state.asked
    if top is None or asked is None or scene.release.flow(top.flow).kind != "nudge":
        return False
    return any(offer.turn is not None and offer.turn > asked for offer in scene.state.offers)


def is_answer(scene: Scene, question: Question, text: str, name: str | None) -> bool:
    """Whether words at an open question answer it, though they may also be a command."""
    if name is None or _is_label(scene, question, text):
        return True
    if text.startswith("/") or name in FIRM:
        return False
    if isinstance(question, Write):
        return question.read == "text" and name != "simpler"
    if not isinstance(question, Choice):
        return False
    is_choice = isinstance(typed(scene, question, text), Answer)
    return is_choice or (name == "resume" and way_on(question) is not None)


def command_in(scene: Scene, text: str) -> str | None:
    """The command that the whole message is, by a slash or in plain words, or None."""
    name = reading.read_command(text, scene.release.messages.spoken)
    if name is None and text.startswith("/"):
        return (text[1:].partition("@")[0].split() or ["menu"])[0].lower()
    return name


def _is_label(scene: Scene, question: Question, text: str) -> bool:
    if not isinstance(question, Choice) or text.startswith("/"):
        return False
    return text.casefold() in {label.casefold() for label in choices_of(scene, question).values()}


def way_on(question: Choice) -> str | None:
    """What "go on" means here: the part begun, the wait over, or the one choice that leads on."""
    match question:
        case Part():
            return GO
        case Wait():
            return WAITED
        case _:
            ways = [value for value in question.choices if value not in LEAVE]
            return ways[0] if len(ways) == 1 else None
