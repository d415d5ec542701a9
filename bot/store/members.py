"""The team as a lead sees it: everyone who ever joined, and what one who leaves has to hand on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from bot.store.tables import alerts, caseloads, clinicians, patients, shifts, swaps
from bot.store.unit import Unit
from bot.store.wants import is_open


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who joined the team; `disabled_at` if they are no longer in it."""

    id: int
    name: str
    role: str
    joined_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Burden:
    """What a member has in hand, for others to take over when they leave."""

    patients: tuple[str, ...]
    shifts: int
    swaps: int
    alerts: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hand on."""
        return not (self.patients or self.shifts or self.swaps or self.alerts)


def everyone(unit: Unit) -> list[Member]:
    """Everyone who ever joined, in the order in which they did."""
    seal = unit.vault.site("clinicians")
    return [
        Member(
            row.id,
            seal.open(row.name, "clinicians", "name", row.id),
            row.role,
            row.joined_at,
            row.disabled_at,
        )
        for row in unit.connection.execute(select(clinicians).order_by(clinicians.c.id))
    ]


def disable(unit: Unit, clinician_id: int, at: datetime) -> bool:
    """Whether the member was in the team, and is no longer from now on."""
    there = clinicians.c.id == clinician_id, clinicians.c.disabled_at.is_(None)
    gone = update(clinicians).where(*there).values(disabled_at=at)
    return unit.connection.execute(gone).rowcount > 0


def burden(unit: Unit, clinician_id: int, at: datetime) -> Burden:
    """What that member has in hand."""
    own = (
        select(patients.c.pseudonym)
        .join(caseloads, caseloads.c.patient_id == patients.c.id)
        .where(caseloads.c.clinician_id == clinician_id, caseloads.c.until_at.is_(None))
        .order_by(patients.c.pseudonym)
        .distinct()
    )
    taken = select(alerts.c.id).where(is_open(), alerts.c.taken_by == clinician_id)
    on = select(func.count()).select_from(shifts).where(shifts.c.clinician_id == clinician_id)
    stands_in = (
        select(func.count())
        .select_from(swaps)
        .where(
            swaps.c.clinician_id == clinician_id,
            swaps.c.until_at > at,
            swaps.c.removed_at.is_(None),
        )
    )
    run = unit.connection.execute
    return Burden(
        tuple(run(own).scalars()),
        int(run(on).scalar_one()),
        int(run(stands_in).scalar_one()),
        tuple(run(taken.order_by(alerts.c.id)).scalars()),
    )


def patient_named(unit: Unit, pseudonym: str) -> int | None:
    """The number of the patient with just this pseudonym, or None."""
    query = select(patients.c.id).where(patients.c.pseudonym == pseudonym)
    found: int | None = unit.connection.execute(query).scalar_one_or_none()
    return found
