"""How someone becomes a patient or a member of the team: by a one-time code, or an open door."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.keys import new_code
from bot.service import alerts
from bot.service.site import Site
from bot.service.team import CARING
from bot.service.wording import fixed
from bot.store import invites, people
from bot.store.invites import Invite, Kind
from bot.store.unit import Unit

VALID = timedelta(minutes=10)
"""How long a code may be used (OWASP ASVS 5.0, 6.5: one-time codes live ten minutes at most)."""

PATIENT_VALID = timedelta(days=14)
"""A patient's code opens nothing but the consent; it waits for the next appointment."""

MOST_WORDS = 2
_START = re.compile(r"/start(?:@\w+)?\s+(?P<code>[A-Za-z0-9_-]{8,64})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class OneRole:
    """The account that sent a team's code already takes part as a patient."""


@dataclass(frozen=True, slots=True)
class ForGroup:
    """The code is a group's, and was sent by one person alone."""


def invite(unit: Unit, kind: Kind, name: str, role: str, *, at: datetime) -> str:
    """A new one-time code; only its digest is kept."""
    code = new_code()
    valid = PATIENT_VALID if kind == "patient" else VALID
    invites.make(unit, kind, name, role, _digests(unit, code)[0], at + valid, at)
    return code


def code_in(text: str) -> str | None:
    """The code behind /start, or None."""
    found = _START.fullmatch(text.strip())
    return found["code"] if found else None


def only_starts(text: str) -> bool:
    """Whether the message is /start, alone or with one word behind it."""
    words = text.split()
    return 0 < len(words) <= MOST_WORDS and words[0].split("@")[0] == "/start"


def redeem(
    unit: Unit, text: str, *, is_patient: bool, at: datetime
) -> Invite | OneRole | ForGroup | None:
    """The invitation that this message's code stands for, used up; None without a valid one.

    A patient's account cannot join the team, or their words would no longer be a patient's: they
    get OneRole. Whoever sends a group's code in private gets ForGroup. Both can still be used.
    """
    code = code_in(text)
    if code is None:
        return None
    digests = _digests(unit, code)
    match invites.kind_of(unit, digests):
        case "clinician" if is_patient:
            return OneRole()
        case "group":
            return ForGroup()
        case _:
            return invites.use(unit, digests, at)


def redeem_for_group(unit: Unit, text: str, *, at: datetime) -> Invite | None:
    """The group's invitation that this message's code stands for, used up; None without one."""
    code = code_in(text)
    if code is None or invites.kind_of(unit, _digests(unit, code)) != "group":
        return None
    return invites.use(unit, _digests(unit, code), at)


def join_team(
    unit: Unit, site: Site, invitation: Invite, *, lookup: str, chat: str, at: datetime
) -> None:
    """Make whoever holds the code a member of the team, welcome them, tell them what is open."""
    clinician = people.join_clinician(
        unit, lookup=lookup, chat=chat, name=invitation.name, role=invitation.role, at=at
    )
    values = {"name": clinician.name, "role": site.release.label(f"role-{clinician.role}")}
    cares = clinician.role in CARING
    welcome = fixed(site.release, "c-welcome" if cares else "c-welcome-operator", **values)
    alerts.post_to(unit, [clinician], welcome, None, at=at)
    if cares:
        alerts.tell_open(unit, site, clinician, at=at)


def _digests(unit: Unit, code: str) -> tuple[str, ...]:
    # keyed, so that a stolen database cannot be searched for codes
    lookups = unit.vault.lookups("invites", code)
    return tuple(hashlib.sha256(each.encode()).hexdigest() for each in lookups)
