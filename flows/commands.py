"""What a patient may ask for at any time, by command, by button, or in plain words."""

from __future__ import annotations

from collections.abc import Callable

from flows import crowds, discreet, journey, locks, offers, presence, talk
from flows.cards import show_cards
from flows.effects import GiveData, Raise, Relay, Send, Toast
from flows.errors import IllegalMove
from flows.events import Keyed, is_patients
from flows.frames import alarm, close_question, drop, hold, rest
from flows.notes import numbered
from flows.piles import taken_out
from flows.progress import show_progress
from flows.prompts import lasting, offers_simpler
from flows.scene import Rows, Scene
from flows.talk import ask_again, back, begin, skip
from flows.way import move
from flows.wording import message

SHORT_LABEL = 16
"""How many characters of a label fit in half a row of a small phone."""
_SAFETY = ("crisis", "now", "help", "person", "answer", "stop", "mydata", "erase")
"""What still works while a safety flow is open; everything else brings its question back."""
_SHUT = {"consenting": "not-agreed", "withdrawn": "withdrawn"}
"""What is said in place of a talk that would keep answers nobody agreed to, by phase."""
_SAID = (Send, Toast)


def command(scene: Scene, name: str) -> Scene:
    """The scene after a command; an unknown one gets a kind word and the menu."""
    if scene.state.taken_by is not None:
        if name in presence.ENDS:
            scene = presence.left(scene, name)
        elif not presence.is_open(name) and not (scene.in_safety and scene.question):
            return presence.keeps_quiet(scene)
    if scene.in_safety and name not in _SAFETY:
        return _lines_again(scene)
    if locks.guards(name):
        if locks.is_shut(scene):
            return locks.ask(scene, name)
        return discreet.held_close(scene, _done(scene, name))
    return _done(scene, name)


def keyed(scene: Scene, event: Keyed) -> Scene:
    """The scene after digits came for the PIN, and the record that they opened."""
    scene, door = locks.given(scene, event)
    return scene if door is None else command(scene, door)


def _done(scene: Scene, name: str) -> Scene:
    scene = drop(scene, "nudge")
    act = _ACTS.get(name)
    if act is not None:
        return act(scene)
    of_card = numbered(name)
    if of_card is not None:
        return _held_or(scene, of_card)
    flow = scene.release.program.commands.get(name)
    if flow is None:
        return _menu(scene, "unknown-command")
    return _open(scene, flow) if name in _SAFETY else _held_or(scene, _agreed(flow))


def knows(scene: Scene, name: str) -> bool:
    """Whether there is a command of that name."""
    known = name in _ACTS or name in scene.release.program.commands
    return known or numbered(name) is not None


def leave(scene: Scene) -> Scene:
    """The scene with the open question left for later, and how to come back."""
    if scene.in_safety:
        return _lines_again(scene)
    return message(rest(scene), "later", buttons=lasting(scene, "resume"))


def noticed(scene: Scene) -> Scene:
    """The scene with a word in answer, where the patient did something and nothing was said.

    A talk may end with its last part passed over, or with "none right now".
    """
    if not is_patients(scene.event) or any(isinstance(each, _SAID) for each in scene.effects):
        return scene
    is_passed_on = any(isinstance(each, Relay) for each in scene.effects)
    if scene.state.taken_by and is_passed_on:
        return scene
    if crowds.is_held_back(scene):
        return scene
    return leave(scene) if scene.top is not None else message(scene, "nothing-open")


def idle(scene: Scene) -> Scene:
    """The scene with words that nothing is open, and what there is to choose."""
    if scene.state.phase == "withdrawn":
        return message(scene, "withdrawn")
    if scene.state.phase == "paused":
        return message(scene, "paused", buttons=lasting(scene, "resume", "now"))
    return _menu(scene, "idle")


def resume(scene: Scene) -> Scene:
    """The scene gone on with: out of a pause, or at the question left for later."""
    if scene.state.held is not None:
        return _safety_first(scene, scene.state.held)
    if scene.state.phase == "paused":
        scene = message(move(scene, "resume"), "resumed")
    if scene.top is None:
        return idle(scene)
    return ask_again(scene)


def start(scene: Scene) -> Scene:
    """The scene at its beginning: a newcomer's, a returner's, or the open question's."""
    if scene.state.held is not None:
        return _safety_first(scene, scene.state.held)
    if not scene.state.invited:
        return message(scene, "need-invite")
    if scene.state.phase == "withdrawn":
        scene = move(close_question(scene), "rejoin")
    if scene.top is None and scene.state.phase in scene.release.program.phases:
        scene = talk.go_on(scene)
        return scene if scene.top is not None else idle(scene)
    return resume(scene)


