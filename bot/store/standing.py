"""Who is of the team and in which role, sealed with the name, so that nobody is raised keyless.

The role, and whether somebody has left, stand in columns too, to be looked for by; whoever's
columns say something else is not of the team. Nothing else writes these columns.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select, update

from bot.keys import CannotOpen, Vault
from bot.store.bonds import parts
from bot.store.tables import clinicians
from bot.store.unit import Unit


class Standing(NamedTuple):
    """Who a member of the team is, and whether they have left it."""

    name: str
    role: str
    has_left: bool

    def fits(self, row: Row[Any]) -> bool:
        """Whether the row's columns say the same."""
        return (self.role, self.has_left) == (row.role, row.disabled_at is not None)


def standing_of(vault: Vault, row: Row[Any]) -> Standing:
    """What was sealed for this member of the team, whatever the columns say; or CannotOpen."""
    opened = vault.site("clinicians").open(row.name, "clinicians", "name", row.id)
    match parts(opened):
        case [str(name), str(role), bool(has_left)]:
            return Standing(name, role, has_left)
        case _:
            raise CannotOpen


def appoint(unit: Unit, clinician_id: int, *, name: str, role: str, at: datetime) -> None:
    """They are of the team from that moment on, by this name and in this role."""
    _keep(unit, clinician_id, Standing(name, role, False), {"joined_at": at, "disabled_at": None})


def dismiss(unit: Unit, clinician_id: int, at: datetime) -> bool:
    """Whether they were of the team, and have left it from now on."""
    row = _locked(unit, clinician_id)
    if row is None or row.disabled_at is not None:
        return False
    standing = standing_of(unit.vault, row)._replace(has_left=True)
    _keep(unit, clinician_id, standing, {"disabled_at": at})
    return True


def rename(unit: Unit, clinician_id: int, name: str) -> None:
    """They have this name from now on, and stay who they are."""
    row = _locked(unit, clinician_id)
    if row is not None:
        _keep(unit, clinician_id, standing_of(unit.vault, row)._replace(name=name), {})


def forged_members(unit: Unit) -> list[int]:
    """The members of the team, those who left included, whose row is not what was sealed."""
    rows = unit.connection.execute(select(clinicians).order_by(clinicians.c.id))
    return [row.id for row in rows if not is_sound(unit.vault, row)]


def is_sound(vault: Vault, row: Row[Any]) -> bool:
    """Whether a member's row is what was sealed."""
    try:
        return standing_of(vault, row).fits(row)
    except CannotOpen:
        return False


def _locked(unit: Unit, clinician_id: int) -> Row[Any] | None:
    query = select(clinicians).where(clinicians.c.id == clinician_id)
    return unit.connection.execute(query.with_for_update() if unit.locks else query).one_or_none()


def _keep(unit: Unit, clinician_id: int, standing: Standing, more: dict[str, Any]) -> None:
    blob = unit.vault.site("clinicians").seal(
        json.dumps(standing), "clinicians", "name", clinician_id
    )
    values = {"name": blob, "role": standing.role, **more}
    unit.connection.execute(
        update(clinicians).where(clinicians.c.id == clinician_id).values(values)
    )
