"""This installation: its content, its care team's hours, its clock; given to every use case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import Clock
from bot.service.incoming import Incoming, InGroup
from bot.service.releases import Releases
from bot.service.states import States
from bot.service.team import care_team
from bot.settings import Settings
from bot.store.unit import Unit
from flows import timing
from flows.events import Desk
from flows.program import Release

Read = Callable[[str], Incoming | InGroup | None]
"""Reads a raw update; None if there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a use case needs beside its transaction."""

    settings: Settings
    releases: Releases
    clock: Clock
    read: Read
    states: States = field(default_factory=States, repr=False, compare=False)

    @property
    def release(self) -> Release:
        """The newest release, whose words clinicians and strangers get."""
        return self.releases.newest

    def desk(self, unit: Unit, at: datetime) -> Desk:
        """How the care team stands at that moment."""
        hours, zone = self.settings.care_team_hours, self.settings.time_zone
        return Desk(
            staffed=bool(care_team(unit)),
            open=hours is not None and hours.open_at(at, timing.zone_of(zone)),
            hours=f"{hours.words} ({zone})" if hours is not None else "",
            keeps=self.settings.retention.record_words,
        )
