"""What may happen to a patient's conversation, in the past tense."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from flows.value import Value


class Desk(Value):
    """How the care team stands at this moment: is anyone joined, is it their working time.

    `keeps` is for how long the service keeps records, in words.
    """

    staffed: bool = False
    open: bool = False
    hours: str = ""
    keeps: str = ""


class Happened(Value):
    """What every event knows: when it happened (UTC), and how the care team stood."""

    at: datetime
    desk: Desk = Desk()


class Joined(Happened):
    """Someone wrote for the first time, or came back with /start; `invited` if they may enter.

    `payload` is what stood behind /start, unless it was a code that opened the door.
    """

    kind: Literal["joined"] = "joined"
    payload: str = ""
    invited: bool = True
    language: str | None = None


class Said(Happened):
    """The patient wrote a message; `to_clinician` if it answers a clinician's bubble.

    `forwarded` if they passed on a message that was written elsewhere.
    """

    kind: Literal["said"] = "said"
    text: str
    to_clinician: bool = False
    forwarded: bool = False


class Tapped(Happened):
    """The patient tapped a button: its turn (None for lasting buttons) and its choice."""

    kind: Literal["tapped"] = "tapped"
    turn: int | None
    choice: str


class Keyed(Happened):
    """The patient sent digits that may be their PIN; the digits themselves are not in it.

    `came` says whether they fit what was asked for, are a `new` PIN with this digest, or that
    nothing asked for them (`loose`).
    """

    kind: Literal["keyed"] = "keyed"
    came: Literal["fits", "wrong", "new", "loose"]
    digest: str = ""


class Edited(Happened):
    """The patient changed an earlier message."""

    kind: Literal["edited"] = "edited"
    text: str
    to_clinician: bool = False


UNREADABLE = "unreadable"
"""What was attached when nobody could read what it was."""


class Attached(Happened):
    """The patient sent something that is not plain text, perhaps with a caption."""

    kind: Literal["attached"] = "attached"
    what: str
    caption: str = ""
    to_clinician: bool = False
    forwarded: bool = False


class Due(Happened):
    """A nudge came due: its key and the moment it was due."""

    kind: Literal["due"] = "due"
    key: str
    due_at: datetime


class Told(Happened):
    """A clinician wrote to the patient; `corrects` if in the place of what they wrote before.

    `replies` says in the clinician's own words when they usually answer.
    """

    kind: Literal["told"] = "told"
    clinician: str
    text: str
    replies: str = ""
    corrects: bool = False


class TakenOver(Happened):
    """A clinician writes with the patient now, and the program keeps silent."""

    kind: Literal["taken-over"] = "taken-over"
    clinician: str


class HandedBack(Happened):
    """The clinician gave the conversation back to the program, or the program took it back.

    It does so when they were silent for so many `hours`, or when they `left` the care team.
    """

    kind: Literal["handed-back"] = "handed-back"
    clinician: str
    why: Literal["", "silent", "left"] = ""
    hours: int = 0


OfferName = Literal["call", "call-again", "proposal", "letter"]
"""What may be offered to a patient."""

OfferEnd = Literal["withdrawn", "booked", "cancelled", "moved"]
"""How an offer may be settled."""

Setting = Literal["addon", "pace", "track", "pack"]
"""What of the program a proposal may change."""


class Offered(Happened):
    """The care team offers something: its number, what it is, and what may be answered.

    `choices` are (value, label) pairs; `change` is what a yes changes in the program.
    """

    kind: Literal["offered"] = "offered"
    offer: int
    name: OfferName
    values: dict[str, str] = Field(default_factory=dict)
    choices: tuple[tuple[str, str], ...]
    change: tuple[Setting, str] | None = None


class OfferClosed(Happened):
    """An offer is settled, by the care team or by what the patient chose."""

    kind: Literal["offer-closed"] = "offer-closed"
    offer: int
    name: OfferEnd
    values: dict[str, str] = Field(default_factory=dict)


class Reminded(Happened):
    """A call with the care team is near."""

    kind: Literal["reminded"] = "reminded"
    name: Literal["call-day", "call-soon"]
    values: dict[str, str] = Field(default_factory=dict)


class Cleared(Happened):
    """The care team closed the last alert that held the program back."""

    kind: Literal["cleared"] = "cleared"


class Blocked(Happened):
    """The patient blocked the bot, or the account is gone; `alerted` if an alert was open."""

    kind: Literal["blocked"] = "blocked"
    alerted: bool = False


class Returned(Happened):
    """The patient unblocked the bot."""

    kind: Literal["returned"] = "returned"


class Away(Happened):
    """Nobody fetched what the patient sent between these moments, so it may be lost.

    `restored` if a backup was put back, which knows nothing of what happened in between.
    """

    kind: Literal["away"] = "away"
    since: datetime
    until: datetime
    restored: bool = False


Event = Annotated[
    Joined
    | Said
    | Tapped
    | Keyed
    | Edited
    | Attached
    | Due
    | Told
    | TakenOver
    | HandedBack
    | Offered
    | OfferClosed
    | Reminded
    | Cleared
    | Blocked
    | Returned
    | Away,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event, config=ConfigDict(hide_input_in_errors=True))
"""Reads and writes any event as JSON."""


def words_of(event: Event) -> str:
    """Every word the patient wrote in this event; empty when there is none."""
    match event:
        case Said() | Edited():
            return event.text
        case Attached():
            return event.caption
        case Joined():
            return event.payload
        case _:
            return ""


_PATIENTS = frozenset({Joined, Said, Tapped, Keyed, Edited, Attached, Returned})
CUE = "cue:"
"""How the key of a wait's end begins."""


def is_cue(event: Event) -> bool:
    """Whether a wait in the open talk came to its end, rather than a nudge."""
    return isinstance(event, Due) and event.key.startswith(CUE)


def is_patients(event: Event) -> bool:
    """Whether the patient did this, rather than the clock or the care team."""
    return type(event) in _PATIENTS
