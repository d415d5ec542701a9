"""One turn of a conversation: `turn(release, state, event)` decides all and does nothing."""

from __future__ import annotations

from dataclasses import dataclass

from flows import agreement, asking_anew, crisis, crowds, discreet, locks, offers, presence, talk
from flows.answers import LEAVE, Answer, Choice, Slip, number_in, tapped, typed
from flows.away import away
from flows.cards import as_it_was
from flows.commands import command, idle, keyed, knows, noticed, start
from flows.effects import Effect, Raise, Relay, Settle, Toast
from flows.events import (
    UNREADABLE,
    Attached,
    Away,
    Blocked,
    Cleared,
    Due,
    Edited,
    Event,
    HandedBack,
    Joined,
    Keyed,
    OfferClosed,
    Offered,
    Reminded,
    Returned,
    Said,
    TakenOver,
    Tapped,
    Told,
    is_patients,
    words_of,
)
from flows.frames import alarm, close_question, drop, hold, rest
from flows.hearing import choice_of_offer, command_in, is_answer, way_on
from flows.nudging import come_due, schedule
from flows.program import Release
from flows.prompts import lasting
from flows.scene import Scene
from flows.state import State
from flows.steps import Question, Tell, Wait, Write
from flows.wording import message

OPEN_TO_ALL = frozenset({"now", "help", "crisis", "mydata", "erase"})
"""Commands that work for whoever has no invitation yet."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the patient is now, and what must be done."""

    state: State
    effects: tuple[Effect, ...]


def turn(release: Release, state: State, event: Event) -> Turn:
    """The state that follows the event and the effects it asks for; the same in, the same out.

    Crisis words come first, whatever the step; then commands; then the flow. What is open belongs
    to the release that it was opened on: on another one it is closed, and the patient told.
    """
    scene = _opened(release, state, event)
    if state.stack and state.release != release.hash:
        is_asked = state.held is None and agreement.is_wanted(scene)
        scene = agreement.put_aside(scene, state.release) if is_asked else _set_down(scene)
    is_news = scene.state.renewed and is_patients(event)
    scene = _renewed(scene) if is_news else _happen(scene)
    scene = schedule(noticed(offers.caught_up(scene)))
    scene = discreet.veiled(agreement.taken_up(scene))
    return Turn(scene.state, scene.effects)


def begin_state(release: Release, *, invited: bool) -> State:
    """The state of someone who has not yet taken a turn."""
    return State(release=release.hash, invited=invited)


def _opened(release: Release, state: State, event: Event) -> Scene:
    scene = Scene(release, event, state.model_copy(update={"release": release.hash}))
    scene = scene.but(turn=state.turn + 1)
    if not is_patients(event):
        return scene
    seen = scene.but(last_seen_at=event.at, unanswered=0, silent=False, reachable=True)
    return locks.passed_by(seen)


def _set_down(scene: Scene) -> Scene:
    """The scene with nothing open; a hold stands, by a safety talk that this release has."""
    release, held = scene.release, scene.state.held
    if held is not None and held not in release.all_flows:
        held = release.escalation.rule(release.crisis.hard_rule).reply or release.crisis.soft_reply
    return close_question(scene).but(stack=(), held=held, renewed=True)


def _renewed(scene: Scene) -> Scene:
    """The scene in which the patient hears that what was open is closed; crisis words come first.

    A tap at what was open answers nothing, and is not taken for one that was noted.
    """
    scene, event = scene.but(renewed=False), scene.event
    # before the agreement there is nothing that could have been lost
    if scene.state.held is None and scene.state.phase != "consenting" and not _tier(scene):
        scene = message(scene, "renewed")
    if isinstance(event, Tapped) and event.turn not in {None, scene.state.asked}:
        return start(_moved_on(scene))
    return _happen(scene)


def _tier(scene: Scene) -> str | None:
    words, event = words_of(scene.event), scene.event
    tier = crisis.screen(scene.release.crisis, words) if words else None
    # what somebody else wrote is asked about, and never passed over
    is_passed_on = isinstance(event, Said | Attached) and event.forwarded
    return "soft" if tier is not None and is_passed_on else tier


def _happen(scene: Scene) -> Scene:
    words, tier = words_of(scene.event), _tier(scene)
    if tier == "hard":
        return _crisis(scene, words)
    if tier == "soft" and scene.state.held is None:
        return _check_in(scene, words)
    scene, is_answered = (scene, True) if tier else crowds.take(scene)
    return _ordinary(scene) if is_answered else scene


def _crisis(scene: Scene, words: str) -> Scene:
    """Help first. A number in the same words is still an answer; the words themselves are not."""
    question, relay = scene.question, _relay(scene)
    given = number_in(scene, question, words) if question is not None else None
    if question is not None and given is not None:
        scene = talk.keep(scene, question, given)
    # the words follow the alert, so that whoever takes it has them
    scene = alarm(scene, (Raise(rule=scene.release.crisis.hard_rule),)).then(*relay)
    return talk.run(scene)


def _check_in(scene: Scene, words: str) -> Scene:
    """A gentle direct question; what was asked before is answered by these words if it can be."""
    question = scene.question
    if question is not None and _is_new(scene.event):
        given = typed(scene, question, words)
        if isinstance(given, Answer) and given.value not in LEAVE:
            scene = talk.keep(scene, question, given)
    scene = hold(scene.then(*_relay(scene)), scene.release.crisis.soft_reply)
    return talk.run(scene)


def _is_new(event: Event) -> bool:
    return isinstance(event, Said) and not event.to_clinician


