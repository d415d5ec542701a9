"""Whom a hop of the chain reaches: people, the team's groups, and mailboxes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.service import rota
from bot.service.mailing import alert_addresses
from bot.service.reasons import reason_of
from bot.service.site import Site
from bot.service.team import care_team, readers
from bot.store import caseload, groups
from bot.store.alerts import Alert
from bot.store.groups import Group
from bot.store.people import Clinician
from bot.store.unit import Unit

EVERYBODY = ("team", "mail")
"""The hops that reach all whom the rule reaches, whoever heard of it before."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Those whom a hop reaches; false if it is nobody."""

    people: tuple[Clinician, ...] = ()
    groups: tuple[Group, ...] = ()
    addresses: tuple[tuple[int | None, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.groups or self.addresses)

    def without(self, ids: Collection[int | None]) -> Reached:
        """The same, without these people."""
        kept = tuple(each for each in self.people if each.id not in ids)
        return Reached(kept, self.groups, self.addresses)

    def and_also(self, more: Reached) -> Reached:
        """These and more people, nobody twice."""
        everyone = {each.id: each for each in (*self.people, *more.people)}
        return Reached(tuple(everyone.values()), self.groups, self.addresses)


def resolve(unit: Unit, site: Site, alert: Alert, hop: str, *, at: datetime) -> Reached:
    """Whom this hop of the alert's chain reaches at that moment."""
    match hop:
        case "on-call":
            first = rota.by_place(unit, site, at).get(0)
            if first is None:
                # nobody is on call: a guide alone may be asleep, so all are told at once
                return Reached()
            own = caseload.of_patient(unit, alert.patient_id)
            return _people([first, *(each for each in care_team(unit) if each.id in own)])
        case "next":
            places = rota.by_place(unit, site, at)
            return _people([each for place, each in places.items() if place > 0])
        case "mail":
            team = readers(unit, reason_of(alert).reaches)
            return Reached(_people(team).people, tuple(groups.current(unit)), _boxes(site, team))
        case _:
            team = readers(unit, reason_of(alert).reaches)
            return Reached(_people(team).people, tuple(groups.current(unit)))


def person(unit: Unit, clinician_id: int | None) -> Reached:
    """This member of the care team, if they still are one."""
    return _people([each for each in care_team(unit) if each.id == clinician_id])


def _people(found: list[Clinician]) -> Reached:
    known = {each.id: each for each in found if each.contact_id is not None}
    return Reached(tuple(known.values()))


def _boxes(site: Site, team: list[Clinician]) -> tuple[tuple[int | None, str], ...]:
    # without a server there is no such way, and so no try that could fail
    if site.settings.smtp_url is None:
        return ()
    own = [(each.id, each.email) for each in team if each.email]
    return (*own, *((None, address) for address in alert_addresses(site)))
