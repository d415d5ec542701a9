"""Alerts at a clinician's desk: looked at, explained, taken, and closed with an outcome."""

from __future__ import annotations

from bot.service import alerts as alerting
from bot.service import telling
from bot.service.desk import doors, tasks
from bot.service.desk.chair import Chair
from bot.service.explaining import Explained, explain
from bot.service.incoming import Wrote
from bot.service.post import Bubble
from bot.service.wording import age, alert_buttons, line, outcome_buttons
from bot.store import alerts
from bot.store.alerts import Alert
from bot.store.desks import Desk
from bot.store.wants import TIERS
from flows.effects import Button
from flows.escalation import UNTAKEN
from flows.scene import Rows

LINES_A_BUBBLE = 10
MOST_LINES = 50
MOST_LETTERS = 500
MOST_TRIES = 5
NOTE = "alert-note"
NEEDS_NOTE, NEEDS_TRIES = "other", "no-contact"
"""The outcomes that say nothing by themselves: the one needs words, the other a number of tries."""


def list_open(chair: Chair, rest: str) -> None:
    """Answer with the open alerts, the gravest first, and how many more there are."""
    waiting = sorted(alerts.open_(chair.unit), key=lambda alert: _gravity(alert.tier))
    found, more = waiting[:MOST_LINES], len(waiting[MOST_LINES:])
    if not found:
        chair.say("c-alerts-none")
    doors.keep_list(chair, "list-alerts", [alert.patient_id for alert in found])
    for start in range(0, len(found), LINES_A_BUBBLE):
        some = found[start : start + LINES_A_BUBBLE]
        lines = "\n".join(_alert_line(chair, alert) for alert in some)
        chair.say("c-alerts", None, _numbers(some), alerts=lines)
    if more:
        chair.say("c-alerts-more", count=str(more))


def pressed(chair: Chair, parts: list[str]) -> str | None:
    """What a tap under an alert asks for, carried out; the short notice to show, if any."""
    match parts:
        case [number, *moves] if number.isdecimal():
            alert = alerts.get(chair.unit, int(number))
        case _:
            return None
    if alert is None:
        return "c-not-open"
    match moves:
        case ["why"]:
            return _explain(chair, alert)
        case ["note"]:
            return _ask_for_note(chair, alert)
        case _ if alert.state == "closed":
            return "c-not-open"
        case ["take"]:
            return _take(chair, alert)
        case ["relieve"]:
            return _relieve(chair, alert)
        case ["close", *how]:
            return _end(chair, alert, how)
        case _:
            return None


def noted(chair: Chair, desk: Desk, wrote: Wrote) -> None:
    """Keep words as an alert's note; an alert that waited for them is closed with them."""
    number, _, outcome = desk.detail.partition(".")
    alert, note = alerts.get(chair.unit, int(number)), wrote.text.strip()
    if alert is None:
        chair.say("c-not-open")
    elif len(note) > MOST_LETTERS:
        # still asked for: a shorter one may follow
        tasks.ask(chair, desk.task, desk.patient_id, desk.detail)
        chair.say("c-note-long", count=str(len(note)), most=str(MOST_LETTERS))
    elif not outcome:
        alerts.write_note(chair.unit, alert.id, alert.patient_id, note)
        doors.keep_act(chair, "note-alert", alert.patient_id, f"alert {alert.id}")
        chair.say("c-note-kept", number=number)
    elif _close(chair, alert, outcome, note) is not None:
        chair.say("c-not-open")


def _gravity(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)


def _alert_line(chair: Chair, alert: Alert) -> str:
    release, reason = chair.site.release, alerting.reason_of(alert)
    return line(
        release,
        "c-alert-line",
        number=str(alert.id),
        tier=reason.tier,
        title=reason.title,
        pseudonym=chair.patient(alert.patient_id).pseudonym,
        state=telling.state_of(chair.unit, chair.site, alert),
        age=age(release, alert.raised_at, chair.at),
    )


def _numbers(found: list[Alert]) -> Rows:
    """Each alert's number, which opens it."""
    buttons = [Button(label=str(each.id), data=f"alert.{each.id}.why") for each in found]
    return tuple(tuple(buttons[start : start + 5]) for start in range(0, len(buttons), 5))


