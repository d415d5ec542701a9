"""Who writes with a patient in the program's place, and the clock of their silence."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Update, and_, func, or_, select, update

from bot.store.tables import patients
from bot.store.unit import Unit, claiming


@dataclass(frozen=True, slots=True)
class Taken:
    """A conversation that a clinician took over: when they last wrote, or took it over."""

    patient_id: int
    clinician_id: int
    word_at: datetime | None


def take(unit: Unit, patient_id: int, clinician_id: int, *, at: datetime, due_at: datetime) -> None:
    """Keep who writes with the patient from now on; their clock begins."""
    values = {"taken_by": clinician_id, "taken_word_at": at, "taken_due_at": due_at}
    unit.connection.execute(_patient(patient_id).values(values))


def give_back(unit: Unit, patient_id: int) -> None:
    """Keep that the program speaks with the patient."""
    nobody = {"taken_by": None, "taken_word_at": None, "taken_due_at": None}
    unit.connection.execute(_patient(patient_id).values(nobody))


def spoke(
    unit: Unit, patient_id: int, clinician_id: int, *, at: datetime, due_at: datetime
) -> None:
    """Begin the clock anew if it is this clinician who took the conversation over."""
    theirs = _patient(patient_id).where(patients.c.taken_by == clinician_id)
    unit.connection.execute(theirs.values(taken_word_at=at, taken_due_at=due_at))


def postpone(unit: Unit, patient_id: int, due_at: datetime) -> None:
    """Keep when the silence is looked at next."""
    unit.connection.execute(_patient(patient_id).values(taken_due_at=due_at))


def due(unit: Unit, now: datetime) -> list[int]:
    """The patients with whom a clinician is silent for so long that something must follow."""
    query = select(patients.c.id).where(is_due(now)).order_by(patients.c.taken_due_at)
    return list(unit.connection.execute(query).scalars())


def take_due(unit: Unit, patient_id: int, now: datetime) -> Taken | None:
    """The conversation, locked if shared, if it is still due; None if somebody saw to it."""
    columns = patients.c.id, patients.c.taken_by, patients.c.taken_word_at
    query = select(*columns).where(patients.c.id == patient_id, is_due(now))
    row = unit.connection.execute(claiming(query, unit, patients)).one_or_none()
    return None if row is None else Taken(*row)


def next_due(unit: Unit) -> datetime | None:
    """When the next silence is looked at, or None if nobody has taken over."""
    query = select(func.min(patients.c.taken_due_at)).where(patients.c.taken_by.is_not(None))
    earliest: datetime | None = unit.connection.execute(query).scalar_one()
    return earliest


def of_clinician(unit: Unit, clinician_id: int) -> list[Taken]:
    """The conversations that this clinician has taken over."""
    columns = patients.c.id, patients.c.taken_by, patients.c.taken_word_at
    query = select(*columns).where(patients.c.taken_by == clinician_id).order_by(patients.c.id)
    return [Taken(*row) for row in unit.connection.execute(query)]


def _patient(patient_id: int) -> Update:
    return update(patients).where(patients.c.id == patient_id)


def is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a clinician who took over has been silent for so long by that moment."""
    # without a clock, as an earlier version left it, it is due at once
    ran_out = or_(patients.c.taken_due_at <= now, patients.c.taken_due_at.is_(None))
    return and_(patients.c.taken_by.is_not(None), ran_out)
