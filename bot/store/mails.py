"""E-mail that must go out: kept with what decided it, sent at least once, sealed throughout."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import RowMapping, Select, bindparam, func, select, update

from bot.keys import CannotOpen
from bot.store import claims
from bot.store.moment import Moment
from bot.store.replicas import Replica
from bot.store.tables import alerts, mails
from bot.store.unit import Unit, claiming
from bot.store.unit import add as add_row

Kind = Literal["alert", "operator"]
State = Literal["pending", "sending", "sent", "refused", "dropped"]
LONGEST_ERROR = 256
SETTLED = ("sent", "refused", "dropped")


@dataclass(frozen=True, slots=True)
class NewMail:
    """An e-mail to be sent: why, to which address, and its words."""

    kind: Kind
    address: str
    subject: str
    body: str
    created_at: datetime
    alert_id: int | None = None
    clinician_id: int | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail of the queue, opened."""

    id: int
    kind: Kind
    alert_id: int | None
    clinician_id: int | None
    address: str
    subject: str
    body: str
    attempts: int
    created_at: datetime
    claims: int = 0


@dataclass(frozen=True, slots=True)
class MailResult:
    """What became of an e-mail in that claim; `pending` sends it again, not before that moment."""

    id: int
    state: State
    at: datetime
    attempts: int
    error: str | None = None
    not_before: datetime | None = None
    claims: int = 0


def add(unit: Unit, mail: NewMail) -> int:
    """The number of an e-mail that is kept from now on."""
    unit.calls_for.add("mails")
    seal = unit.seal_for(_patient_of(unit, mail.alert_id), "mails")
    values = {
        "kind": mail.kind,
        "alert_id": mail.alert_id,
        "clinician_id": mail.clinician_id,
        # an address is the team's, whoever the e-mail is about
        "address": unit.vault.site("mails").seal(mail.address, *_place("address", mail.kind)),
        "subject": seal.seal(mail.subject, *_place("subject", mail.kind, mail.alert_id)),
        "body": seal.seal(mail.body, *_place("body", mail.kind, mail.alert_id)),
        "state": "pending",
        "attempts": 0,
        "not_before": mail.created_at,
        "created_at": mail.created_at,
    }
    return add_row(unit, mails, values)


def claim(unit: Unit, now: datetime, limit: int, *, by: int = 0) -> list[Mail]:
    """The oldest e-mails that may go now, marked as being sent by the process of that number."""
    query = _query().where(mails.c.state == "pending", claims.is_due(mails)).limit(limit)
    rows = unit.connection.execute(claiming(query, unit, mails), claims.at(now)).mappings().all()
    found = [mail for row in rows if (mail := _readable(unit, row)) is not None]
    _mark(unit, [mail.id for mail in found], claims.claimed(mails, now, by))
    return [replace(mail, claims=mail.claims + 1) for mail in found]


def settle(unit: Unit, results: Sequence[MailResult]) -> set[int]:
    """Keep what became of claimed e-mails; the numbers of those that were still ours to settle.

    One that was claimed by somebody else meanwhile, or was settled before, is theirs.
    """
    ours = claims.ours(unit, mails, {each.id: each.claims for each in results}, SETTLED)
    statement = (
        update(mails)
        .where(mails.c.id == bindparam("mail"))
        .values(
            state=bindparam("to"),
            attempts=bindparam("tried"),
            error=bindparam("why"),
            sent_at=bindparam("sent"),
            not_before=func.coalesce(bindparam("later", type_=Moment), mails.c.not_before),
        )
    )
    if ours:
        settled = [_settled(each) for each in results if each.id in ours]
        unit.connection.execute(statement, settled)
    return ours


