"""Which keys the rows of this database are under: each is kept by name, and none may be missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import DBAPIError

from bot.keys import Vault
from bot.store import engine, marks
from bot.store.errors import BadDatabase
from bot.store.tables import replicas
from bot.store.unit import Unit

MARK = "keys"
# any number will do, as long as every process uses the same
_KEYS = 4_121_912

FOREIGN = "SECRET_KEYS are not the keys of this database: put back the one that it was made with"
MISSING = (
    "The key {names} is missing from SECRET_KEYS, and rows are still under it: put it back behind"
    " the others, and run `paceful keys rotate` before you take it away"
)
UNKNOWN_THERE = (
    "Process {number} on this database lacks the key {name}: put it behind the others in"
    " SECRET_KEYS of every process first, and restart them all"
)


def check_database(url: str, vault: Vault) -> None:
    """Nothing, or BadDatabase if a key of it is missing; nothing is written, whatever is there."""
    file = engine.file_of(url)
    if file is not None and (not file.exists() or not file.stat().st_size):
        return
    source = engine.reading(url, 1)
    try:
        with source.begin() as connection:
            if inspect(connection).has_table("marks"):
                check(Unit(connection, vault))
    except DBAPIError:
        return  # whoever opens it for work says what is wrong with it
    finally:
        source.dispose()


def check(unit: Unit) -> None:
    """Nothing, or BadDatabase if rows may be under a key that is not among ours."""
    needed, ours = _needed(unit), _ours(unit.vault)
    if not needed or set(needed) <= set(ours):
        return
    if not set(needed) & set(ours):
        raise BadDatabase(FOREIGN)
    names = " ".join(each.partition(":")[0] for each in needed if each not in ours)
    raise BadDatabase(MISSING.format(names=names))


def take_up(unit: Unit) -> None:
    """The first key is among those that rows may be under, from now on; or BadDatabase."""
    lock(unit)
    check(unit)
    needed, ours = _needed(unit), _ours(unit.vault)
    whole = needed if ours[0] in needed else [ours[0], *needed]
    if " ".join(whole) != marks.get(unit, MARK):
        _keep(unit, whole)


def check_processes(connection: Connection, numbers: Collection[int], vault: Vault) -> None:
    """Nothing, or BadDatabase if one of these processes lacks the key that this one seals with."""
    for number, names in of_processes(connection, numbers).items():
        if names and vault.names[0] not in names:
            raise BadDatabase(UNKNOWN_THERE.format(number=number, name=vault.names[0]))


def of_processes(connection: Connection, numbers: Collection[int]) -> dict[int, list[str]]:
    """The names of the keys of each of these processes, the one that seals first."""
    query = select(replicas.c.id, replicas.c.key_names).where(replicas.c.id.in_(list(numbers)))
    return {number: (names or "").split() for number, names in connection.execute(query)}


def written(vault: Vault) -> str:
    """The names of these keys, as a process leaves them with the others."""
    return " ".join(vault.names)


def retire(unit: Unit, names: Sequence[str]) -> None:
    """No row is under the keys of these names any more: the database does without them."""
    lock(unit)
    ours = _ours(unit.vault)
    _keep(unit, [each for each in ours if each.partition(":")[0] not in names])


def lock(unit: Unit) -> None:
    """No other process changes which keys are needed until this transaction ends."""
    if unit.locks:
        unit.connection.execute(select(func.pg_advisory_xact_lock(_KEYS)))


def _keep(unit: Unit, keys: Sequence[str]) -> None:
    marks.set(unit, MARK, " ".join(keys))


def _needed(unit: Unit) -> list[str]:
    """The name and proof of each key that rows may be under."""
    kept, ours = (marks.get(unit, MARK) or "").split(), _ours(unit.vault)
    if len(kept) != 1 or ":" in kept[0]:
        return kept
    # a version before this one kept the proof of its last key alone, whichever sealed
    return list(ours) if any(each.endswith(kept[0]) for each in ours) else [f"?:{kept[0]}"]


def _ours(vault: Vault) -> list[str]:
    proofs = vault.lookups("marks", "keys")
    return [f"{name}:{proof}" for name, proof in zip(vault.names, proofs, strict=True)]