def _explain(chair: Chair, alert: Alert) -> str | None:
    doors.keep_look(chair, alert.patient_id, "open-alert", f"alert {alert.id}")
    alerting.see(chair.unit, chair.site, alert, chair.clinician, at=chair.at)
    alert = alerts.get(chair.unit, alert.id) or alert
    explained = explain(chair.unit, chair.site, alert)
    moves = {"closed": ()}.get(alert.state, ("take",) if alert.state in UNTAKEN else ("close",))
    buttons = alert_buttons(chair.site.release, alert.id, *moves)
    chair.say(
        "c-why",
        alert,
        buttons,
        number=str(alert.id),
        tier=explained.tier,
        title=explained.title,
        pseudonym=explained.pseudonym,
        body="\n".join((_standing(chair, alert, explained), *explained.lines)),
    )
    return None


def _standing(chair: Chair, alert: Alert, explained: Explained) -> str:
    release = chair.site.release
    state = explained.outcome or telling.state_of(chair.unit, chair.site, alert)
    when, count = age(release, alert.raised_at, chair.at), str(alert.fired_count)
    return line(release, "c-why-raised", rule=alert.rule, age=when, count=count, state=state)


def _take(chair: Chair, alert: Alert) -> str | None:
    if alert.taken_by == chair.clinician.id:
        return "c-already-yours"
    if not alerting.take(chair.unit, chair.site, alert, chair.clinician, at=chair.at):
        _say_who_has(chair, alert)
        return None
    say_taken(chair, alert)
    return None


def _relieve(chair: Chair, alert: Alert) -> str | None:
    if alert.taken_by == chair.clinician.id:
        return "c-already-yours"
    if not alerting.relieve(chair.unit, chair.site, alert, chair.clinician, at=chair.at):
        return _take(chair, alert)
    say_taken(chair, alert)
    return None


def say_taken(chair: Chair, alert: Alert) -> None:
    """Answer that the alert is theirs, which opens the patient to them and so is kept."""
    doors.keep_look(chair, alert.patient_id, "take-alert", f"alert {alert.id}")
    buttons = alert_buttons(chair.site.release, alert.id, "close", "why")
    chair.say("c-taken", alert, buttons, **_about(chair, alert))


def _say_who_has(chair: Chair, alert: Alert) -> None:
    now = alerts.get(chair.unit, alert.id) or alert
    chair.post(Bubble(text=telling.who_has(chair.unit, chair.site, now)), alert)


def _end(chair: Chair, alert: Alert, how: list[str]) -> str | None:
    """Go on with closing: the outcome, then what that outcome needs."""
    if alert.state in UNTAKEN:
        return "c-take-first"
    outcomes = chair.site.release.escalation.outcomes
    match how:
        case []:
            _choose_outcome(chair, alert)
        case [outcome] if outcome == NEEDS_NOTE and outcome in outcomes:
            tasks.ask(chair, NOTE, alert.patient_id, f"{alert.id}.{outcome}")
            chair.say("c-note-first", **_about(chair, alert))
        case [outcome] if outcome == NEEDS_TRIES and outcome in outcomes:
            alerting.settle_buttons(chair.unit, [chair.clinician], alert, at=chair.at)
            chair.say("c-tries", alert, _tries(alert), **_about(chair, alert))
        case [outcome] if outcome in outcomes:
            return _close(chair, alert, outcome, None)
        case [outcome, count] if outcome == NEEDS_TRIES and count.isdecimal():
            note = line(chair.site.release, "c-tries-note", count=str(int(count)))
            return _close(chair, alert, outcome, note)
    return None


def _choose_outcome(chair: Chair, alert: Alert) -> None:
    alerting.settle_buttons(chair.unit, [chair.clinician], alert, at=chair.at)
    buttons = outcome_buttons(chair.site.release, alert.id)
    chair.say("c-choose-outcome", alert, buttons, **_about(chair, alert))


def _tries(alert: Alert) -> Rows:
    data = f"alert.{alert.id}.close.{NEEDS_TRIES}"
    numbers = range(1, MOST_TRIES + 1)
    return (tuple(Button(label=str(each), data=f"{data}.{each}") for each in numbers),)


def _close(chair: Chair, alert: Alert, outcome: str, note: str | None) -> str | None:
    unit, site = chair.unit, chair.site
    if not alerting.close(unit, site, alert, chair.clinician, outcome, note, at=chair.at):
        return "c-not-open"
    doors.keep_act(chair, "close-alert", alert.patient_id, f"alert {alert.id}")
    return None


def _ask_for_note(chair: Chair, alert: Alert) -> str | None:
    tasks.ask(chair, NOTE, alert.patient_id, f"{alert.id}.")
    chair.say("c-note-add", **_about(chair, alert))
    return None


def _about(chair: Chair, alert: Alert) -> dict[str, str]:
    pseudonym = chair.patient(alert.patient_id).pseudonym
    return {"number": str(alert.id), "pseudonym": pseudonym}


tasks.TASKS[NOTE] = noted