def recover(
    unit: Unit,
    now: datetime,
    lease: timedelta = timedelta(),
    replica: Replica | None = None,
    in_hand: Collection[int] = (),
) -> None:
    """Free what a lost process was sending, or was claimed a lease ago: better twice than lost."""
    stale = claims.is_stale(unit, mails, now, lease, replica, in_hand)
    again = {"state": "pending", "attempts": mails.c.attempts + 1, "not_before": now}
    unit.connection.execute(update(mails).where(mails.c.state == "sending", stale).values(again))


def waiting_about(unit: Unit, alert_id: int | None) -> list[Mail]:
    """The e-mails about this alert, or about none, that have not gone out yet, oldest first."""
    query = _query().where(mails.c.alert_id == alert_id, mails.c.state == "pending")
    rows = unit.connection.execute(query).mappings().all()
    return [mail for row in rows if (mail := _readable(unit, row)) is not None]


def drop(unit: Unit, mail_ids: Collection[int], reason: str) -> None:
    """Let go of e-mails that a later one overtook."""
    _mark(unit, mail_ids, {"state": "dropped", "error": reason})


def counts(unit: Unit) -> dict[str, int]:
    """How many e-mails there are in each state other than sent."""
    query = select(mails.c.state, func.count()).where(mails.c.state != "sent")
    return {state: count for state, count in unit.connection.execute(query.group_by(mails.c.state))}


def oldest(unit: Unit) -> datetime | None:
    """Since when e-mail waits, or None if none waits; what was overtaken since then waited too."""
    waiting = select(func.min(mails.c.created_at)).where(mails.c.state.in_(("pending", "sending")))
    earliest: datetime | None = unit.connection.execute(waiting).scalar_one()
    if earliest is None:
        return None
    last: datetime | None = unit.connection.execute(select(func.max(mails.c.sent_at))).scalar_one()
    overtaken = select(func.min(mails.c.created_at)).where(mails.c.state == "dropped")
    since = overtaken if last is None else overtaken.where(mails.c.created_at > last)
    first: datetime | None = unit.connection.execute(since).scalar_one()
    return earliest if first is None else min(first, earliest)


def _query() -> Select[Any]:
    joined = mails.outerjoin(alerts, alerts.c.id == mails.c.alert_id)
    return select(mails, alerts.c.patient_id).select_from(joined).order_by(mails.c.id)


def _patient_of(unit: Unit, alert_id: int | None) -> int | None:
    query = select(alerts.c.patient_id).where(alerts.c.id == alert_id)
    return unit.connection.execute(query).scalar_one_or_none()


def _readable(unit: Unit, row: RowMapping) -> Mail | None:
    # one that cannot be opened must not stop all the others
    try:
        return _mail(unit, row)
    except CannotOpen:
        _mark(unit, [row["id"]], {"state": "refused", "error": CannotOpen.__name__})
        return None


def _mail(unit: Unit, row: RowMapping) -> Mail:
    seal = unit.seal_for(row["patient_id"], "mails")
    kind, alert_id = row["kind"], row["alert_id"]
    return Mail(
        id=row["id"],
        kind=kind,
        alert_id=alert_id,
        clinician_id=row["clinician_id"],
        address=unit.vault.site("mails").open(row["address"], *_place("address", kind)),
        subject=seal.open(row["subject"], *_place("subject", kind, alert_id)),
        body=seal.open(row["body"], *_place("body", kind, alert_id)),
        attempts=row["attempts"],
        created_at=row["created_at"],
        claims=row["claims"],
    )


def _mark(unit: Unit, ids: Collection[int], values: dict[str, Any]) -> None:
    unit.connection.execute(update(mails).where(mails.c.id.in_(list(ids))).values(values))


def _settled(result: MailResult) -> dict[str, Any]:
    return {
        "mail": result.id,
        "to": result.state,
        "tried": result.attempts,
        "why": result.error[:LONGEST_ERROR] if result.error else None,
        "sent": result.at if result.state == "sent" else None,
        "later": result.not_before,
    }


def _place(column: str, kind: str, alert_id: int | None = None) -> tuple[object, ...]:
    return ("mails", column, kind, alert_id)
