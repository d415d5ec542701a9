"""What the care team offers: shown with buttons that last, answered once, looked up again."""

from __future__ import annotations

from collections.abc import Iterator

from flows import locks
from flows.effects import Button, Reply, Send, Settle, Toast
from flows.events import Cleared, OfferClosed, Offered, Reminded, is_patients
from flows.folding import bare
from flows.frames import close_question
from flows.piles import taken_out
from flows.presence import keeps_quiet
from flows.prompts import lasting, rows_of
from flows.proposals import changed, fits
from flows.reading import exact_choice
from flows.scene import Rows, Scene
from flows.state import Offer
from flows.talk import begin
from flows.wording import message, worded

OFFER = "offer."
"""How the choice of a tap on an offer begins."""

_YES, _OTHER, _DECLINES = "yes", "other", frozenset({"no", "none"})
_WISH = "call-wish"
_MOST = 3
"""How many offers are shown at once, and how many bubbles come in a row."""

_LATELY = 2
_TELLING = 8


def offered(scene: Scene, event: Offered) -> Scene:
    """The scene with the offer open and shown; while the program is held, it is only kept."""
    offer = Offer(
        id=event.offer,
        name=event.name,
        values=event.values,
        choices=event.choices,
        change=event.change,
    )
    scene = _without(scene, event.offer)
    if _may_show(scene) and locks.is_shut(scene):
        return message(_with(scene, offer), "offer-locked", buttons=lasting(scene, "calls"))
    return _say(scene, offer) if _may_show(scene) else _with(scene, offer)


def closed(scene: Scene, event: OfferClosed) -> Scene:
    """The scene without that offer, and how it ended; nothing about one that was never seen."""
    known = _find(scene, event.offer)
    scene = _without(_settled(scene, known, None), event.offer)
    if event.name == "withdrawn" and (known is None or known.turn is None):
        return scene
    end = Offer(id=event.offer, name=event.name, values=event.values)
    if scene.state.phase == "withdrawn" and not _is_held(scene):
        # whoever left need not hear of offers any more, but must not wait for a call
        return _say(scene, end) if event.name == "cancelled" else scene
    return _say(scene, end) if _may_show(scene) else _with(scene, end)


def reminded(scene: Scene, event: Reminded) -> Scene:
    """The scene with a word about a call that is near, except while the program is held."""
    if not _may_show(scene):
        return scene
    return message(scene, f"reminded-{event.name}", buttons=(), **event.values)


def show(scene: Scene) -> Scene:
    """The scene with the newest offers that are open, each with its buttons."""
    if not scene.state.offers:
        return message(scene, "calls-none")
    for offer in scene.state.offers[-_MOST:]:
        scene = _say(_without(scene, offer.id), offer)
    return scene


def caught_up(scene: Scene) -> Scene:
    """The scene with one thing shown that came while the program was held, once there is room."""
    if not scene.state.offers:
        return scene
    # how something ended comes before what is new
    unseen = min(
        (offer for offer in scene.state.offers if offer.turn is None),
        key=lambda offer: bool(offer.choices),
        default=None,
    )
    is_time = is_patients(scene.event) or isinstance(scene.event, Cleared)
    sent = sum(isinstance(effect, Send) for effect in scene.effects)
    is_asking = scene.state.asked == scene.state.turn
    if unseen is None or not is_time or is_asking or sent >= _MOST or not _may_show(scene):
        return scene
    if locks.is_shut(scene) and unseen.choices:
        return scene
    return _say(_without(scene, unseen.id), unseen)


def tapped(scene: Scene, choice: str) -> Scene:
    """The scene after a tap on an offer's button: answered once, and never after it closed."""
    number, _, value = choice.removeprefix(OFFER).partition(".")
    offer = next((each for each in _open(scene) if str(each.id) == number), None)
    if offer is None or value not in dict(offer.choices) or not _may_show(scene):
        is_kept = offer is not None and _is_held(scene)
        text = scene.release.text("offer-held" if is_kept else "offer-gone")
        return scene.then(Toast(text=text.strip()))
    return answer(scene, offer, value)


