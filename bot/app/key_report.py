"""How the state of the keys is said: what is under which, and what ends when an old one goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.service.rekeying import KeyReport


def key_lines(found: KeyReport) -> Iterator[str]:
    """A line for each key, and for each thing to know before an old one is taken away."""
    for name in found.uses.rows:
        yield _of_key(found, name)
    if found.uses.unreadable:
        yield f"keys: {found.uses.unreadable} rows open with no key of SECRET_KEYS"
    for number, names in found.elsewhere.items():
        yield f"keys: process {number} seals with {names[0]}: it has another order of the keys"
    if len(found.uses.rows) > 1:
        yield _ends(found)


def _of_key(found: KeyReport, name: str) -> str:
    left = _counted(found.left(name))
    if name == found.first:
        return f"key {name}: seals; under it: {left or 'nothing yet'}"
    if left:
        return f"key {name}: still under it: {left}; run `paceful keys rotate`"
    return f"key {name}: nothing is under it: it may be taken out of SECRET_KEYS"


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {table}" for table, number in sorted(rows.items()))


def _ends(found: KeyReport) -> str:
    codes, until = found.uses.invitations, found.uses.invitations_until
    last = f" (the last runs out on {until:%Y-%m-%d})" if until else ""
    return (
        f"when the old keys go: {codes} unused codes end{last}, links to the page end, and whoever"
        " is signed in signs in anew; backups made before need their key to be restored"
    )
