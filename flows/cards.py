"""Cards: what a patient filled in, kept with the words it had, shown again and listed."""

from __future__ import annotations

from itertools import islice

from flows import timing
from flows.answers import Answer
from flows.effects import Button, File, Sheet, Toast
from flows.folding import fold
from flows.placeholders import names_in, parts_of
from flows.scene import Rows, Scene
from flows.state import Kept
from flows.steps import Card, Question, Write, key_of
from flows.wording import message, values_for, worded, zone_of

AS_IT_WAS = "as-it-was"
"""What the button brings that keeps the old answer of a card."""

_OF_A_KIND, _IN_ALL, _LISTED = 5, 40, 7
_LABEL = 24
_LONGEST = 1000
"""How much of one answer a card holds; the whole answer stands with the answers."""


def keep(scene: Scene, step: Card) -> Scene:
    """The scene with the card shown, and kept anew or in the place of the one being changed."""
    top, changed = scene.state.stack[-1], _changed(scene)
    replaces = changed.number if changed is not None and changed.card == step.card else None
    card = _made(scene, step, replaces or scene.state.last_card + 1)
    scene = scene.send(card.text, card.words).but(
        cards=_trimmed((*_without(scene.state.cards, card.number), card)),
        last_card=max(scene.state.last_card, card.number),
    )
    # one change is one new version, and "back" must not lead to a second one
    scene = scene.top_but(trail=(), card=None if replaces else top.card)
    return scene.then(File(card=card, replaces=replaces))


def left_open(scene: Scene, question: Question) -> Scene:
    """The scene with that question not answered here, so that no card takes an older answer."""
    top, key = scene.state.stack[-1], key_of(question)
    given, kept = (tuple(name for name in names if name != key) for names in (top.given, top.kept))
    return scene.top_but(given=given, kept=kept)


def find(scene: Scene, number: int) -> Kept | None:
    """The card of that number, or None if it is not at hand."""
    return next((card for card in scene.state.cards if card.number == number), None)


def show_cards(scene: Scene, upto: int | None = None) -> Scene:
    """The scene with the newest cards as buttons, or the newest of those up to that number."""
    cards = scene.state.cards if upto is None else _upto(scene, upto)
    newest = sorted(cards, key=lambda card: card.number, reverse=True)
    if not newest:
        return message(scene, "cards-none")
    rows = tuple(_button(_name(scene, card), f".card-{card.number}") for card in newest[:_LISTED])
    for older in islice(newest, _LISTED, _LISTED + 1):
        rows += (_button(scene.release.label("cards-more"), f".cards-{older.number}"),)
    return message(scene, "cards", buttons=rows)


def show_card(scene: Scene, number: int) -> Scene:
    """The scene with that card as it was, and what can be done with it."""
    card = find(scene, number)
    if card is None:
        return _gone(scene)
    label = scene.release.label
    rows = [_button(label("card-picture"), f".card-picture-{number}")]
    if can_change(scene, card):
        rows.insert(0, _button(label("card-change"), f".card-change-{number}"))
    return scene.send(card.text, card.words, (*rows, _button(label("menu-cards"), ".cards")))


def show_picture(scene: Scene, number: int) -> Scene:
    """The scene with that card drawn as a picture."""
    card = find(scene, number)
    if card is None:
        return _gone(scene)
    caption = worded(scene, "card-picture-caption").strip()
    title = f"{card.title}{_date(scene, card)}"
    sheet = Sheet(title=title, text=card.text, values=card.words, caption=caption)
    return scene.then(sheet, Toast(text=worded(scene, "card-picture-coming").strip()))


def can_change(scene: Scene, card: Kept) -> bool:
    """Whether the card can be filled in again: it is an exercise's that is there still.

    A lesson's card can not: doing it again would be a whole lesson, and move the next one. Nor can
    any while nobody has agreed that answers are kept.
    """
    flow = scene.release.flows.get(card.flow)
    is_agreed = scene.state.phase not in {"consenting", "withdrawn"}
    return is_agreed and flow is not None and flow.kind == "exercise"


