"""Each try to reach somebody about an alert: by which way, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, select, update

from bot.store.tables import alert_tries
from bot.store.unit import Unit, add

Channel = Literal["telegram", "group", "mail"]
WAITING, SENT, FAILED = "waiting", "sent", "failed"
BEFORE = -1
"""The hop of an alert that is not on its chain yet, and of a telling in a digest."""
LONGEST_ERROR = 256


@dataclass(frozen=True, slots=True)
class Try:
    """One try: at which hop of the chain, by which channel, whom, and how it ended."""

    id: int
    alert_id: int
    hop: int
    channel: str
    clinician_id: int | None
    post_id: int | None
    mail_id: int | None
    state: str
    at: datetime
    settled_at: datetime | None
    error: str | None


def add_try(
    unit: Unit,
    *,
    alert_id: int,
    hop: int,
    channel: Channel,
    at: datetime,
    clinician_id: int | None = None,
    post_id: int | None = None,
    mail_id: int | None = None,
) -> int:
    """The number of a try that waits to be settled."""
    values = {
        "alert_id": alert_id,
        "hop": hop,
        "channel": channel,
        "clinician_id": clinician_id,
        "post_id": post_id,
        "mail_id": mail_id,
        "state": WAITING,
        "at": at,
    }
    return add(unit, alert_tries, values)


def of_alert(unit: Unit, alert_id: int) -> list[Try]:
    """Every try about an alert, the first one first."""
    return _tries(unit, alert_tries.c.alert_id == alert_id)


def latest_round(unit: Unit, alert_id: int) -> list[Try]:
    """The tries that were made together with the newest one; all of its digests count as one."""
    made = of_alert(unit, alert_id)
    if not made:
        return []
    newest = made[-1]
    same = [each for each in made if each.hop == newest.hop]
    return same if newest.hop == BEFORE else [each for each in same if each.at == newest.at]


def waits(unit: Unit, mail_id: int) -> bool:
    """Whether a try that went with this e-mail has not been settled at all."""
    return bool(_tries(unit, alert_tries.c.mail_id == mail_id, alert_tries.c.state == WAITING))


def settle(
    unit: Unit,
    *,
    post_id: int | None,
    mail_id: int | None,
    ok: bool,
    error: str | None,
    at: datetime,
) -> list[Try]:
    """The tries that went with this post or mail, settled now; a later success is kept too."""
    if post_id is not None:
        this = alert_tries.c.post_id == post_id
    elif mail_id is not None:
        this = alert_tries.c.mail_id == mail_id
    else:
        return []
    unsettled = alert_tries.c.state != SENT
    found = _tries(unit, this, unsettled)
    if found:
        why = error[:LONGEST_ERROR] if error else None
        values = {"state": SENT if ok else FAILED, "settled_at": at, "error": why}
        unit.connection.execute(update(alert_tries).where(this, unsettled).values(values))
    return found


def _tries(unit: Unit, *which: ColumnElement[Any]) -> list[Try]:
    columns = [alert_tries.c[name] for name in Try.__dataclass_fields__]
    query = select(*columns).where(*which).order_by(alert_tries.c.id)
    return [Try(*row) for row in unit.connection.execute(query)]
