"""Today: what is open, who is waited for, who has fallen behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from starlette.routing import Route

from bot.clinic.answers import Answer, Listed, Missing, Shown, Went
from bot.clinic.frame import HOME, ROOT, Frame
from bot.clinic.visit import Visit
from bot.service import calls as calling
from bot.service import team
from bot.service.reasons import Reason
from bot.store import alerts, audit, calls, gaps, roster, today
from bot.store.gaps import Gap
from bot.store.today import OpenAlert
from bot.store.wants import TIERS, Wanted
from flows.escalation import UNTAKEN

MOST_ALERTS = 100
MOST_WAITING = 50
MOST_OFF_TRACK = 10
GAP_DAYS = timedelta(days=7)
"""So long the page says that messages may be lost."""


@dataclass(frozen=True, slots=True)
class Row:
    """An open alert as a row of the table."""

    id: int
    tier: str
    title: str
    pseudonym: str
    raised_at: datetime
    fired_count: int
    standing: str
    is_taken: bool
    deadline_at: datetime | None
    next: str


def routes(frame: Frame) -> list[Route]:
    """The page of the day."""
    return [frame.page(HOME, view), frame.act(f"{ROOT}/calls/{{call}}/settle", settle)]


def view(visit: Visit) -> Answer:
    """Open alerts, calls, unread words and who is off track, as far as they concern one."""
    own = None if visit.is_lead else visit.clinician.id
    names = {each.id: each.name for each in team.care_team(visit.unit)}
    start, end = day_of(visit)
    counts = alerts.open_counts(visit.unit)
    open_ = today.open_alerts(visit.unit, MOST_ALERTS)
    off_track = Wanted(open_to=own, off_track=True, sort="seen")
    behind = roster.page(visit.unit, off_track, (), at=visit.at, most=MOST_OFF_TRACK)
    booked = today.calls_between(visit.unit, start, end, own)
    over = today.unsettled(visit.unit, own)
    unread = today.unread(visit.unit, MOST_WAITING, open_to=own, at=visit.at)
    seen = {each.patient_id for each in open_} | {each.patient_id for each in unread}
    seen |= {each.patient_id for each in (*booked, *over)} | {each.id for each in behind.lines}
    return Shown(
        "today.html",
        {
            "rows": [row(each, names) for each in open_],
            "gap": last_gap(visit),
            "counts": [(tier, counts.get(tier, 0)) for tier in TIERS],
            "total": sum(counts.values()),
            "calls": booked,
            "over": over,
            "names": names,
            "unread": unread,
            "behind": behind.lines,
            "behind_total": behind.total,
            "off_track": OFF_TRACK,
            "outcomes": OUTCOMES,
        },
        listed=Listed("open-today", frozenset(seen)),
    )


def last_gap(visit: Visit) -> Gap | None:
    """The last time in which what patients wrote may have been lost, if it was of late."""
    found = gaps.since(visit.unit, visit.at - GAP_DAYS)
    return found[-1] if found else None


def settle(visit: Visit) -> Answer:
    """What became of a call is kept: it took place, or nobody came."""
    call, outcome = calls.get(visit.unit, visit.part("call")), visit.field("outcome")
    if call is None or outcome not in OUTCOMES:
        raise Missing
    if call.clinician_id != visit.clinician.id:
        visit.needs(call.patient_id)
    if call.state != "over":
        return Went(HOME, "call-settled-not")
    calling.settle(visit.unit, call, outcome, visit.clinician, at=visit.at)
    audit.note(
        visit.unit,
        at=visit.at,
        clinician_id=visit.clinician.id,
        act="settle-call",
        patient_id=call.patient_id,
        subject=f"call {call.id}",
    )
    return Went(HOME, "call-settled")


OUTCOMES = {"done": "It took place", "no-show": "Nobody came"}
"""What a call may have come to, and what its button says."""

OFF_TRACK = {
    "lesson": "a lesson has waited for a week",
    "reminders": "reminders stay unanswered",
    "questions": "questions are overdue",
    "silent": "not heard of for a week",
}
"""Why somebody is off track, in words."""


def row(alert: OpenAlert, names: dict[int, str]) -> Row:
    """The alert as a row: whose it is, and what its clock runs to."""
    is_taken = alert.state not in UNTAKEN
    return Row(
        id=alert.id,
        tier=alert.tier,
        title=Reason.model_validate_json(alert.facts).title,
        pseudonym=alert.pseudonym,
        raised_at=alert.raised_at,
        fired_count=alert.fired_count,
        standing=standing(alert.state, names.get(alert.taken_by or 0, "somebody")),
        is_taken=is_taken,
        deadline_at=alert.deadline_at,
        next=NEXT.get(alert.state, "next person"),
    )


NEXT = {"taken": "to be acted on", "acted": "to be closed"}
"""What an alert's clock runs to; before it is taken, the next person is told."""


def standing(state: str, name: str) -> str:
    """How the alert stands, in words."""
    words = {
        "raised": "Nobody was told yet",
        "told": "Not taken",
        "seen": "Seen, not taken",
        "taken": f"{name} has it",
        "acted": f"{name} is acting on it",
        "closed": "Closed",
    }
    return words.get(state, state)


def day_of(visit: Visit) -> tuple[datetime, datetime]:
    """The first moment of the clinician's day, and the first of the next."""
    date = visit.at.astimezone(visit.zone).date()
    first = datetime.combine(date, time(), visit.zone)
    return first, datetime.combine(date + timedelta(days=1), time(), visit.zone)
