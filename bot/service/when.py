"""Moments in words, each with the zone whose clock shows them."""

from __future__ import annotations

from datetime import datetime

from bot.service.site import Site
from bot.service.wording import line
from bot.store.calls import Call
from flows import timing
from flows.calls import Times

NIGHT = ("21:00", "08:00")
"""Hours in which a call would be a surprise; a time in them is marked, and still allowed."""


def here(site: Site, moment: datetime, zone: str) -> str:
    """The moment on that zone's clock, without saying whose: for where that is said nearby."""
    release, local = site.release, timing.local(moment, zone)
    return line(
        release,
        "when",
        day=release.messages.days[str(local.isoweekday())][0],
        date=str(local.day),
        month=release.text("months").split()[local.month - 1],
        time=f"{local:%H:%M}",
    )


def zoned(site: Site, moment: datetime, zone: str) -> str:
    """The moment on that zone's clock, and which clock it is."""
    return line(site.release, "when-there", when=here(site, moment, zone), zone=place(site, zone))


def both(site: Site, moment: datetime, mine: str, theirs: str) -> str:
    """The moment on the clinician's clock and on the patient's, marked if it is night there."""
    if mine == theirs:
        return zoned(site, moment, mine)
    name = "when-both-night" if timing.is_quiet(moment, theirs, NIGHT) else "when-both"
    return line(
        site.release, name, mine=zoned(site, moment, mine), theirs=zoned(site, moment, theirs)
    )


def place(site: Site, zone: str) -> str:
    """The clock of that zone in words: that of its city."""
    city = zone.rpartition("/")[2].replace("_", " ")
    return line(site.release, "when-zone", city=city)


def zone_or(site: Site, zone: str | None) -> str:
    """That zone, or the one of the service where somebody's own is not known."""
    return zone or site.settings.time_zone


def times_of(site: Site, call: Call, at: datetime) -> Times:
    """When the call is (or would be, at that moment), where the two are."""
    return Times(
        at=at,
        minutes=call.minutes,
        patient_zone=zone_or(site, call.patient_zone),
        clinician_zone=zone_or(site, call.clinician_zone),
    )
