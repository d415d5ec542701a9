"""Cards that patients filled in: every version is kept, and the one that holds has no end."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import RowMapping, Update, bindparam, select, update

from bot.keys import Seal
from bot.store.tables import cards
from bot.store.unit import Unit
from flows.state import Kept

_FILE = cards.insert()


@dataclass(frozen=True, slots=True)
class Filed:
    """One version of a card: at which turn it was kept, and when a newer one took its place."""

    card: Kept
    turn: int
    replaced_at: datetime | None = None


def file(unit: Unit, patient_id: int, card: Kept, *, turn: int, replaces: int | None) -> None:
    """Keep a card; the version that it replaces stays as history."""
    if replaces is not None:
        _replace(unit, patient_id, replaces, card.at)
    values = {
        "patient_id": patient_id,
        "number": card.number,
        "turn": turn,
        "card": card.card,
        "flow": card.flow,
        "body": unit.seal_of(patient_id).seal(
            card.model_dump_json(), *_place(patient_id, card.number, turn)
        ),
        "at": card.at,
    }
    unit.later(cards, patient_id, _FILE, values)


def of_patient(unit: Unit, patient_id: int) -> list[Filed]:
    """Every version of every card of a patient, oldest first."""
    seal = unit.seal_of(patient_id)
    query = select(cards).where(cards.c.patient_id == patient_id).order_by(cards.c.id)
    return [_filed(seal, row) for row in unit.connection.execute(query).mappings()]


def _replace(unit: Unit, patient_id: int, number: int, at: datetime) -> None:
    unit.later(cards, patient_id, _replacing(), {"whose": patient_id, "which": number, "then": at})


@cache
def _replacing() -> Update:
    # statements are written once: to write one takes longer than to run it
    holds = (
        cards.c.patient_id == bindparam("whose"),
        cards.c.number == bindparam("which"),
        cards.c.replaced_at.is_(None),
    )
    return update(cards).where(*holds).values(replaced_at=bindparam("then"))


def _filed(seal: Seal, row: RowMapping) -> Filed:
    body = seal.open(row["body"], *_place(row["patient_id"], row["number"], row["turn"]))
    return Filed(Kept.model_validate_json(body), row["turn"], row["replaced_at"])


def _place(patient_id: int, number: int, turn: int) -> tuple[object, ...]:
    return ("cards", "body", patient_id, number, turn)