def _relay(scene: Scene) -> tuple[Relay, ...]:
    """The patient's words to be passed on, if they were written to the care team."""
    event, words = scene.event, words_of(scene.event)
    if scene.state.taken_by is not None and words and not isinstance(event, Joined):
        return (Relay(text=words),)
    if isinstance(event, Said | Edited | Attached) and event.to_clinician and words:
        return (Relay(text=words),)
    if isinstance(event, Said) and _is_for_team(scene):
        return (Relay(text=event.text),)
    return ()


def _is_for_team(scene: Scene) -> bool:
    """Whether the open question asks for the words that its flow then tells the care team."""
    question, top = scene.question, scene.top
    if not isinstance(question, Write) or top is None:
        return False
    steps = scene.release.flow(top.flow).steps
    return any(isinstance(step, Tell) and step.tell == question.write for step in steps)


def _asked_first(scene: Scene) -> tuple[Scene, bool]:
    """The scene, and whether all that it does is to ask for an agreement to newer words."""
    if not is_patients(scene.event) or not agreement.is_asked(scene):
        return scene, False
    relay = _relay(scene)
    scene = agreement.put_aside(scene, scene.release.hash) if not scene.state.aside else scene
    asked = asking_anew.asks_first(scene, relay)
    return (scene, False) if asked is None else (asked, True)


def _ordinary(scene: Scene) -> Scene:
    scene, is_asked = _asked_first(scene)
    if is_asked:
        return scene
    event = scene.event
    match event:
        case Joined():
            scene = scene.but(invited=scene.state.invited or event.invited)
            return presence.keeps_quiet(scene) if scene.is_silent else start(scene)
        case Said():
            return _said(scene, event)
        case Tapped():
            return _tapped(scene, event)
        case Keyed():
            return keyed(scene, event)
        case Edited():
            scene = scene.then(*_relay(scene))
            is_live = scene.state.taken_by is not None or event.to_clinician
            return message(scene, "edited-live" if is_live else "edited")
        case Attached(what=what):
            scene = scene.then(*_relay(scene))
            if what == UNREADABLE:
                return _not_read(scene)
            return message(scene, "attached", buttons=lasting(scene, "now"))
        case Due():
            return come_due(scene, event)
        case Told():
            return presence.told(scene, event)
        case TakenOver():
            return presence.taken_over(scene, event)
        case HandedBack():
            return presence.handed_back(scene, event)
        case Offered():
            return offers.offered(scene, event)
        case OfferClosed():
            return offers.closed(scene, event)
        case Reminded():
            return offers.reminded(scene, event)
        case Cleared():
            return _cleared(scene)
        case Blocked():
            scene = scene.but(reachable=False)
            return scene.then(Raise(rule="unreachable")) if event.alerted else scene
        case Returned():
            return message(scene, "returned", buttons=lasting(scene, "resume"))
        case Away():
            return away(scene, event)


def _not_read(scene: Scene) -> Scene:
    """Words about what nobody could read; the open question stands, and is asked once more."""
    scene = message(scene, "unreadable", buttons=lasting(scene, "now"))
    return scene if scene.is_silent or scene.question is None else talk.ask_again(scene)


def _said(scene: Scene, event: Said) -> Scene:
    text = event.text.strip()
    if locks.is_odd(scene):
        return message(scene, "pin-odd")
    if presence.hears_all(scene):
        return _said_live(scene, text)
    if scene.state.taken_by is not None:
        scene = scene.then(*_relay(scene))
    elif event.to_clinician:
        return message(scene.then(*_relay(scene)), "relayed")
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


def _is_shut_out(scene: Scene, name: str | None) -> bool:
    """Whether only an invitation helps; whoever is asked something all the same may answer it."""
    if scene.state.invited or scene.in_safety or name in OPEN_TO_ALL:
        return False
    return scene.question is None or name is not None


def _said_live(scene: Scene, text: str) -> Scene:
    """Words while a clinician writes: they go there, unless they are a command or an answer."""
    name, relayed = command_in(scene, text), scene.then(*_relay(scene))
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


def _tapped(scene: Scene, event: Tapped) -> Scene:
    if event.turn is None and event.choice.startswith(offers.OFFER):
        return offers.tapped(scene, event.choice)
    if event.turn is None:
        return command(scene, event.choice) if knows(scene, event.choice) else _moved_on(scene)
    question = scene.question
    if question is None or (event.turn != scene.state.asked and not _is_enough(scene, event)):
        return _stale(scene, event.turn)
    if event.choice in LEAVE:
        return command(scene, event.choice)
    kept = as_it_was(scene, question, event.choice)
    given = kept or tapped(scene, question, event.choice)
    if given is None and event.choice == "simpler":
        return command(scene, event.choice)
    return _moved_on(scene) if given is None else _given(scene, question, given)


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
    scene = _moved_on(scene).then(Settle(turn=turn))
    return talk.ask_again(scene) if scene.question is not None else scene


def _moved_on(scene: Scene) -> Scene:
    return scene.then(Toast(text=scene.release.text("moved-on")))


def _cleared(scene: Scene) -> Scene:
    """The hold lifted; whoever stands at a safety question hears that it is closed."""
    top = scene.top
    if top is not None and not scene.is_safety(top):
        kept = tuple(frame for frame in scene.state.stack if not scene.is_safety(frame))
        return scene.but(stack=kept, held=None)
    was_asked = scene.in_safety
    scene = drop(scene, "safety").but(held=None)
    if not was_asked:
        return scene
    names = ("now",) if scene.state.taken_by else ("resume", "now")
    return message(rest(scene), "cleared", buttons=lasting(scene, *names))
