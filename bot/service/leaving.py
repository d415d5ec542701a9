"""Somebody leaves the team: what they had in hand goes back to the others at once."""

from __future__ import annotations

from datetime import datetime

from bot.service import alerts as alerting
from bot.service import silence
from bot.service.site import Site
from bot.store import alerts, members
from bot.store.unit import Unit


def leave(unit: Unit, site: Site, clinician_id: int, *, at: datetime) -> bool:
    """Whether the member was in the team, and is no longer from now on.

    Where they had taken over the program goes on, and alerts that they had are told to everyone
    whom their rule reaches.
    """
    if not members.disable(unit, clinician_id, at):
        return False
    silence.left(unit, site, clinician_id, at=at)
    for alert in alerts.open_(unit):
        if alert.taken_by == clinician_id:
            alerting.put_back(unit, site, alert, clinician_id, at=at)
    return True
