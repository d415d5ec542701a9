"""Times in which what people wrote may have been lost, and who has yet to be told of each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, literal, or_, select, update

from bot.store.tables import alerts, contacts, gaps, inbox, patients
from bot.store.unit import Unit, add
from bot.store.wants import is_open

Kind = Literal["silence", "restore"]
"""Telegram was not heard for longer than it keeps messages, or a backup was put back."""

GONE = ("withdrawn", "finished")
SOURCE: Literal["clock"] = "clock"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which nobody knows what was written in it; `told_at` when all were told."""

    id: int
    kind: Kind
    since_at: datetime
    until_at: datetime
    found_at: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Untold:
    """A patient who has yet to hear of a gap."""

    patient_id: int
    lookup: str


def find(unit: Unit, kind: Kind, since: datetime, until: datetime, at: datetime) -> Gap:
    """A new gap, of which nobody was told yet."""
    values = {"kind": kind, "since_at": since, "until_at": until, "found_at": at}
    return Gap(add(unit, gaps, values), kind, since, until, at, None)


def open_gaps(unit: Unit) -> list[Gap]:
    """The gaps of which somebody may still have to be told, the oldest first."""
    return _gaps(unit, is_open_gap())


def is_open_gap() -> ColumnElement[bool]:
    """Whether somebody may still have to be told of a gap."""
    return gaps.c.told_at.is_(None)


def since(unit: Unit, moment: datetime) -> list[Gap]:
    """The gaps that were found since that moment, the oldest first."""
    return _gaps(unit, gaps.c.found_at >= moment)


def close(unit: Unit, gap_id: int, at: datetime) -> None:
    """Keep that everybody was told of the gap."""
    unit.connection.execute(update(gaps).where(gaps.c.id == gap_id), {"told_at": at})


def name_of(gap_id: int, patient_id: int | str) -> str:
    """Under which name a patient's word about the gap comes in: no second one does."""
    return f"away:{gap_id}:{patient_id}"


def untold(unit: Unit, gap: Gap, *, asleep: Collection[str | None], limit: int) -> list[Untold]:
    """Some who are to be told now: whoever is awake, or has an open alert and cannot wait.

    `asleep` are the time zones in which it is night; None stands for those of unknown zone.
    """
    query = select(patients.c.id, contacts.c.lookup).select_from(
        patients.join(contacts, contacts.c.patient_id == patients.c.id)
    )
    wanted = query.where(_is_to_be_told(gap), or_(_is_awake(asleep), _is_in_need()))
    found = unit.connection.execute(wanted.order_by(patients.c.id).limit(limit))
    return [Untold(*row) for row in found]


def left(unit: Unit, gap: Gap) -> int:
    """How many have yet to be told, asleep or not."""
    together = patients.join(contacts, contacts.c.patient_id == patients.c.id)
    query = select(func.count()).select_from(together).where(_is_to_be_told(gap))
    return int(unit.connection.execute(query).scalar_one())


def zones(unit: Unit) -> list[str | None]:
    """Every time zone that a patient lives in; None where it is not known."""
    return list(unit.connection.execute(select(patients.c.zone).distinct()).scalars())


def _gaps(unit: Unit, wanted: ColumnElement[bool]) -> list[Gap]:
    query = select(gaps).where(wanted).order_by(gaps.c.id)
    return [Gap(**row) for row in unit.connection.execute(query).mappings()]


def _is_to_be_told(gap: Gap) -> ColumnElement[bool]:
    name = literal(name_of(gap.id, "")).concat(cast(patients.c.id, String))
    was_told = exists().where(inbox.c.source == SOURCE, inbox.c.external_id == name)
    return and_(
        patients.c.phase.not_in(GONE),
        patients.c.reachable,
        # who came later has lost nothing
        patients.c.created_at < gap.until_at,
        ~was_told,
    )


def _is_awake(asleep: Collection[str | None]) -> ColumnElement[bool]:
    named = [zone for zone in asleep if zone is not None]
    unknown = patients.c.zone.is_(None)
    is_elsewhere = and_(~unknown, patients.c.zone.not_in(named))
    return is_elsewhere if None in asleep else or_(unknown, is_elsewhere)


def _is_in_need() -> ColumnElement[bool]:
    return exists().where(alerts.c.patient_id == patients.c.id, is_open())
