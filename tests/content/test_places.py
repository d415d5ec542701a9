"""Patients name the town they are in; its time zone follows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.content.places import SMALLEST, places
from flows.folding import fold


@pytest.mark.parametrize(
    ("typed", "country", "zone"),
    [
        ("Toronto", "CA", "America/Toronto"),
        ("Montréal", "CA", "America/Toronto"),
        ("montreal", "CA", "America/Toronto"),
        ("st. john's", "CA", "America/St_Johns"),
        ("st johns", "CA", "America/St_Johns"),
        ("Regina", "CA", "America/Regina"),
        ("München", "DE", "Europe/Berlin"),
        ("munchen", "DE", "Europe/Berlin"),
        ("Munich", "DE", "Europe/Berlin"),
        ("NYC", "US", "America/New_York"),
        ("LONDON", "GB", "Europe/London"),
        ("Sao Paulo", "BR", "America/Sao_Paulo"),
        ("Kolobrzeg", "PL", "Europe/Warsaw"),
        ("Kathmandu", "NP", "Asia/Kathmandu"),
    ],
)
def test_a_town_is_known_by_the_names_people_type(typed: str, country: str, zone: str) -> None:
    """With or without accents, dots and capitals, in its own language or in English."""
    found = {(city.country, city.zone) for city in places().cities[fold(typed)]}

    assert (country, zone) in found


def test_every_town_has_a_zone_that_exists() -> None:
    """No town leads to a time that cannot be told."""
    zones = {city.zone for cities in places().cities.values() for city in cities}

    assert zones <= set(places().zones)
    assert all(ZoneInfo(zone) for zone in zones)


def test_only_towns_of_some_size_are_kept() -> None:
    """A short list loads quickly; smaller places answer with a town nearby."""
    towns = {city for cities in places().cities.values() for city in cities}

    assert len(towns) > 25_000
    assert sum(town.people >= SMALLEST for town in towns) > 25_000


def test_the_world_is_loaded_once() -> None:
    """Asking again gives the same places."""
    assert places() is places()
