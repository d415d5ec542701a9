"""A time zone, from whatever a person knows of it: a city, an offset, a name, a country."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process

from flows.folding import bare, fold
from flows.places import City, Places
from flows.program import Country
from flows.reading.alike import ENOUGH
from flows.reading.choices import read_country

_OFFSET = re.compile(
    r"(?:(?:utc|gmt)\s*)?([+-])\s*(\d{1,2})(?:\s*[:h]?\s*(00|15|30|45)|[.,]([05]))?"
)
_HALF_YEAR = timedelta(days=182)
_MOST_WORDS = 8
_LARGE = 200_000
_AT_HOME = 80


def read_zone(
    text: str,
    places: Places,
    *,
    country: str | None,
    at: datetime,
    countries: Mapping[str, Country] | None = None,
) -> str | None:
    """The IANA zone or offset that the text names; the patient's country comes first."""
    said = " ".join(fold(text).split()).strip(" .!?")
    if not said or len(said.split()) > _MOST_WORDS:
        return None
    return (
        _offset(said)
        or _abbreviation(said, places, country, at)
        or _zone_name(said, places)
        or _city(said, places, country)
        or _country(said, places, countries or {}, at)
        or _nearly_city(said, places, country)
    )


def _offset(said: str) -> str | None:
    if said in {"utc", "gmt"}:
        return "UTC+00:00"
    match = _OFFSET.fullmatch(said)
    if match is None:
        return None
    sign = "+" if match[1] == "+" else "-"
    minutes = 60 * int(match[2]) + (int(match[3] or 0) or 30 * (match[4] == "5"))
    if minutes > (14 if sign == "+" else 12) * 60:
        return None
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"


def _abbreviation(said: str, places: Places, country: str | None, at: datetime) -> str | None:
    """The zone where the clocks bear these letters ("EST"), in summer or in winter."""
    letters = said.upper()
    if not (letters.isalpha() and 3 <= len(letters) <= 5):
        return None
    mine = list(places.of_country(country)) if country else []
    zones = {city.zone for city in mine}
    fitting = {zone for zone in zones if letters in _letters(zone, at)}
    return _largest([city for city in mine if city.zone in fitting], country)


def _letters(zone: str, at: datetime) -> set[str | None]:
    return {moment.astimezone(ZoneInfo(zone)).tzname() for moment in (at, at + _HALF_YEAR)}


def _zone_name(said: str, places: Places) -> str | None:
    name = said.replace(" ", "_")
    return next((zone for zone in places.zones if zone.casefold() == name), None)


def _city(said: str, places: Places, country: str | None) -> str | None:
    whole = (said, said.partition(",")[0].strip())
    named = (places.cities.get(name, ()) for name in whole)
    within = (_known(places.cities.get(part, ()), country) for part in _parts(said))
    found = (_largest(cities, country) for cities in (*named, *within))
    return next(filter(None, found), None)


def _known(cities: Iterable[City], country: str | None) -> list[City]:
    """Those that a word in a sentence may mean: "Same" is a town, but not in "same as before"."""
    return [city for city in cities if _is_in(city, country) or city.people >= _LARGE]


def _parts(said: str) -> Iterator[str]:
    """The rows of words in it, the longest first, without those of very few letters."""
    words = bare(said).split()
    for size in range(len(words), 0, -1):
        for start in range(len(words) - size + 1):
            part = words[start : start + size]
            if len("".join(part)) > 3:
                yield " ".join(part)


def _country(
    said: str, places: Places, countries: Mapping[str, Country], at: datetime
) -> str | None:
    """The zone of a country in which all clocks show the same."""
    code = read_country(said, countries)
    cities = list(places.of_country(code)) if code else []
    offsets = {at.astimezone(ZoneInfo(zone)).utcoffset() for zone in {c.zone for c in cities}}
    return _largest(cities, code) if len(offsets) == 1 else None


def _nearly_city(said: str, places: Places, country: str | None) -> str | None:
    """The most alike city; of equals one in the patient's country, then the largest."""
    name = said.partition(",")[0].strip()
    if len(name) < 4:
        return None
    near = process.extract(
        name, places.cities.keys(), scorer=fuzz.ratio, score_cutoff=_AT_HOME, limit=20
    )
    options = [
        (city, score)
        for known, score, _ in near
        for city in places.cities[known]
        if score >= ENOUGH or _is_in(city, country)
    ]
    ranked = sorted(options, key=lambda o: (_is_in(o[0], country), o[1], o[0].people))
    return ranked[-1][0].zone if ranked else None


def _largest(cities: Sequence[City], country: str | None) -> str | None:
    ranked = sorted(cities, key=lambda city: (_is_in(city, country), city.people))
    return ranked[-1].zone if ranked else None


def _is_in(city: City, country: str | None) -> bool:
    return country is not None and city.country.casefold() == country.casefold()
