"""A call as a calendar file, which says when it is and not what it is about."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from bot.service.post import Document
from bot.service.site import Site
from bot.service.wording import line
from bot.store.calls import Call

FILE_NAME = "call.ics"
_MAKER = "-//Paceful//Calls//EN"


def invitation(site: Site, call: Call, whom: str, caption: str, *, at: datetime) -> Document:
    """The file for a calendar: the call with that person, or that it is cancelled."""
    title = line(site.release, "call-title", name=_one_line(whom))
    return Document(caption=caption, name=FILE_NAME, content=_calendar(call, title, at))


def _calendar(call: Call, title: str, at: datetime) -> str:
    # large, and calls are few
    from icalendar import Calendar, Event

    if call.at is None:
        raise ValueError("a call without a time is no entry in a calendar")
    is_off = call.state == "cancelled"
    event = Event()
    # the same in every version, so that a calendar moves its entry and makes no second one
    event.add("uid", f"call-{call.id}-{call.made_at:%Y%m%dT%H%M%S}@paceful")
    event.add("dtstamp", at.replace(microsecond=0))
    event.add("dtstart", call.at.replace(microsecond=0))
    event.add("dtend", call.at.replace(microsecond=0) + timedelta(minutes=call.minutes))
    event.add("summary", title)
    event.add("sequence", call.sequence)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_off else "PUBLISH")
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")


def _one_line(name: str) -> str:
    """The name without breaks and control signs: nothing in it may begin a new line of a file."""
    shown = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in name)
    return " ".join(shown.split())