def offer(scene: Scene, question: Question) -> Rows:
    """The button that keeps the old answer, where a card is being changed."""
    old = _old_answer(scene, question)
    if old is None:
        return ()
    label = _cut(f"{scene.release.label('card-keep')}: {' '.join(old.words.split())}", _LABEL)
    return (_button(label, f"{scene.state.turn}.{AS_IT_WAS}"),)


def as_it_was(scene: Scene, question: Question, words: str) -> Answer | None:
    """The old answer, if these words or this tap ask to keep it where a card is being changed."""
    old = _old_answer(scene, question)
    asks = words == AS_IT_WAS or fold(words) == fold(scene.release.label("card-keep"))
    return old if asks else None


def _old_answer(scene: Scene, question: Question) -> Answer | None:
    card, key = _changed(scene), key_of(question)
    if card is None or key not in card.answers or not isinstance(question, Write):
        return None
    return Answer(card.answers[key], _words_on(card)[key])


def _changed(scene: Scene) -> Kept | None:
    """The card that is being changed here, or None."""
    number = scene.top.card if scene.top is not None else None
    return find(scene, number) if number is not None else None


def _words_on(card: Kept) -> dict[str, str]:
    """How each answer reads on the card, by its key."""
    return {parts_of(slot)[0]: words for slot, words in card.words.items()}


def _made(scene: Scene, step: Card, number: int) -> Kept:
    scene = _as_it_stood(_without_older(scene))
    top, text, known = scene.state.stack[-1], step.text.strip(), scene.state.answers
    words = {slot: _cut(each, _LONGEST) for slot, each in values_for(scene, text).items()}
    answers = {name: _bounded(known[name]) for name in sorted(names_in(text)) if name in known}
    return Kept(
        number=number,
        card=step.card,
        flow=top.flow,
        title=scene.release.flow(top.flow).title,
        at=scene.event.at,
        text=text,
        answers=answers,
        words=words,
    )


def _without_older(scene: Scene) -> Scene:
    """The scene without what this flow asks and was answered in an earlier run of it alone."""
    top, state = scene.state.stack[-1], scene.state
    asked = {key_of(step) for step in scene.release.flow(top.flow).steps}
    older = asked - set(top.given)
    return scene.but(
        answers={key: value for key, value in state.answers.items() if key not in older},
        words={key: words for key, words in state.words.items() if key not in older},
    )


def _as_it_stood(scene: Scene) -> Scene:
    """The scene with what a card being changed says, where that was not asked again."""
    card, top, state = _changed(scene), scene.state.stack[-1], scene.state
    if card is None:
        return scene
    keys = [key for key in top.kept if key not in top.given]
    answers = {**state.answers, **{key: card.answers[key] for key in keys}}
    words = {**state.words, **{key: _words_on(card)[key] for key in keys}}
    return scene.but(answers=answers, words=words)


def _bounded(value: str | int) -> str | int:
    return _cut(value, _LONGEST) if isinstance(value, str) else value


def _without(cards: tuple[Kept, ...], number: int) -> tuple[Kept, ...]:
    return tuple(card for card in cards if card.number != number)


def _trimmed(cards: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """The newest of each kind, no more than a state should carry; the store has every one."""
    kind = [card for card in cards if card.card == cards[-1].card]
    spare = {card.number for card in kind[:-_OF_A_KIND]}
    return tuple(card for card in cards if card.number not in spare)[-_IN_ALL:]


def _upto(scene: Scene, number: int) -> list[Kept]:
    return [card for card in scene.state.cards if card.number <= number]


def _gone(scene: Scene) -> Scene:
    notes = _button(scene.release.label("menu-cards"), ".cards")
    return message(scene, "card-gone", buttons=(notes,))


def _name(scene: Scene, card: Kept) -> str:
    """The title and the day, short enough for a phone."""
    date = _date(scene, card)
    return _cut(card.title, _LABEL - len(date)) + date


def _date(scene: Scene, card: Kept) -> str:
    day = timing.local(card.at, zone_of(scene))
    month = scene.release.text("months").split()[day.month - 1]
    return f" · {day.day} {month}"


def _button(label: str, data: str) -> tuple[Button, ...]:
    return (Button(label=label, data=data),)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
