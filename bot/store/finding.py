"""Patients found by what somebody remembers of their pseudonyms."""

import re
from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from rapidfuzz import fuzz
from sqlalchemy import select

from bot.store.people import Glance
from bot.store.tables import patients as patients_table
from bot.store.unit import Unit

NEAR = 65
"""Below this likeness, of 100, two names have little in common."""
MOST_WORDS = 4
AS_ONE = 6
"""From so many letters on, they may be two words written as one."""
_WORD = re.compile(r"[^\W_]+")


class Found(NamedTuple):
    """Patients, the nearest first; `sure` if their names hold all that was asked for."""

    patients: tuple[Glance, ...]
    sure: bool


def search(unit: Unit, words: str, limit: int) -> Found:
    """The patients whose pseudonyms hold these words, else those that come near to them."""
    query = select(patients_table.c.id, patients_table.c.pseudonym).order_by(patients_table.c.id)
    names = {row.id: row.pseudonym for row in unit.connection.execute(query)}
    exact = _holding(words, names)
    nearest = (exact or _near(words, names, limit))[:limit]
    return Found(_glances(unit, nearest), sure=bool(exact))


def _holding(words: str, names: Mapping[int, str]) -> list[int]:
    asked = set(_WORD.findall(words.casefold()))
    return [number for number, name in names.items() if asked and asked <= set(name.split("-"))]


def _near(words: str, names: Mapping[int, str], limit: int) -> list[int]:
    asked = _WORD.findall(words.casefold())[:MOST_WORDS]
    parts = {part for name in names.values() for part in name.split("-")}
    likeness = {part: [fuzz.ratio(word, part) for word in asked] for part in parts}
    scored = ((_score(asked, name, likeness), number) for number, name in names.items())
    near = ((score, -number) for score, number in scored if score >= NEAR)
    return [-number for _, number in nlargest(limit, near)]


def _score(asked: Sequence[str], name: str, likeness: Mapping[str, Sequence[float]]) -> float:
    """How like the name is: word by word, or where the words were written as one."""
    if not asked:
        return 0
    best: list[float] = [
        max(each) for each in zip(*(likeness[part] for part in name.split("-")), strict=True)
    ]
    joined = "".join(asked)
    as_one = fuzz.ratio(joined, name.replace("-", "")) if len(joined) >= AS_ONE else 0
    return max(sum(best) / len(best), float(as_one))


def _glances(unit: Unit, numbers: Sequence[int]) -> tuple[Glance, ...]:
    columns = [patients_table.c[name] for name in Glance.__dataclass_fields__]
    query = select(*columns).where(patients_table.c.id.in_(numbers))
    found = {row.id: Glance(*row) for row in unit.connection.execute(query)}
    return tuple(found[number] for number in numbers if number in found)
