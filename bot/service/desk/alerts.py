"""Alerts at a clinician's desk: looked at, taken, acted on, closed."""

from __future__ import annotations

from bot.service import alerts as alerting
from bot.service import care
from bot.service.desk.chair import Chair
from bot.service.team import care_team
from bot.service.wording import age, alert_buttons, fixed, line, outcome_buttons
from bot.store import alerts, people
from bot.store.alerts import Alert
from bot.store.people import Clinician
from flows.errors import IllegalMove

LINES_A_BUBBLE = 10


def list_open(chair: Chair, rest: str) -> None:
    """Answer with every open alert."""
    lines = [_alert_line(chair, alert) for alert in alerts.open_(chair.unit)]
    if not lines:
        chair.say("c-alerts-none")
    # in several bubbles: an open alert that is cut off would be nobody's
    for start in range(0, len(lines), LINES_A_BUBBLE):
        chair.say("c-alerts", alerts="\n".join(lines[start : start + LINES_A_BUBBLE]))


def _alert_line(chair: Chair, alert: Alert) -> str:
    release = chair.site.release
    reason = alerting.reason_of(alert)
    names = {each.id: each.name for each in people.clinicians(chair.unit)}
    text = release.text(f"c-state-{alert.state}")
    who = {"name": names.get(alert.taken_by or 0, "–")} if "{name}" in text else {}
    return line(
        release,
        "c-alert-line",
        number=str(alert.id),
        tier=reason.tier,
        title=reason.title,
        pseudonym=chair.patient(alert.patient_id).pseudonym,
        state=line(release, f"c-state-{alert.state}", **who),
        age=age(release, alert.raised_at, chair.at),
    )


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap under an alert asks for, carried out; the short notice to show, if any."""
    match parts:
        case [number, *moves] if number.isdecimal():
            alert = alerts.get(chair.unit, int(number))
        case _:
            return None
    if alert is None or alert.state == "closed":
        return "c-not-open"
    match moves:
        case ["take"]:
            return _take(chair, alert)
        case ["close"]:
            return _choose_outcome(chair, alert)
        case ["close", outcome] if outcome in chair.site.release.escalation.outcomes:
            return _close(chair, alert, outcome)
        case _:
            return None


def acted_on(chair: Chair, alert: Alert) -> None:
    """Writing to a patient takes an alert that nobody has, and shows that one is acted on."""
    if alert.state in {"raised", "told"}:
        _take(chair, alert)
        alert = alerts.get(chair.unit, alert.id) or alert
    if alert.state in {"taken", "acted"}:
        alerting.make_move(chair.unit, alert, "act", clinician=chair.clinician, at=chair.at)


def _take(chair: Chair, alert: Alert) -> str | None:
    try:
        taken = alerting.make_move(
            chair.unit, alert, "take", clinician=chair.clinician, at=chair.at
        )
    except IllegalMove:
        taken = False
    if not taken:
        _tell_who_has(chair, alerts.get(chair.unit, alert.id) or alert, [chair.clinician])
        return None
    alerting.settle_buttons(chair.unit, care_team(chair.unit), alert, at=chair.at)
    values = {"number": str(alert.id), "pseudonym": chair.patient(alert.patient_id).pseudonym}
    buttons = alert_buttons(chair.site.release, alert.id, "close")
    chair.say("c-taken", alert, buttons, **values)
    others = _others_told(chair, alert)
    if others:
        _tell_who_has(chair, alerts.get(chair.unit, alert.id) or alert, others)
    return None


def _others_told(chair: Chair, alert: Alert) -> list[Clinician]:
    return [c for c in alerting.told_of(chair.unit, alert) if c.id != chair.clinician.id]


def _tell_who_has(chair: Chair, alert: Alert, to: list[Clinician]) -> None:
    names = {each.id: each.name for each in people.clinicians(chair.unit)}
    bubble = fixed(
        chair.site.release,
        "c-taken-other",
        name=names.get(alert.taken_by or 0, "–"),
        number=str(alert.id),
        pseudonym=chair.patient(alert.patient_id).pseudonym,
    )
    chair.post(bubble, alert, to=to)


def _choose_outcome(chair: Chair, alert: Alert) -> str | None:
    if alert.state in {"raised", "told"}:
        return "c-take-first"
    alerting.settle_buttons(chair.unit, [chair.clinician], alert, at=chair.at)
    values = {"number": str(alert.id), "pseudonym": chair.patient(alert.patient_id).pseudonym}
    buttons = outcome_buttons(chair.site.release, alert.id)
    chair.say("c-choose-outcome", alert, buttons, **values)
    return None


def _close(chair: Chair, alert: Alert, outcome: str) -> str | None:
    if alert.state in {"raised", "told"}:
        return "c-take-first"
    closed = alerting.make_move(
        chair.unit, alert, "close", clinician=chair.clinician, at=chair.at, outcome=outcome
    )
    if not closed:
        return "c-not-open"
    alerting.settle_buttons(chair.unit, care_team(chair.unit), alert, at=chair.at)
    patient = chair.patient(alert.patient_id)
    bubble = fixed(
        chair.site.release,
        "c-closed",
        number=str(alert.id),
        pseudonym=patient.pseudonym,
        name=chair.clinician.name,
        outcome=chair.site.release.escalation.outcomes[outcome],
    )
    chair.post(bubble, alert, to=[*_others_told(chair, alert), chair.clinician])
    still_open = alerts.open_of_patient(chair.unit, patient.id)
    if _holds(alert) and not any(_holds(each) for each in still_open):
        care.clear(chair.unit, patient, at=chair.at, name=f"cleared:{chair.cause}")
    return None


def _holds(alert: Alert) -> bool:
    """Whether this alert holds the program back until a person closes it."""
    return alerting.reason_of(alert).holds
