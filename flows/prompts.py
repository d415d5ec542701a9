"""How a question looks: its text and its buttons, which carry the turn they belong to."""

from __future__ import annotations

from flows.answers import bounds
from flows.effects import Button
from flows.scene import Rows, Scene
from flows.steps import Ask, Consent, Item, Question, Rate, Write
from flows.wording import message, values_for

_ROW_LETTERS = 26
_ROW_BUTTONS = 3
_NUMBERS_A_ROW = 6


def ask(scene: Scene, question: Question) -> Scene:
    """The scene with the question asked and open."""
    rows = (*_choices(scene, question), *_around(scene, question))
    scene = _with_text(scene, question, rows)
    return scene.but(asked=scene.state.turn)


def _with_text(scene: Scene, question: Question, rows: Rows) -> Scene:
    match question:
        case Item():
            return message(
                scene,
                "item",
                buttons=rows,
                number=str(question.item),
                count=str(question.item_count),
                text=question.text.strip(),
            )
        case Rate() if question.scale[2]:
            low, high, low_words, high_words = question.scale
            ends = {"low": str(low), "high": str(high), "lowest": low_words, "highest": high_words}
            text = f"{question.text.strip()}\n\n{scene.release.text('rate-ends')}"
            return scene.send(text, values_for(scene, text, **ends), rows)
        case _:
            text = question.text.strip()
            return scene.send(text, values_for(scene, text), rows)


def _choices(scene: Scene, question: Question) -> Rows:
    match question:
        case Rate():
            low, high = bounds(question)
            return _numbers(scene, [str(n) for n in range(low, high + 1)])
        case Item() if len(question.choices) > _NUMBERS_A_ROW:
            return _numbers(scene, list(question.choices))
        case Ask() | Consent() | Write() | Item():
            return _rows(
                [_button(scene, value, label) for value, label in question.choices.items()]
            )
        case _:
            return ()


def _around(scene: Scene, question: Question) -> Rows:
    names = []
    if scene.top is not None and scene.top.trail and not scene.in_safety:
        names.append("back")
    if isinstance(question, Write) and question.optional:
        names.append("skip")
    buttons = tuple(_button(scene, name, scene.release.label(name)) for name in names)
    return (buttons,) if buttons else ()


def _numbers(scene: Scene, numbers: list[str]) -> Rows:
    buttons = [_button(scene, number, number) for number in numbers]
    return tuple(
        tuple(buttons[start : start + _NUMBERS_A_ROW])
        for start in range(0, len(buttons), _NUMBERS_A_ROW)
    )


def _rows(buttons: list[Button]) -> Rows:
    if not buttons:
        return ()
    letters = sum(len(button.label) for button in buttons)
    if len(buttons) <= _ROW_BUTTONS and letters <= _ROW_LETTERS:
        return (tuple(buttons),)
    return tuple((button,) for button in buttons)


def _button(scene: Scene, value: str, label: str) -> Button:
    return Button(label=label, data=f"{scene.state.turn}.{value}")
