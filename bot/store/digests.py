"""The digests: when each clinician's is due, and what its alerts become, thousands at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from bot.store.alerts import RAISED, Alert
from bot.store.tables import alert_moves, alert_tries, alerts, clinicians
from bot.store.tries import BEFORE, WAITING
from bot.store.unit import Unit
from bot.store.wants import is_open

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """At which hour of whose clock a clinician reads their digest, and when the next one is due."""

    clinician_id: int
    hour: int | None
    zone: str | None
    due_at: datetime | None


def plans(unit: Unit) -> list[Plan]:
    """The plan of everyone who is in the team."""
    table = clinicians.c
    columns = table.id, table.digest_hour, table.zone, table.digest_at
    query = select(*columns).where(table.disabled_at.is_(None)).order_by(table.id)
    return [Plan(*row) for row in unit.connection.execute(query)]


def plan(unit: Unit, clinician_id: int, due_at: datetime) -> None:
    """Keep when a clinician's next digest is due."""
    this = update(clinicians).where(clinicians.c.id == clinician_id)
    unit.connection.execute(this.values(digest_at=due_at))


def next_due(unit: Unit) -> datetime | None:
    """When the next digest is due, or None while no alert is open."""
    any_open = select(alerts.c.id).where(is_open()).exists()
    query = select(func.min(clinicians.c.digest_at)).where(clinicians.c.disabled_at.is_(None))
    earliest: datetime | None = unit.connection.execute(query.where(any_open)).scalar_one()
    return earliest


def heard(unit: Unit, clinician_id: int) -> set[int]:
    """The open alerts of which this clinician has been told, or was to be."""
    told = select(alert_tries.c.alert_id).join(alerts, alerts.c.id == alert_tries.c.alert_id)
    mine = told.where(is_open(), alert_tries.c.clinician_id == clinician_id)
    return set(unit.connection.execute(mine).scalars())


def keep_tries(
    unit: Unit, alert_ids: Iterable[int], clinician_id: int, post_id: int, at: datetime
) -> None:
    """Keep that this post tells the clinician of these alerts."""
    same = {"clinician_id": clinician_id, "post_id": post_id, "at": at}
    rows = [
        {"alert_id": each, "hop": BEFORE, "channel": "telegram", "state": WAITING, **same}
        for each in alert_ids
    ]
    if rows:
        unit.connection.execute(alert_tries.insert(), rows)


def tell(unit: Unit, found: Sequence[Alert], state: str, at: datetime) -> None:
    """Those of these alerts that nobody was told of were told now, and are in that state."""
    raised = {each.id: each for each in found if each.state == RAISED}
    values = {"state": state, "told_count": alerts.c.told_count + 1}
    for some in _batches(raised):
        # as they are now: another process may have moved one of them
        these = alerts.c.id.in_(some), alerts.c.state == RAISED
        told = update(alerts).where(*these).values(values).returning(alerts.c.id)
        moved = sorted(unit.connection.execute(told).scalars())
        begun = _begun(unit, moved)
        rows = [_move(each, at, begun.get(each, raised[each].raised_at)) for each in moved]
        if rows:
            unit.connection.execute(alert_moves.insert(), rows)


def _begun(unit: Unit, alert_ids: Sequence[int]) -> dict[int, datetime]:
    """When those of these alerts began anew that had fired again."""
    move = alert_moves.c
    query = select(move.alert_id, func.max(move.at)).where(
        move.alert_id.in_(alert_ids), move.move == "fire"
    )
    rows = unit.connection.execute(query.group_by(move.alert_id))
    return {alert_id: at for alert_id, at in rows}


def _move(alert_id: int, at: datetime, begun: datetime) -> dict[str, object]:
    # a clock that was set back must not make it less than nothing
    since = max(0, int((at - begun).total_seconds()))
    return {"alert_id": alert_id, "move": "tell", "at": at, "since_raised": since}


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    every = list(ids)
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))
