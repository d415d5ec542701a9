"""An alert: why it was raised, everything that was done about it, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.routing import Route

from bot.clinic.answers import Answer, Missing, Shown, Unfit, Went
from bot.clinic.frame import HOME, ROOT, Frame
from bot.clinic.looks import keep_look
from bot.clinic.times import span
from bot.clinic.today import NEXT, standing
from bot.clinic.visit import Visit
from bot.service import alerts as alerting
from bot.service.explaining import explain
from bot.store import alerts, audit, members, tries
from bot.store.alerts import Alert, Move
from bot.store.tries import Try
from flows.escalation import UNTAKEN

ALERT = f"{ROOT}/alerts/{{alert}}"
MOST_NOTE = 2000
NEEDS_NOTE = ("other", "no-contact")
"""Outcomes that say too little alone."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of what happened: when, how long after the alert, what, and to whom or by whom."""

    at: datetime
    after: str
    words: str
    who: str
    more: str = ""


def routes(frame: Frame) -> list[Route]:
    """The alert and its moves."""
    return [
        frame.page(ALERT, view, writes=True),
        frame.act(f"{ALERT}/take", take),
        frame.act(f"{ALERT}/relieve", relieve),
        frame.act(f"{ALERT}/act", act),
        frame.act(f"{ALERT}/close", close),
    ]


def view(visit: Visit) -> Answer:
    """The alert; that somebody of the team has seen it is kept."""
    alert = _alert(visit)
    keep_look(visit, alert.patient_id, "open-alert", _named(alert))
    if alert.state in {"raised", "told"} and not visit.asked.polls:
        alerting.see(visit.unit, visit.site, alert, visit.clinician, at=visit.at)
        alert = _alert(visit)
    return Shown("alert.html", _values(visit, alert))


def _values(visit: Visit, alert: Alert) -> dict[str, object]:
    names = {each.id: each.name for each in members.everyone(visit.unit)}
    may_open = visit.may_open(alert.patient_id)
    outcomes = visit.site.release.escalation.outcomes
    return {
        "alert": alert,
        "told": explain(visit.unit, visit.site, alert),
        "steps": steps(visit, alert, names),
        "standing": standing(alert.state, names.get(alert.taken_by or 0, "somebody")),
        "next": NEXT.get(alert.state, "next person"),
        "is_taken": alert.state not in UNTAKEN,
        "is_mine": alert.taken_by == visit.clinician.id,
        "outcome": outcomes.get(alert.outcome or "", alert.outcome),
        "outcomes": list(outcomes.items()),
        "typed": {"outcome": visit.field("outcome"), "note": visit.field("note")},
        "note": _note_of(visit, alert) if may_open else None,
    }


def _note_of(visit: Visit, alert: Alert) -> str | None:
    note = alerts.note_of(visit.unit, alert.id)
    if note is not None:
        keep_look(visit, alert.patient_id, "read-note", _named(alert))
    return note


def take(visit: Visit) -> Answer:
    """The clinician has the alert, if nobody was faster."""
    alert = _open_alert(visit)
    taken = alert.state in UNTAKEN and alerting.take(
        visit.unit, visit.site, alert, visit.clinician, at=visit.at
    )
    if taken:
        _note(visit, alert, "take-alert")
    return Went(_back(visit, alert), "alert-taken" if taken else "alert-had")


def relieve(visit: Visit) -> Answer:
    """The clinician has the alert instead of whoever had it."""
    alert = _open_alert(visit)
    relieved = alert.state not in UNTAKEN and alerting.relieve(
        visit.unit, visit.site, alert, visit.clinician, at=visit.at
    )
    if relieved:
        _note(visit, alert, "take-alert")
    return Went(_back(visit, alert), "alert-taken" if relieved else "alert-had")


def act(visit: Visit) -> Answer:
    """The clinician is acting on the alert, and has it if nobody had."""
    alert = _open_alert(visit)
    alerting.act(visit.unit, visit.site, alert, visit.clinician, at=visit.at)
    _note(visit, alert, "act-on-alert")
    return Went(_back(visit, alert), "alert-acted")


def close(visit: Visit) -> Answer:
    """The alert is closed with what came of it, and a note where the outcome needs one."""
    alert = _open_alert(visit)
    outcome, note = visit.field("outcome"), visit.field("note")[:MOST_NOTE]
    if wrong := _unfit(visit, alert, outcome, note):
        # what was typed stays in the form
        return Shown("alert.html", {**_values(visit, alert), "said": wrong}, status=409)
    closed = alerting.close(
        visit.unit, visit.site, alert, visit.clinician, outcome, note or None, at=visit.at
    )
    if closed:
        _note(visit, alert, "close-alert")
    return Went(_back(visit, alert), "alert-closed" if closed else "alert-not-open")


def _unfit(visit: Visit, alert: Alert, outcome: str, note: str) -> str | None:
    """The notice that says why the alert can't be closed like this, or None."""
    if alert.state in UNTAKEN:
        return "alert-take-first"
    if outcome not in visit.site.release.escalation.outcomes:
        return "alert-outcome"
    return "alert-note" if outcome in NEEDS_NOTE and not note else None


def steps(visit: Visit, alert: Alert, names: dict[int, str]) -> list[Step]:
    """Everything that happened, in order: moves and tries."""
    moved = [_move(each, names) for each in alerts.moves(visit.unit, alert.id)]
    tried = [_try(each, alert, names) for each in tries.of_alert(visit.unit, alert.id)]
    first = Step(alert.raised_at, "", "Raised", "")
    return [first, *sorted([*moved, *tried], key=lambda step: step.at)]


_MOVES = {
    "tell": "Told",
    "see": "Seen",
    "take": "Taken",
    "relieve": "Taken over",
    "return": "Given up, left the team",
    "act": "Acted on",
    "close": "Closed",
    "fire": "Raised again",
}
_CHANNELS = {"telegram": "Telegram", "group": "Team's group", "mail": "E-mail"}
_STATES = {"waiting": "on its way", "sent": "arrived", "failed": "failed"}


def _move(move: Move, names: dict[int, str]) -> Step:
    after = "" if move.since_raised is None else span(move.since_raised)
    who = names.get(move.clinician_id or 0, "")
    return Step(move.at, after, _MOVES.get(move.move, move.move), who)


def _try(each: Try, alert: Alert, names: dict[int, str]) -> Step:
    who = names.get(each.clinician_id or 0, "")
    channel = _CHANNELS.get(each.channel, each.channel)
    state = _STATES.get(each.state, each.state)
    after = span((each.at - alert.raised_at).total_seconds())
    return Step(each.at, after, f"{channel}: {state}", who, each.error or "")


def _alert(visit: Visit) -> Alert:
    alert = alerts.get(visit.unit, visit.part("alert"))
    if alert is None:
        raise Missing
    return alert


def _open_alert(visit: Visit) -> Alert:
    alert = _alert(visit)
    if alert.state == alerts.CLOSED:
        raise Unfit("alert-not-open")
    return alert


def _back(visit: Visit, alert: Alert) -> str:
    # one of two known places, whatever the form says
    return HOME if visit.field("back") == HOME else ALERT.format(alert=alert.id)


def _named(alert: Alert) -> str:
    return f"alert {alert.id}"


def _note(visit: Visit, alert: Alert, act: str) -> None:
    audit.note(
        visit.unit,
        at=visit.at,
        clinician_id=visit.clinician.id,
        act=act,
        patient_id=alert.patient_id,
        subject=_named(alert),
    )
