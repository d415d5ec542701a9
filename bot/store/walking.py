"""A page near either end of the table, found by walking there: nobody behind it is looked at."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from bot.store.orders import FAR, Conditions, Part
from bot.store.tables import patients
from bot.store.unit import Unit

MOST_PASSED = 1_000
"""So many are passed while they are looked at: then all who match are worked out."""
AT_ONCE = 100


def walked(
    unit: Unit, parts: Sequence[Part], conditions: Conditions, most: int, *, in_reverse: bool
) -> list[int]:
    """The numbers of the first so many in these parts of whom these hold, or of the last ones."""
    found: list[int] = []
    for part in parts:
        if len(found) < most:
            found += _of_part(unit, part, conditions, most - len(found), in_reverse=in_reverse)
    return found


def _of_part(
    unit: Unit, part: Part, conditions: Conditions, most: int, *, in_reverse: bool
) -> list[int]:
    way = part.way or part
    if way.is_walked:
        far = max(most, min(FAR * most, MOST_PASSED))
        passed = _asked(unit, way.first((), far, in_reverse=in_reverse))
        near = _holding(unit, passed, conditions, most)
        if near is not None and (len(near) == most or len(passed) < far):
            return near
    return _asked(unit, part.first(conditions, most, in_reverse=in_reverse))


def _holding(
    unit: Unit, numbers: Sequence[int], conditions: Conditions, most: int
) -> list[int] | None:
    """The first so many of these of whom these hold; None once it is clear that few of them do."""
    found: list[int] = []
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        query = select(patients.c.id).where(patients.c.id.in_(some), *conditions)
        holding = set(_asked(unit, query))
        found += [number for number in some if number in holding]
        if len(found) >= most:
            return found[:most]
        # to read one's row takes longer than to find it among all who match
        if len(found) * MOST_PASSED < most * (start + AT_ONCE):
            return None
    return found


def _asked(unit: Unit, query: Select[int]) -> list[int]:
    return list(unit.connection.execute(query).scalars())
