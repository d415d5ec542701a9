"""The places a patient may name to say what time it is where they are."""

from __future__ import annotations

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

    cities: dict[str, tuple[City, ...]] = field(default_factory=dict)
    zones: tuple[str, ...] = ()
