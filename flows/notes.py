"""What a patient may do with a card they kept: a small table of commands with a number."""

from __future__ import annotations

from collections.abc import Callable

from flows.cards import can_change, find, show_card, show_cards, show_picture
from flows.frames import close_question, place
from flows.scene import Scene
from flows.talk import run

_DIGITS = 9


def numbered(name: str) -> Callable[[Scene], Scene] | None:
    """What a name such as `card-12` asks for, or None if it is no such name."""
    prefix, _, digits = name.rpartition("-")
    act = _ACTS.get(prefix)
    if act is None or not (digits.isascii() and digits.isdecimal()):
        return None
    number = int(digits[:_DIGITS])
    return lambda scene: act(scene, number)


def _change(scene: Scene, number: int) -> Scene:
    """The scene with the card's exercise begun again; one change at a time is open."""
    card = find(scene, number)
    if card is None or not can_change(scene, card):
        return show_card(scene, number)
    scene = close_question(scene)
    others = tuple(frame for frame in scene.state.stack if frame.card is None or frame.waiting)
    scene = place(scene.but(stack=others), card.flow)
    return run(scene.top_but(card=number, kept=tuple(card.answers)))


_ACTS: dict[str, Callable[[Scene, int], Scene]] = {
    "card": show_card,
    "card-change": _change,
    "card-picture": show_picture,
    "cards": show_cards,
}