def meant(scene: Scene, words: str) -> tuple[Offer, str] | None:
    """The offer, and its choice, that these words answer while no question is open.

    A mere number, yes or no is about the newest, and only just after it was shown.
    """
    found = labelled(scene, words)
    newest = next(_open(scene), None)
    if found is not None or newest is None or not _may_show(scene):
        return found
    value = _numbered(newest, words) or exact_choice(words, dict(newest.choices))
    is_late = newest.turn is None or scene.state.turn - newest.turn > _LATELY
    return None if value is None or is_late else (newest, value)


def labelled(scene: Scene, words: str) -> tuple[Offer, str] | None:
    """The newest offer, and its choice, whose label was typed out."""
    if not _may_show(scene):
        return None
    return next(
        (
            (offer, value)
            for offer in _open(scene)
            for value, label in offer.choices
            if bare(words) and bare(words) == bare(label)
        ),
        None,
    )


def is_telling(words: str) -> bool:
    """Whether words are too long and exact to be anything but an offer's label by chance."""
    return len(words.strip()) >= _TELLING


def answer(scene: Scene, offer: Offer, value: str) -> Scene:
    """The scene after the patient chose this, and what follows from it."""
    if offer.change is not None and value == _YES and not fits(scene.release, offer.change):
        return message(_without(scene, offer.id), "offer-gone")
    label = dict(offer.choices)[value]
    scene = scene.then(Reply(offer=offer.id, value=value))
    scene = _without(_settled(scene, offer, label), offer.id)
    if value == _OTHER:
        return _wish(scene)
    if value in _DECLINES:
        return message(scene, "offer-declined")
    if value == _YES and offer.change is not None:
        return changed(scene, offer.change, offer.id, _asked(scene, offer))
    if offer.name == "letter":
        return message(scene, "offer-letter-yes")
    return message(scene, "offer-chosen", chosen=label)


def _wish(scene: Scene) -> Scene:
    """The scene with the question for another time, or words that it can just be written."""
    flow = scene.release.program.commands.get(_WISH)
    if flow is None or scene.state.taken_by is not None:
        return keeps_quiet(scene) if scene.state.taken_by else message(scene, "offer-declined")
    if any(frame.flow == flow for frame in scene.state.stack):
        scene = taken_out(close_question(scene), flow)
    return begin(scene, flow)


def _say(scene: Scene, offer: Offer) -> Scene:
    scene = message(scene, _text(offer), buttons=_buttons(offer), **offer.values)
    seen = offer.model_copy(update={"turn": scene.state.turn})
    return _with(scene, seen) if offer.choices else scene


def _buttons(offer: Offer) -> Rows:
    data = f".{OFFER}{offer.id}."
    return rows_of([Button(label=label, data=data + value) for value, label in offer.choices])


def _asked(scene: Scene, offer: Offer) -> str:
    return worded(scene, _text(offer), **offer.values).strip()


def _text(offer: Offer) -> str:
    """The name of its text; a suggestion's says what it would change."""
    what = offer.name if offer.change is None else offer.change[0]
    return f"offer-{what}"


def _may_show(scene: Scene) -> bool:
    is_agreed = scene.state.phase not in {"consenting", "withdrawn"}
    return is_agreed and not _is_held(scene)


def _is_held(scene: Scene) -> bool:
    return scene.state.held is not None or scene.in_safety


def _open(scene: Scene) -> Iterator[Offer]:
    """The offers that can be answered, the newest first."""
    return (each for each in reversed(scene.state.offers) if each.choices)


def _find(scene: Scene, number: int) -> Offer | None:
    return next((each for each in _open(scene) if each.id == number), None)


def _with(scene: Scene, offer: Offer) -> Scene:
    return scene.but(offers=(*scene.state.offers, offer))


def _without(scene: Scene, number: int) -> Scene:
    return scene.but(offers=tuple(each for each in scene.state.offers if each.id != number))


def _settled(scene: Scene, offer: Offer | None, chosen: str | None) -> Scene:
    """The scene with the offer's buttons taken away; what was typed stands in the chat already."""
    if offer is None or offer.turn is None:
        return scene
    note = chosen if scene.event.kind == "tapped" else None
    return scene.then(Settle(turn=offer.turn, chosen=note))


def _numbered(offer: Offer, words: str) -> str | None:
    said = bare(words)
    if not (said.isascii() and said.isdecimal() and len(said) <= 2):
        return None
    number = int(said)
    return offer.choices[number - 1][0] if 0 < number <= len(offer.choices) else None
