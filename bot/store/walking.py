"""A page near either end of the table, found by walking there: nobody behind it is looked at."""

from collections.abc import Sequence, Set
from typing import NamedTuple

from sqlalchemy import select

from bot.store.orders import Conditions, Numbers, Part
from bot.store.tables import patients
from bot.store.unit import Unit
from bot.store.wants import Crowd
from bot.store.whole import numbers

MOST_PASSED = 2_000
"""So many are passed while they are looked at: then all who match are worked out."""

AT_FIRST = 2
"""So many times more are passed at first than are wanted."""

FURTHER = 5
"""So many times further it goes each time."""


class Match(NamedTuple):
    """How many match, and what holds of them: in words for everybody, and in words for a few.

    `crowd` are the same, to be gone through in step; `numbers` are all of them, where those were
    read. `is_few` if they are known by their numbers in words, too; `is_many` if the next one is
    never far.
    """

    total: int = 0
    all: Conditions = ()
    each: Conditions = ()
    crowd: Crowd | None = None
    numbers: Set[int] | None = None
    is_few: bool = False
    is_many: bool = False


def walked(
    unit: Unit, parts: Sequence[Part], match: Match, most: int, *, in_reverse: bool
) -> list[int]:
    """The numbers of the first so many in these parts who match, or of the last ones."""
    found: list[int] = []
    for part in parts:
        if len(found) < most:
            found += _of_part(unit, part, match, most - len(found), in_reverse=in_reverse)
    return found


def _of_part(unit: Unit, part: Part, match: Match, most: int, *, in_reverse: bool) -> list[int]:
    if match.numbers is not None:
        return _of_known(unit, part, match.numbers, most, in_reverse=in_reverse)
    way = part.way or part
    if way.is_walked and not match.is_few:
        near = _walked_to(unit, way, match, most, in_reverse=in_reverse)
        if near is not None:
            return near
    # whoever is walked to and was not found is far
    is_near = match.is_many and not way.is_walked
    conditions = match.each if is_near else match.all
    return _asked(unit, part.first(conditions, most, in_reverse=in_reverse, crowd=match.crowd))


def _of_known(unit: Unit, part: Part, known: Set[int], most: int, *, in_reverse: bool) -> list[int]:
    """The first so many of these numbers; nothing is asked about whoever is passed."""
    if part.without is not None:
        others = set(known)
        others.difference_update(numbers(unit, part.without))
        return sorted(others, reverse=in_reverse)[:most]
    found: list[int] = []
    looked, far = 0, AT_FIRST * FURTHER * most
    while True:
        # the way there looks each of them up
        way = part if part.way is None or far > MOST_PASSED else part.way
        passed = _asked(unit, way.first((), far, in_reverse=in_reverse))
        found += [number for number in passed[looked:] if number in known]
        looked = len(passed)
        if len(found) >= most or looked < far:
            return found[:most]
        far *= FURTHER


def _walked_to(
    unit: Unit, way: Part, match: Match, most: int, *, in_reverse: bool
) -> list[int] | None:
    """The first so many of those who match; None once it is clear that few of them do."""
    found: list[int] = []
    looked, far = 0, AT_FIRST * most
    while True:
        passed = _asked(unit, way.first((), far, in_reverse=in_reverse))
        found += _holding(unit, passed[looked:], match)
        looked = len(passed)
        if len(found) >= most or looked < far:
            return found[:most]
        # to read one's row takes longer than to find it among all who match
        if far >= MOST_PASSED or len(found) * MOST_PASSED < most * looked:
            return None
        far *= FURTHER


def _holding(unit: Unit, numbers: Sequence[int], match: Match) -> list[int]:
    """Those of these who match, in the same order."""
    query = select(patients.c.id).where(patients.c.id.in_(numbers), *match.each)
    holding = set(_asked(unit, query))
    return [number for number in numbers if number in holding]


def _asked(unit: Unit, query: Numbers) -> list[int]:
    return list(unit.connection.execute(query).scalars())
