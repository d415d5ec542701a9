"""Who is who in the team: those who care for patients, and those who run the service."""

from __future__ import annotations

from collections.abc import Collection

from bot.store import people
from bot.store.people import Clinician
from bot.store.unit import Unit

CARING = ("clinician", "lead")
OPERATING = ("operator",)
ROLES = (*CARING, *OPERATING)
"""Every role a one-time code can give in this edition."""


def care_team(unit: Unit) -> list[Clinician]:
    """Those who get alerts, in the order in which they joined."""
    return [each for each in people.clinicians(unit) if each.role in CARING]


def readers(unit: Unit, roles: Collection[str]) -> list[Clinician]:
    """Those of the care team who have one of these roles; all of them if nobody has."""
    team = care_team(unit)
    return [each for each in team if each.role in roles] or team


def operators(unit: Unit) -> list[Clinician]:
    """Those who are told when something went wrong on our side."""
    return [each for each in people.clinicians(unit) if each.role in OPERATING]
