"""What clinicians set for themselves: name, time zone, digest, address, and when they reply."""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import available_timezones

from bot.service import care, digest
from bot.service.desk.chair import Chair
from bot.service.wording import line
from bot.store import people
from flows import timing

LONGEST_NAME = 60
LONGEST_REPLIES = 120
LONGEST_MAIL = 254
OFF = frozenset({"off", "none", "no"})
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>.]+(?:\.[^\s@,;<>.]+)+")
_HOUR = re.compile(r"(\d{1,2})(?::00)?(?: *h)?", re.ASCII)


def show(chair: Chair, rest: str) -> None:
    """Answer with all that the clinician has set."""
    release, me = chair.site.release, chair.clinician
    off = line(release, "c-own-off")
    chair.say(
        "c-own",
        name=me.name,
        role=release.label(f"role-{me.role}"),
        zone=me.zone or chair.site.settings.time_zone,
        hour=f"{digest.HOUR if me.digest_hour is None else me.digest_hour:02}:00",
        mail=me.email or off,
        replies=care.replies_of(chair.site, me) or off,
    )


def set_name(chair: Chair, rest: str) -> None:
    """Keep the name that patients and the others see."""
    name = " ".join(rest.split())
    others = [each for each in people.clinicians(chair.unit) if each.id != chair.clinician.id]
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        chair.say("c-own-name-bad", most=str(LONGEST_NAME))
    elif name.casefold() in {each.name.casefold() for each in others}:
        chair.say("c-own-name-taken", name=name)
    else:
        people.set_own(chair.unit, chair.clinician.id, name=name)
        chair.say("c-own-name", name=name)


def set_zone(chair: Chair, rest: str) -> None:
    """Keep the time zone in which this clinician reads and writes times."""
    zone = _zones().get(rest.strip().casefold().replace(" ", "_"))
    if zone is None:
        chair.say("c-own-zone-bad")
        return
    people.set_own(chair.unit, chair.clinician.id, zone=zone)
    chair.say("c-own-zone", zone=zone, time=f"{timing.local(chair.at, zone):%H:%M}")


def set_digest(chair: Chair, rest: str) -> None:
    """Keep the hour at which the digest of the lower tiers comes."""
    match = _HOUR.fullmatch(rest.strip().casefold())
    if match is None or int(match[1]) > 23:
        chair.say("c-own-digest-bad")
        return
    people.set_own(chair.unit, chair.clinician.id, digest_hour=int(match[1]))
    chair.say("c-own-digest", hour=f"{int(match[1]):02}:00")


def set_mail(chair: Chair, rest: str) -> None:
    """Keep the address to which alerts go that nobody has taken, or none."""
    address = rest.strip()
    if address.casefold() in OFF:
        people.set_own(chair.unit, chair.clinician.id, email=None)
        chair.say("c-own-mail-off")
    elif len(address) > LONGEST_MAIL or not _ADDRESS.fullmatch(address):
        chair.say("c-own-mail-bad")
    else:
        people.set_own(chair.unit, chair.clinician.id, email=address)
        chair.say("c-own-mail", mail=address)


def set_replies(chair: Chair, rest: str) -> None:
    """Keep the words that tell patients when this clinician usually replies, or none."""
    words = " ".join(rest.strip().strip("\"'“”").split())
    if words.casefold() in OFF:
        people.set_own(chair.unit, chair.clinician.id, replies=None)
        chair.say("c-own-replies-off")
    elif not words or len(words) > LONGEST_REPLIES or not words.isprintable():
        chair.say("c-own-replies-bad", most=str(LONGEST_REPLIES))
    else:
        people.set_own(chair.unit, chair.clinician.id, replies=words)
        chair.say("c-own-replies", replies=words)


@cache
def _zones() -> dict[str, str]:
    """Every IANA name of a time zone by how it may be typed."""
    return {name.casefold(): name for name in available_timezones() if "/" in name or name == "UTC"}
