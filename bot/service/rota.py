"""Who of the care team is on call, by the rota and the public holidays of where the clinic is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from bot.service.site import Site
from bot.service.team import care_team
from bot.store import rota
from bot.store.people import Clinician
from bot.store.unit import Unit
from flows import rota as pattern
from flows.timing import local_date, moment_on

if TYPE_CHECKING:
    from holidays import HolidayBase

AHEAD = 9
"""How many days, with today, are looked through for the next change."""


def on_call(unit: Unit, site: Site, at: datetime) -> list[Clinician]:
    """Those on call at that moment, the first place first; whoever left the team is not."""
    places = by_place(unit, site, at)
    # someone in two places is called once
    return list({clinician.id: clinician for _, clinician in sorted(places.items())}.values())


def by_place(unit: Unit, site: Site, at: datetime) -> dict[int, Clinician]:
    """The member of the care team in each place of the rota at that moment."""
    shifts, swaps = rota.shifts(unit), rota.swaps(unit, at)
    if not shifts and not swaps:
        return {}
    zone, team = site.settings.time_zone, {each.id: each for each in care_team(unit)}
    found = pattern.on_call(shifts, swaps, at, zone, holidays_around(site, at))
    return {place: team[someone] for place, someone in found.items() if someone in team}


def next_change(unit: Unit, site: Site, at: datetime) -> datetime | None:
    """The next moment at which somebody else is on call, or None within eight days."""
    now = by_place(unit, site, at)
    for moment in _turning_points(unit, site, at):
        if by_place(unit, site, moment) != now:
            return moment
    return None


def holidays_around(site: Site, at: datetime) -> Collection[date]:
    """The public holidays of yesterday and today where the clinic is."""
    today = local_date(at, site.settings.time_zone)
    return [day for day in (today - timedelta(days=1), today) if holiday_name(site, day)]


def holiday_name(site: Site, day: date) -> str | None:
    """What that day is called if it is a public holiday where the clinic is, or None."""
    place = site.settings.holidays
    if place is None:
        return None
    country, _, region = place.partition("-")
    name = _calendar(country, region or None, day.year).get(day)
    return None if name is None else str(name)


@cache
def _calendar(country: str, region: str | None, year: int) -> HolidayBase:
    # 3 MiB of calendars, which a site that names no place for them does without
    from holidays import country_holidays

    return country_holidays(country, subdiv=region, years=year)


def _turning_points(unit: Unit, site: Site, at: datetime) -> list[datetime]:
    """The moments within eight days at which a shift or a swap begins or ends."""
    zone, today = site.settings.time_zone, local_date(at, site.settings.time_zone)
    times = {time for each in rota.shifts(unit) for time in (each.start, each.until)}
    # a holiday may begin and end another pattern
    clocks = {"00:00", *(time for time in times if time != pattern.MIDNIGHT)}
    days = [today + timedelta(days=ahead) for ahead in range(AHEAD)]
    of_shifts = [moment_on(day, clock, zone) for day in days for clock in clocks]
    of_swaps = [m for each in rota.swaps(unit, at) for m in (each.start_at, each.until_at)]
    return sorted({m for m in (*of_shifts, *of_swaps) if m is not None and m > at})
