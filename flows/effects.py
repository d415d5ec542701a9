"""What must be done after a turn, in the imperative; the shell carries it out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from flows.state import Kept, Score
from flows.value import Value

Lane = Literal["crisis", "reply", "nudge"]
Against = Literal["baseline", "best", "previous", "expected"]


class Button(Value):
    """A button: its label and the data that a tap brings back (`turn.choice` or `.choice`)."""

    label: str
    data: str


class Send(Value):
    """One bubble: a Markdown-subset template, the plain values for its {placeholders}, buttons.

    `veil` is what a locked phone may show in its place; `private` that it may not be passed on.
    """

    effect: Literal["send"] = "send"
    text: str
    values: dict[str, str] = Field(default_factory=dict)
    buttons: tuple[tuple[Button, ...], ...] = ()
    lane: Lane = "reply"
    veil: str = ""
    private: bool = False


class Settle(Value):
    """Take the buttons off the prompt of that turn, and mark what was chosen."""

    effect: Literal["settle"] = "settle"
    turn: int
    chosen: str | None = None


class Toast(Value):
    """A short notice over the chat in answer to a tap."""

    effect: Literal["toast"] = "toast"
    text: str


class Record(Value):
    """Keep an answer: where it was given, its key, its value as text, its words for people."""

    effect: Literal["record"] = "record"
    flow: str
    step: str
    key: str
    value: str | int
    question: str


class Agree(Value):
    """Keep a consent decision with the exact text that was shown."""

    effect: Literal["agree"] = "agree"
    version: str
    text: str
    agreed: bool


class Keep(Value):
    """Keep a score."""

    effect: Literal["keep"] = "keep"
    score: Score


class Fact(Value):
    """One reason of an alert: what was measured, now and before, against which threshold.

    `bound` is a score's limit such as "≥ 20", `change` a worsening such as "+6" against the
    first (baseline), best, previous or expected score. Without `now` it is about the items by
    themselves, and `baseline` is the item's own. An item whose value is None was not answered.
    """

    measure: str
    now: float | None = None
    baseline: float | None = None
    best: float | None = None
    bound: str = ""
    change: str = ""
    expected: float | None = None
    against: tuple[Against, ...] = ()
    items: dict[str, int | None] = Field(default_factory=dict)


class File(Value):
    """Keep a card; `replaces` is the number of the card whose new version it is."""

    effect: Literal["file"] = "file"
    card: Kept
    replaces: int | None = None


class Raise(Value):
    """Raise an alert by its rule, with the facts that fired it."""

    effect: Literal["raise"] = "raise"
    rule: str
    facts: tuple[Fact, ...] = ()


class Nudge(Value):
    """Have something come due: its key, and when (UTC)."""

    effect: Literal["nudge"] = "nudge"
    key: str
    due_at: datetime
    slot: str


class Cancel(Value):
    """Forget a nudge that is still waiting, for this reason."""

    effect: Literal["cancel"] = "cancel"
    key: str
    reason: str


class Skip(Value):
    """Keep the reason why a nudge that came due was not sent."""

    effect: Literal["skip"] = "skip"
    key: str
    reason: str


class Series(Value):
    """A measure's scores over time for a picture: (moment, score) pairs."""

    measure: str
    title: str
    better: Literal["lower", "higher"]
    range: tuple[float, float]
    points: tuple[tuple[datetime, float], ...]
    baseline: float | None = None
    reliable: float | None = None


class Chart(Value):
    """Draw and send a picture of scores, with a caption in plain words."""

    effect: Literal["chart"] = "chart"
    series: tuple[Series, ...]
    caption: str
    labels: dict[str, str]
    values: dict[str, str] = Field(default_factory=dict)
    private: bool = False


class Sheet(Value):
    """Draw and send words as a picture to keep, with the way of each score under them."""

    effect: Literal["sheet"] = "sheet"
    title: str
    text: str
    values: dict[str, str] = Field(default_factory=dict)
    series: tuple[Series, ...] = ()
    caption: str
    labels: dict[str, str] = Field(default_factory=dict)
    private: bool = False


Drawing = Annotated[Chart | Sheet, Field(discriminator="effect")]
"""What is drawn before it is sent."""


class Relay(Value):
    """Pass the patient's words on to the care team."""

    effect: Literal["relay"] = "relay"
    text: str


class Reply(Value):
    """Keep what the patient answered to an offer of the care team."""

    effect: Literal["reply"] = "reply"
    offer: int
    value: str


class GiveData(Value):
    """Send the patient a file with everything that is kept about them."""

    effect: Literal["give_data"] = "give_data"
    caption: str


class Erase(Value):
    """Erase all that is kept about the patient, who asked for it; nothing else is kept with it."""

    effect: Literal["erase"] = "erase"


Effect = Annotated[
    Send
    | Settle
    | Toast
    | Record
    | Agree
    | Keep
    | File
    | Raise
    | Nudge
    | Cancel
    | Skip
    | Chart
    | Sheet
    | Relay
    | Reply
    | GiveData
    | Erase,
    Field(discriminator="effect"),
]
