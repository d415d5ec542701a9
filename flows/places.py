"""The places a patient may name to say what time it is where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class City:
    """A city: its name, country code, people, and IANA time zone."""

    name: str
    country: str
    people: int
    zone: str


@dataclass(frozen=True, slots=True)
class Places:
    """Cities by folded name (several may share one), and all IANA zone names."""

    cities: Mapping[str, tuple[City, ...]] = field(default_factory=dict)
    zones: tuple[str, ...] = ()

    def of_country(self, code: str) -> Iterator[City]:
        """The cities of a country."""
        wanted = code.casefold()
        every = (city for cities in self.cities.values() for city in cities)
        return (city for city in every if city.country.casefold() == wanted)
