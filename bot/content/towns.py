"""The world's towns in a few megabytes: texts that are searched, not objects that are held."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from flows.places import City, Places

_PARTS = b"\0"
_LINE = re.compile(rb"\n")


class _Lines:
    """A text by the numbers of its lines."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._ends = array("I", (found.start() for found in _LINE.finditer(text)))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> bytes:
        start = self._ends[number - 1] + 1 if number else 0
        return self.text[start : self._ends[number]]


class Towns(Mapping[str, tuple[City, ...]]):
    """Towns by each of their folded names; a `City` is made when it is asked for."""

    def __init__(self, names: bytes, numbers: bytes, towns: bytes) -> None:
        self._names, self._numbers, self._towns = _Lines(names), _Lines(numbers), _Lines(towns)

    def __getitem__(self, name: str) -> tuple[City, ...]:
        wanted = name.encode(errors="surrogatepass")
        at = bisect_left(range(len(self._names)), wanted, key=self._names.__getitem__)
        if at == len(self._names) or self._names[at] != wanted:
            raise KeyError(name)
        return tuple(self._town(int(number)) for number in self._numbers[at].split())

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.text.decode().splitlines())

    def __len__(self) -> int:
        return len(self._names)

    def of_country(self, code: str) -> Iterator[City]:
        """The towns of a country, which stand together."""
        wanted = code.encode(errors="surrogatepass")
        at = bisect_left(range(len(self._towns)), wanted, key=self._country)
        while at < len(self._towns) and self._country(at) == wanted:
            yield self._town(at)
            at += 1

    def _country(self, number: int) -> bytes:
        return self._towns[number].partition(b"\t")[0]

    def _town(self, number: int) -> City:
        country, people, zone, name = self._towns[number].decode().split("\t")
        return City(name=name, country=country, people=int(people), zone=zone)


@dataclass(frozen=True, slots=True)
class World(Places):
    """All towns and zones, in the compact form."""

    towns: Towns = field(kw_only=True)

    def of_country(self, code: str) -> Iterator[City]:
        return self.towns.of_country(code.upper())


def pack(named: Iterable[tuple[City, Iterable[str]]], zones: Iterable[str]) -> bytes:
    """Towns with their folded names, and the zones, as bytes for `unpack`."""
    # those of a country together; among them, and under one name, they stay in their order
    towns = sorted(named, key=lambda town: town[0].country)
    numbers: dict[str, list[int]] = {}
    for number, (_, names) in enumerate(towns):
        for name in names:
            numbers.setdefault(name, []).append(number)
    ordered = sorted(numbers, key=str.encode)
    return _PARTS.join(
        (
            _text(ordered),
            _text(" ".join(map(str, numbers[name])) for name in ordered),
            _text(f"{c.country}\t{c.people}\t{c.zone}\t{c.name}" for c, _ in towns),
            _text(sorted(zones)),
        )
    )


def unpack(packed: bytes) -> World:
    """The world that these bytes hold."""
    names, numbers, towns, zones = packed.split(_PARTS)
    found = Towns(names, numbers, towns)
    return World(cities=found, zones=tuple(zones.decode().splitlines()), towns=found)


def _text(lines: Iterable[str]) -> bytes:
    return "".join(chain.from_iterable((line, "\n") for line in lines)).encode()
