"""Many numbers are read as one value, and come back as they were."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, union_all

from bot.store.people import Patient
from bot.store.store import Store
from bot.store.tables import patients
from bot.store.whole import numbers


def test_all_are_read_each_as_often_as_it_is_found(
    store: Store, enrol: Callable[..., Patient]
) -> None:
    """Numbers, and none of them lost; where there is nobody, none."""
    found = [enrol(name).id for name in ("ann", "bob", "cat")]
    everybody, nobody = select(patients.c.id), select(patients.c.id).where(patients.c.id < 0)

    assert sorted(store.read_now(numbers, everybody)) == found
    assert sorted(store.read_now(numbers, union_all(everybody, everybody))) == sorted(found * 2)
    assert store.read_now(numbers, nobody) == []