def _agreed(flow: str) -> Callable[[Scene], Scene]:
    """The door to a talk whose answers are kept."""
    return _if_agreed(lambda scene: _open(scene, flow))


def _if_agreed(door: Callable[[Scene], Scene]) -> Callable[[Scene], Scene]:
    """The door, which is shut without an agreement."""

    def guarded(scene: Scene) -> Scene:
        shut = _SHUT.get(scene.state.phase)
        return ask_again(message(close_question(scene), shut)) if shut else door(scene)

    return guarded


def _open(scene: Scene, flow: str) -> Scene:
    # in a safety talk nothing is taken away, or its question might go too
    if not scene.in_safety and any(frame.flow == flow for frame in scene.state.stack):
        scene = taken_out(close_question(scene), flow)
    return begin(scene, flow)


def _lines_again(scene: Scene) -> Scene:
    return ask_again(message(close_question(scene), "lines"))


def _menu(scene: Scene, name: str) -> Scene:
    # what the care team offered and is open comes first
    first = ("calls",) if scene.state.offers and "calls" not in scene.release.program.menu else ()
    names = (*first, *scene.release.program.menu)
    return message(scene, name, buttons=_paired(lasting(scene, *names)))


def _paired(rows: Rows) -> Rows:
    """The buttons two a row where both are short, so that a long menu fits a small phone."""
    if len(rows) < 2:
        return rows
    first, second, *rest = rows
    if max(len(row[0].label) for row in (first, second)) <= SHORT_LABEL:
        return (first + second, *_paired(tuple(rest)))
    return (first, *_paired((second, *rest)))


def _help(scene: Scene) -> Scene:
    return message(scene, "help", buttons=lasting(scene, "now", "person"))


def _now(scene: Scene) -> Scene:
    return message(scene, "now", buttons=lasting(scene, "person"))


def _crisis(scene: Scene) -> Scene:
    """The scene answered as after plain crisis words, because the patient asked for that."""
    return talk.run(alarm(scene, (Raise(rule="crisis-asked"),)))


def _mydata(scene: Scene) -> Scene:
    return message(scene, "mydata-coming").then(GiveData(caption=scene.release.text("mydata")))


def _erase(scene: Scene) -> Scene:
    flow = scene.release.program.commands.get("erase")
    if flow is None:
        return _menu(scene, "unknown-command")
    # whoever may be in danger sees the help lines first, and may still have it done
    held = scene.state.held is not None
    return _open(message(close_question(scene), "lines") if held else scene, flow)


def _pause(scene: Scene) -> Scene:
    try:
        journey.move(scene.state.phase, "pause")
    except IllegalMove:
        if scene.top is not None or scene.in_safety:
            return leave(scene)
    return _open(scene, scene.release.program.commands["pause"])


def _lesson(scene: Scene) -> Scene:
    return _held_or(scene, talk.open_lesson)


def _check(scene: Scene) -> Scene:
    return _held_or(scene, talk.open_check)


def _held_or(scene: Scene, door: Callable[[Scene], Scene]) -> Scene:
    return _safety_first(scene, scene.state.held) if scene.state.held else door(scene)


def _safety_first(scene: Scene, held: str) -> Scene:
    """The scene with the safety talk that holds the program begun again, alone of its kind."""
    return talk.run(hold(scene, held))


def _skip(scene: Scene) -> Scene:
    question = scene.question
    return skip(scene, question) if question is not None else idle(scene)


def _simpler(scene: Scene) -> Scene:
    question = scene.question
    if question is None:
        return idle(scene)
    if offers_simpler(scene, question):
        return talk.say_simpler(scene)
    return ask_again(message(close_question(scene), "simpler-none"))


def _cards(scene: Scene) -> Scene:
    return _held_or(scene, show_cards)


def _calls(scene: Scene) -> Scene:
    return _held_or(scene, _if_agreed(offers.show))


_ACTS: dict[str, Callable[[Scene], Scene]] = {
    "start": start,
    "menu": lambda scene: _menu(scene, "menu"),
    "help": _help,
    "now": _now,
    "crisis": _crisis,
    "progress": show_progress,
    "cards": _cards,
    "calls": _calls,
    "mydata": _mydata,
    "erase": _erase,
    "pause": _pause,
    "resume": resume,
    "lesson": _lesson,
    "check": _check,
    "later": leave,
    "back": back,
    "skip": _skip,
    "simpler": _simpler,
    "pin": lambda scene: _held_or(scene, _if_agreed(locks.choose)),
    "pin-change": lambda scene: _held_or(scene, _if_agreed(locks.begin)),
    "pin-off": locks.off,
    "pin-forgot": locks.forgot,
}
COMMANDS = frozenset(_ACTS)
"""The commands that the engine knows by itself; the program names others."""
