"""What is sent: one post is one call, kept in the outbox as JSON until it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from bot.markup import Entity, render
from flows.effects import Drawing
from flows.scene import Rows
from flows.value import Value

LONGEST = 4096
"""Telegram's limit for a message; only somebody's own long words can pass it."""


class Mark(Value):
    """A bold, italic or hidden stretch, offset and length in UTF-16 units."""

    kind: Literal["bold", "italic", "spoiler"]
    offset: int
    length: int


class Bubble(Value):
    """A message with its marks and its rows of (label, data) buttons.

    One that is `private` can't be passed on.
    """

    shape: Literal["bubble"] = "bubble"
    text: str
    marks: tuple[Mark, ...] = ()
    buttons: tuple[tuple[tuple[str, str], ...], ...] = ()
    private: bool = False


class Settled(Value):
    """Take the buttons off the prompt of a turn; `note`, if any, is added under it."""

    shape: Literal["settle"] = "settle"
    note: str | None = None


class Toast(Value):
    """The answer to a tap, with a short text or none."""

    shape: Literal["toast"] = "toast"
    query: str
    text: str = ""


class Picture(Value):
    """A chart, or words on a sheet, to be drawn and sent."""

    shape: Literal["picture"] = "picture"
    # under its first name, so that what waits in an outbox is still read
    drawing: Drawing = Field(alias="chart")


class Document(Value):
    """A file: with its content, or else the patient's own data, put together when it is sent."""

    shape: Literal["document"] = "document"
    caption: str
    name: str = "paceful-my-data.json"
    content: str | None = None


class Leave(Value):
    """Leave a group or channel that nobody invited us to."""

    shape: Literal["leave"] = "leave"


class Unsay(Value):
    """Delete messages, at most a hundred; `ours` says which are the bot's, and if they have text.

    What is too old to be deleted is made blank instead, as far as it is ours.
    """

    shape: Literal["unsay"] = "unsay"
    messages: tuple[int, ...]
    ours: dict[int, bool] = Field(default_factory=dict)


class Fade(Value):
    """Put this sign in the place of a message's text; without one, take its caption away."""

    shape: Literal["fade"] = "fade"
    message: int
    text: str | None = None


Body = Annotated[
    Bubble | Settled | Toast | Picture | Document | Leave | Unsay | Fade,
    Field(discriminator="shape"),
]
BODY: TypeAdapter[Body] = TypeAdapter(Body, config=ConfigDict(hide_input_in_errors=True))
"""Reads and writes any post's body as JSON."""


def veiled(bubble: Bubble, veil: str) -> Bubble:
    """The bubble with its words hidden behind others, which a locked phone may show."""
    head = f"{veil}\n\n"
    room = LONGEST - len(head)
    text = bubble.text if len(bubble.text) <= room else f"{bubble.text[: room - 1]}…"
    # Telegram counts in UTF-16 units
    before, length = (len(each.encode("utf-16-le")) // 2 for each in (head, text))
    kept = bubble.marks if text == bubble.text else ()
    moved = tuple(mark.model_copy(update={"offset": mark.offset + before}) for mark in kept)
    hidden = Mark(kind="spoiler", offset=before, length=length)
    return bubble.model_copy(update={"text": head + text, "marks": (hidden, *moved)})


def bubble(template: str, values: dict[str, str], buttons: Rows = ()) -> Bubble:
    """A bubble rendered from a template, its values as plain text."""
    rendered = render(template, values)
    fits = len(rendered.text) <= LONGEST
    return Bubble(
        text=rendered.text if fits else f"{rendered.text[: LONGEST - 1]}…",
        marks=tuple(map(_mark, rendered.entities)) if fits else (),
        buttons=tuple(tuple((button.label, button.data) for button in row) for row in buttons),
    )


@lru_cache(maxsize=512)
def _mark(entity: Entity) -> Mark:
    return Mark(kind=entity.kind, offset=entity.offset, length=entity.length)


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived, as this message where it became one."""

    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """It was not taken; try again after so many seconds. `counts` if it is an attempt."""

    seconds: float
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Unsent:
    """It was not sent: something before it could not be, and it waits again."""


@dataclass(frozen=True, slots=True)
class Gone:
    """This person can't be reached any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The group that is meant has another chat from now on: send it there."""

    chat: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken as it is: our mistake."""

    reason: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Nobody knows whether it arrived."""


Verdict = Sent | Later | Unsent | Gone | Moved | Refused | Doubtful
