"""One turn of a conversation: `turn(release, state, event)` decides all and does nothing."""

from __future__ import annotations

from dataclasses import dataclass

from flows import (
    agreement,
    asking_anew,
    crisis,
    crowds,
    discreet,
    locks,
    offers,
    presence,
    replies,
    talk,
)
from flows.answers import LEAVE, Answer, number_in, typed
from flows.away import away
from flows.commands import keyed, noticed, start
from flows.effects import Effect, Raise
from flows.events import (
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
from flows.nudging import come_due, schedule
from flows.program import Release
from flows.prompts import lasting
from flows.relays import relay_of
from flows.scene import Scene
from flows.state import State
from flows.wording import message


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
    begun = {"release": release.hash, "turn": state.turn + 1}
    if not is_patients(event):
        return Scene(release, event, state.model_copy(update=begun))
    seen = {"last_seen_at": event.at, "unanswered": 0, "silent": False, "reachable": True}
    return locks.passed_by(Scene(release, event, state.model_copy(update=begun | seen)))


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
        return start(replies.moved_on(scene))
    return _happen(scene)


def _tier(scene: Scene) -> str | None:
    words, event = words_of(scene.event), scene.event
    tier = crisis.screen(scene.release.crisis, words) if words else None
    if tier is None:
        return None
    # what somebody else wrote is asked about, and never passed over
    return "soft" if isinstance(event, Said | Attached) and event.forwarded else tier


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
    question, relay = scene.question, relay_of(scene)
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
    scene = hold(scene.then(*relay_of(scene)), scene.release.crisis.soft_reply)
    return talk.run(scene)


def _is_new(event: Event) -> bool:
    return isinstance(event, Said) and not event.to_clinician


def _asked_first(scene: Scene) -> tuple[Scene, bool]:
    """The scene, and whether all that it does is to ask for an agreement to newer words."""
    if not is_patients(scene.event) or not agreement.is_asked(scene):
        return scene, False
    relay = relay_of(scene)
    scene = agreement.put_aside(scene, scene.release.hash) if not scene.state.aside else scene
    asked = asking_anew.asks_first(scene, relay)
    return (scene, False) if asked is None else (asked, True)


def _ordinary(scene: Scene) -> Scene:
    scene, is_asked = _asked_first(scene)
    if is_asked:
        return scene
    event = scene.event
    match event:
        case Joined() | Said() | Tapped() | Keyed() | Edited() | Attached():
            return _did(scene, event)
        case Told() | TakenOver() | HandedBack() | Offered() | OfferClosed() | Reminded():
            return _from_team(scene, event)
        case Due():
            return come_due(scene, event)
        case Cleared():
            return _cleared(scene)
        case Blocked():
            scene = scene.but(reachable=False)
            return scene.then(Raise(rule="unreachable")) if event.alerted else scene
        case Returned():
            return message(scene, "returned", buttons=lasting(scene, "resume"))
        case Away():
            return away(scene, event)


def _did(scene: Scene, event: Joined | Said | Tapped | Keyed | Edited | Attached) -> Scene:
    """The scene after the patient came, wrote, tapped or sent something."""
    match event:
        case Joined():
            scene = scene.but(invited=scene.state.invited or event.invited)
            return presence.keeps_quiet(scene) if scene.is_silent else start(scene)
        case Said():
            return replies.said(scene, event)
        case Tapped():
            return replies.tapped(scene, event)
        case Keyed():
            return keyed(scene, event)
        case Edited():
            return replies.edited(scene, event)
        case Attached():
            return replies.attached(scene, event)


def _from_team(
    scene: Scene, event: Told | TakenOver | HandedBack | Offered | OfferClosed | Reminded
) -> Scene:
    """The scene after the care team wrote, took over, gave back, offered, or a call came near."""
    match event:
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
