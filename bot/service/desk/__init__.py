"""What a clinician does in their chat: each command, button and reply has its room here."""

from __future__ import annotations

from collections.abc import Callable

from bot.service import alerts as alerting
from bot.service.desk import (
    alerts,
    calls,
    minutes,
    oncall,
    own,
    page,
    patients,
    proposals,
    round,
    tasks,
    writing,
)
from bot.service.desk.chair import Chair
from bot.service.incoming import CameBack, Incoming, Pressed, SentThing, Wrote
from bot.service.team import CARING

__all__ = ["Chair", "at_desk"]

Command = Callable[[Chair, str], None]
"""Carries out a command; the words behind it come along."""

Button = Callable[[Chair, list[str]], str | None]
"""Carries out a tap on `room.part.part…`; gives back the name of a short notice, or None."""

COMMANDS: dict[str, Command] = {
    "alerts": alerts.list_open,
    "oncall": oncall.show,
    "patients": patients.list_patients,
    "page": page.send_link,
    "mine": patients.list_mine,
    "unread": patients.list_unread,
    "cancel": tasks.cancel,
    "me": own.show,
    "name": own.set_name,
    "zone": own.set_zone,
    "digest": own.set_digest,
    "mail": own.set_mail,
    "replies": own.set_replies,
    "calls": calls.list_calls,
    "round": round.begin,
}
"""Every command by name."""

BUTTONS: dict[str, Button] = {
    "alert": alerts.pressed,
    "card": patients.pressed,
    "draft": writing.pressed,
    "call": calls.pressed,
    "suggest": proposals.pressed,
    "round": round.pressed,
    "minutes": minutes.pressed,
}
"""Every kind of button by the first part of its data."""

tasks.TASKS["write"] = writing.asked
tasks.TASKS["call"] = calls.typed
tasks.TASKS["call-time"] = calls.typed_time
tasks.TASKS["round"] = round.typed

patients.CARD["call"] = calls.ask_times
patients.CARD["suggest"] = proposals.choose
patients.CARD["minutes"] = minutes.ask


def at_desk(chair: Chair, incoming: Incoming) -> None:
    """Carry out what the clinician did, and answer them."""
    if chair.clinician.role not in CARING:
        chair.say("c-help-operator")
        return
    match incoming.what:
        case Pressed(data=data, query=query):
            chair.toast(query, _pressed(chair, data))
        case Wrote(edited=True) as wrote:
            writing.edited(chair, wrote)
        case Wrote() as wrote:
            _wrote(chair, wrote)
        case SentThing():
            chair.say("c-text-only")
        case CameBack():
            # nothing reached them while they had blocked us
            alerting.tell_open(chair.unit, chair.site, chair.clinician, at=chair.at)
        case _:
            return


def _wrote(chair: Chair, wrote: Wrote) -> None:
    text = wrote.text.strip()
    if text.startswith("/"):
        name, _, rest = text[1:].partition(" ")
        _command(chair, name.partition("@")[0].lower(), rest.strip())
    else:
        writing.wrote(chair, wrote)


def _command(chair: Chair, name: str, rest: str) -> None:
    act = COMMANDS.get(name)
    if act is None:
        chair.say("c-help")
    else:
        act(chair, rest)


def _pressed(chair: Chair, data: str) -> str | None:
    """What a tap asks for, carried out; the name of the short notice to show, if any."""
    room, *parts = data.split(".")
    act = BUTTONS.get(room)
    return act(chair, parts) if act is not None else None
