"""What a patient writes, taps or sends: a command, an answer, or what nothing open asks for."""

from __future__ import annotations

from flows import answers, locks, offers, presence, talk
from flows.answers import LEAVE, Answer, Choice, Slip, typed
from flows.cards import as_it_was
from flows.commands import command, idle, knows, start
from flows.effects import Settle, Toast
from flows.events import UNREADABLE, Attached, Edited, Said, Tapped
from flows.frames import close_question
from flows.hearing import choice_of_offer, command_in, is_answer, way_on
from flows.prompts import lasting
from flows.relays import relay_of
from flows.scene import Scene
from flows.steps import Question, Wait
from flows.wording import message

OPEN_TO_ALL = frozenset({"now", "help", "crisis", "mydata", "erase"})
"""Commands that work for whoever has no invitation yet."""


def said(scene: Scene, event: Said) -> Scene:
    """The scene after the patient wrote: an odd PIN, words to the team, a command, an answer."""
    text = event.text.strip()
    if locks.is_odd(scene):
        return message(scene, "pin-odd")
    if presence.hears_all(scene):
        return _said_live(scene, text)
    if scene.state.taken_by is not None:
        scene = scene.then(*relay_of(scene))
    elif event.to_clinician:
        return message(scene.then(*relay_of(scene)), "relayed")
    name = command_in(scene, text)
    if _is_shut_out(scene, name):
        return message(scene, "need-invite")
    chosen = choice_of_offer(scene, text, name)
    if chosen is not None:
        return offers.answer(scene, *chosen)
    question = scene.question
    if question is not None and is_answer(scene, question, text, name):
        return _answered(scene, question, text, name)
    if name is not None:
        return command(scene, name)
    return _unasked(scene)


def edited(scene: Scene, event: Edited) -> Scene:
    """The scene after a message was changed, which changes no answer."""
    scene = scene.then(*relay_of(scene))
    is_live = scene.state.taken_by is not None or event.to_clinician
    return message(scene, "edited-live" if is_live else "edited")


def attached(scene: Scene, event: Attached) -> Scene:
    """The scene after something came that is not text."""
    scene = scene.then(*relay_of(scene))
    if event.what == UNREADABLE:
        return _not_read(scene)
    return message(scene, "attached", buttons=lasting(scene, "now"))


def _is_shut_out(scene: Scene, name: str | None) -> bool:
    """Whether only an invitation helps; whoever is asked something all the same may answer it."""
    if scene.state.invited or scene.in_safety or name in OPEN_TO_ALL:
        return False
    return scene.question is None or name is not None


def _said_live(scene: Scene, text: str) -> Scene:
    """Words while a clinician writes: they go there, unless they are a command or an answer."""
    name, relayed = command_in(scene, text), scene.then(*relay_of(scene))
    if text.startswith("/") and name is not None:
        return command(relayed if name in presence.ENDS else scene, name)
    if name in presence.PLAIN:
        return command(relayed, str(name))
    chosen = offers.labelled(scene, text)
    return offers.answer(scene, *chosen) if chosen else presence.passed_on(relayed)


def _unasked(scene: Scene) -> Scene:
    if scene.state.held is None and scene.state.phase in {"withdrawn", "paused"}:
        return idle(scene)
    return start(scene)


def _answered(scene: Scene, question: Question, text: str, name: str | None) -> Scene:
    given = as_it_was(scene, question, text) or typed(scene, question, text)
    if name == "resume" and isinstance(question, Choice) and isinstance(given, Slip):
        way = way_on(question)
        given = Answer(way, text) if way is not None else given
    if isinstance(given, Answer):
        return _given(scene, question, given)
    return talk.ask_again(close_question(scene).send("{hint}", {"hint": given.hint}))


def _given(scene: Scene, question: Question, given: Answer) -> Scene:
    if isinstance(question, Choice) and given.value in LEAVE:
        return command(scene, str(given.value))
    return talk.answer(scene, question, given)


def tapped(scene: Scene, event: Tapped) -> Scene:
    """The scene after the patient tapped a button, of the open question or of long ago."""
    if event.turn is None and event.choice.startswith(offers.OFFER):
        return offers.tapped(scene, event.choice)
    if event.turn is None:
        return command(scene, event.choice) if knows(scene, event.choice) else moved_on(scene)
    question = scene.question
    if question is None or (event.turn != scene.state.asked and not _is_enough(scene, event)):
        return _stale(scene, event.turn)
    if event.choice in LEAVE:
        return command(scene, event.choice)
    kept = as_it_was(scene, question, event.choice)
    given = kept or answers.tapped(scene, question, event.choice)
    if given is None and event.choice == "simpler":
        return command(scene, event.choice)
    return moved_on(scene) if given is None else _given(scene, question, given)


def _is_enough(scene: Scene, event: Tapped) -> bool:
    """Whether the tap means to leave a timed exercise, whose bubble has just gone on by itself."""
    question = scene.question
    ways = question.next if isinstance(question, Wait) else ()
    return isinstance(ways, dict) and event.choice in ways and _is_just_now(scene, event.turn)


def _is_just_now(scene: Scene, turn: int | None) -> bool:
    # the turn that answered it, and this one
    return turn is not None and 0 < scene.state.turn - turn <= 2


def _stale(scene: Scene, turn: int) -> Scene:
    if _is_just_now(scene, turn):
        return scene.then(Toast(text=scene.release.text("already")))
    scene = moved_on(scene).then(Settle(turn=turn))
    return talk.ask_again(scene) if scene.question is not None else scene


def moved_on(scene: Scene) -> Scene:
    """The scene with a short notice that the conversation has moved on since that button."""
    return scene.then(Toast(text=scene.release.text("moved-on")))


def _not_read(scene: Scene) -> Scene:
    """Words about what nobody could read; the open question stands, and is asked once more."""
    scene = message(scene, "unreadable", buttons=lasting(scene, "now"))
    return scene if scene.is_silent or scene.question is None else talk.ask_again(scene)
