"""How a question looks: its text and its buttons, which carry the turn they belong to."""

from __future__ import annotations

from flows.answers import bounds, choices_of
from flows.cards import offer
from flows.effects import Button
from flows.scene import Rows, Scene
from flows.steps import Consent, Item, Part, Question, Rate, Wait, Write
from flows.wording import message, plain, values_for, worded

_ROW_LETTERS = 26
_ROW_BUTTONS = 3
_NUMBERS_A_ROW = 6


def ask(scene: Scene, question: Question) -> Scene:
    """The scene with the question asked and open."""
    rows = (*offer(scene, question), *_choices(scene, question), *_around(scene, question))
    scene = _with_text(scene, question, rows)
    return scene.but(asked=scene.state.turn)


def _with_text(scene: Scene, question: Question, rows: Rows) -> Scene:
    match question:
        case Item():
            return _item(scene, question, rows)
        case Rate() if question.scale[2]:
            text = f"{question.text.strip()}\n\n{scene.release.text('rate-ends')}"
            return scene.send(text, values_for(scene, text, **_ends(*question.scale)), rows)
        case _:
            text = question.text.strip()
            return scene.send(text, values_for(scene, text), rows)


def _item(scene: Scene, item: Item, rows: Rows) -> Scene:
    text = plain(item.text.strip(), values_for(scene, item.text))
    if item.anchors:
        ends = worded(scene, "rate-ends", **_ends(*bounds(item), *item.anchors)).strip()
        text = f"{text}\n\n{ends}"
    if item.item_count == 1:
        return scene.send("{text}", {"text": text}, rows)
    name = "item-recall" if item.recall else "item"
    counted = {"number": str(item.item), "count": str(item.item_count), "text": text}
    return message(scene, name, buttons=rows, recall=item.recall, **counted)


def _ends(low: int, high: int, lowest: str, highest: str) -> dict[str, str]:
    return {"low": str(low), "high": str(high), "lowest": lowest, "highest": highest}


def _choices(scene: Scene, question: Question) -> Rows:
    match question:
        case Rate():
            low, high = bounds(question)
            return _numbers(scene, [str(n) for n in range(low, high + 1)])
        case Item() if len(question.choices) > _NUMBERS_A_ROW and _are_numbers(question):
            return _numbers(scene, list(question.choices))
        case Part():
            go, *others = _buttons(scene, question)
            return ((go,), tuple(others))
        case _:
            return rows_of(_buttons(scene, question))


def _are_numbers(item: Item) -> bool:
    # answers that have words are shown with them, however many there are
    return all(label.isdecimal() for label in item.choices.values())


def _buttons(scene: Scene, question: Question) -> list[Button]:
    return [_button(scene, *choice) for choice in choices_of(scene, question).items()]


def lasting(scene: Scene, *names: str) -> Rows:
    """Buttons, one a row, that mean the same whenever they are tapped."""
    label = scene.release.label
    return tuple((Button(label=label(f"menu-{name}"), data=f".{name}"),) for name in names)


def offers_simpler(scene: Scene, question: Question) -> bool:
    """Whether what was said before this question can be said in simpler words.

    A consent is given to its own words, and a safety flow keeps to its own.
    """
    has_words = scene.top is not None and bool(scene.top.simpler)
    return has_words and not isinstance(question, Consent) and not scene.in_safety


def _around(scene: Scene, question: Question) -> Rows:
    simpler = ["simpler"] if offers_simpler(scene, question) else []
    moves = []
    has_way_back = scene.top is not None and bool(scene.top.trail) and not scene.in_safety
    if has_way_back and not isinstance(question, Wait):
        moves.append("back")
    if isinstance(question, Write) and question.optional:
        moves.append("skip")
    rows = (_named(scene, simpler), _named(scene, moves))
    return tuple(row for row in rows if row)


def _named(scene: Scene, names: list[str]) -> tuple[Button, ...]:
    return tuple(_button(scene, name, scene.release.label(name)) for name in names)


def _numbers(scene: Scene, numbers: list[str]) -> Rows:
    buttons = [_button(scene, number, number) for number in numbers]
    return tuple(
        tuple(buttons[start : start + _NUMBERS_A_ROW])
        for start in range(0, len(buttons), _NUMBERS_A_ROW)
    )


def rows_of(buttons: list[Button]) -> Rows:
    """The buttons in one row where they fit into it, else one a row."""
    if not buttons:
        return ()
    letters = sum(len(button.label) for button in buttons)
    if len(buttons) <= _ROW_BUTTONS and letters <= _ROW_LETTERS:
        return (tuple(buttons),)
    return tuple((button,) for button in buttons)


def _button(scene: Scene, value: str, label: str) -> Button:
    return Button(label=label, data=f"{scene.state.turn}.{value}")
