"""Alerts: raised in the turn that fired them, seen, taken and acted on, closed by a person only."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from bot.service import chain, storm, telling
from bot.service.arriving import clear
from bot.service.hops import Reached
from bot.service.post import Bubble, Settled
from bot.service.posting import post_one, post_to, settle_buttons
from bot.service.reasons import Reason, reason_for, reason_of
from bot.service.site import Site
from bot.service.team import care_team, readers
from bot.service.wording import fixed
from bot.store import alerts, groups, people, pseudonyms, thread, tries
from bot.store.alerts import Alert
from bot.store.people import Clinician, Patient
from bot.store.tries import BEFORE
from bot.store.unit import Unit
from flows.effects import Raise
from flows.escalation import UNTAKEN
from flows.program import Release

__all__ = [
    "act",
    "close",
    "post_to",
    "put_back",
    "raise_alert",
    "reason_of",
    "relieve",
    "says",
    "see",
    "settle_buttons",
    "take",
    "tell_open",
    "told_of",
]


def raise_alert(
    unit: Unit, site: Site, release: Release, patient: Patient, raised: Raise, *, at: datetime
) -> None:
    """Keep the alert and begin its chain; one that is open, or in its window, fires again."""
    reason, rule = reason_for(release, raised), release.escalation.rule(raised.rule)
    window = timedelta(hours=release.escalation.tiers[rule.tier].window_hours)
    fired = _last_fired(unit, patient, rule.rule)
    deadline = chain.deadline_of(reason, "raised", at)
    alert, is_new = alerts.raise_(
        unit,
        patient_id=patient.id,
        rule=rule.rule,
        tier=rule.tier,
        facts=reason.model_dump_json(),
        at=at,
        deadline_at=deadline,
        window_hours=int(window.total_seconds() // 3600),
    )
    if is_new:
        chain.begin(unit, site, alert, at=at)
    elif alert.state == "closed":
        _fire(unit, alert, deadline, at)
        chain.begin(unit, site, _now(unit, alert), at=at)
    elif reason.always_tell or fired is None or at - fired >= window:
        _fire(unit, alert, _clock_after_news(alert, reason, at), at)
        chain.fired_again(unit, site, _now(unit, alert), at=at)


def tell_open(unit: Unit, site: Site, clinician: Clinician, *, at: datetime) -> None:
    """Tell someone who just joined of every alert that nobody has taken, and what came with it.

    A digest's tier waits for their digest; many of one rule are told together.
    """
    waiting: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts.open_(unit):
        if alert.state in UNTAKEN and _is_for(unit, alert, clinician):
            waiting[alert.rule].append(alert)
    for found in waiting.values():
        if storm.may_hold(found[0]) and len(found) > site.release.escalation.storm.alerts:
            me = Reached((clinician,))
            telling.tell_together(unit, site, found, me, hop=max(found[0].hop, 0), at=at)
            continue
        for alert in found:
            _tell_one(unit, site, alert, clinician, at)


def says(unit: Unit, site: Site, patient_id: int, text: str) -> Bubble:
    """A patient's words as a bubble for the care team."""
    name = pseudonyms.of(unit, patient_id)
    return fixed(site.release, "c-patient-says", pseudonym=name, text=text)


def told_of(unit: Unit, alert: Alert) -> list[Clinician]:
    """Those who may hear of the alert, by the roles that its rule reaches."""
    return readers(unit, reason_of(alert).reaches)


def see(unit: Unit, site: Site, alert: Alert, clinician: Clinician, *, at: datetime) -> None:
    """Keep that somebody looked at an alert that nobody has; its clock runs on."""
    if alert.state in {"raised", "told"}:
        _move(unit, alert, "see", clinician, alert.deadline_at, at=at)


def take(unit: Unit, site: Site, alert: Alert, clinician: Clinician, *, at: datetime) -> bool:
    """Whether the alert is this clinician's from now on: the first one has it."""
    deadline = chain.deadline_of(reason_of(alert), "taken", at)
    if not _move(unit, alert, "take", clinician, deadline, at=at):
        return False
    _tell_who_has(unit, site, alert, clinician, at)
    return True


def relieve(unit: Unit, site: Site, alert: Alert, clinician: Clinician, *, at: datetime) -> bool:
    """Whether this clinician has it from now on in the place of whoever took it."""
    deadline = chain.deadline_of(reason_of(alert), "taken", at)
    if not _move(unit, alert, "relieve", clinician, deadline, at=at):
        return False
    _tell_who_has(unit, site, alert, clinician, at)
    return True


def put_back(unit: Unit, site: Site, alert: Alert, clinician_id: int, *, at: datetime) -> bool:
    """Whether it was taken from somebody who left the team; the others hear of it at once."""
    deadline = chain.deadline_of(reason_of(alert), "told", at)
    moved = telling.make_move(
        unit, alert, "return", clinician_id=clinician_id, at=at, deadline_at=deadline
    )
    if moved:
        settle_buttons(unit, care_team(unit), alert, at=at)
        chain.returned(unit, site, _now(unit, alert), at=at)
    return moved


def act(unit: Unit, site: Site, alert: Alert, clinician: Clinician, *, at: datetime) -> None:
    """Keep that somebody acts on it; whoever acts on one that nobody has takes it too."""
    now = _now(unit, alert)
    if now.state in UNTAKEN:
        take(unit, site, now, clinician, at=at)
        now = _now(unit, alert)
    deadline = chain.deadline_of(reason_of(now), "acted", at)
    _move(unit, now, "act", clinician, deadline, at=at)


def close(
    unit: Unit,
    site: Site,
    alert: Alert,
    clinician: Clinician,
    outcome: str,
    note: str | None,
    *,
    at: datetime,
) -> bool:
    """Whether it was closed: only what somebody took can be; the last one lifts the hold."""
    if not _move(unit, alert, "close", clinician, None, at=at, outcome=outcome):
        return False
    if note:
        alerts.write_note(unit, alert.id, alert.patient_id, note)
    settle_buttons(unit, care_team(unit), alert, at=at)
    _tell_closed(unit, site, alert, clinician, outcome, at, noted=bool(note))
    _lift_hold(unit, alert, at)
    return True


def _fire(unit: Unit, alert: Alert, deadline: datetime, at: datetime) -> None:
    telling.make_move(unit, alert, "fire", clinician_id=None, at=at, deadline_at=deadline)


def _clock_after_news(alert: Alert, reason: Reason, at: datetime) -> datetime:
    """Until when somebody must move after it fired again: never later than it was."""
    deadline = chain.deadline_of(reason, "taken" if alert.taken_by else "raised", at)
    # what was done is no answer to the news
    is_answered = alert.state == "acted" or alert.deadline_at is None
    return deadline if is_answered else min(deadline, alert.deadline_at or deadline)


def _move(
    unit: Unit,
    alert: Alert,
    trigger: str,
    clinician: Clinician,
    deadline: datetime | None,
    *,
    at: datetime,
    outcome: str | None = None,
) -> bool:
    return telling.make_move(
        unit,
        alert,
        trigger,
        clinician_id=clinician.id,
        at=at,
        deadline_at=deadline,
        outcome=outcome,
    )


def _now(unit: Unit, alert: Alert) -> Alert:
    return alerts.get(unit, alert.id) or alert


def _last_fired(unit: Unit, patient: Patient, rule: str) -> datetime | None:
    fired = [a.last_fired_at for a in alerts.of_patient(unit, patient.id) if a.rule == rule]
    return max(fired, default=None)


def _is_for(unit: Unit, alert: Alert, clinician: Clinician) -> bool:
    is_told_at_once = not reason_of(alert).digest or alert.hop > 0
    return is_told_at_once and clinician.id in {each.id for each in told_of(unit, alert)}


def _tell_one(unit: Unit, site: Site, alert: Alert, clinician: Clinician, at: datetime) -> None:
    hop, me = max(alert.hop, 0), Reached((clinician,))
    telling.tell(unit, site, alert, me, lambda _: "c-alert", hop=hop, at=at)
    if alert.state == "raised":
        deadline = chain.deadline_of(reason_of(alert), "told", at)
        telling.told(unit, alert, hop, deadline, at=at)
    for message in thread.of(unit, alert.patient_id):
        if message.alert_id == alert.id and message.clinician_id is None:
            bubble = says(unit, site, alert.patient_id, message.text)
            post_to(unit, [clinician], bubble, alert, at=at)


def _tell_who_has(unit: Unit, site: Site, alert: Alert, clinician: Clinician, at: datetime) -> None:
    """Take the buttons away everywhere, and tell those who heard of it who has it."""
    now = _now(unit, alert)
    settle_buttons(unit, care_team(unit), alert, at=at)
    line = telling.who_has(unit, site, now)
    for group in groups.current(unit):
        post_one(unit, group.contact_id, Settled(note=line), alert, at=at)
    others = [each for each in _heard(unit, alert) if each.id != clinician.id]
    post_to(unit, others, Bubble(text=line), alert, at=at)


def _heard(unit: Unit, alert: Alert) -> list[Clinician]:
    """Those who were told of this alert by itself, and whoever took it."""
    told = [each.clinician_id for each in tries.of_alert(unit, alert.id) if each.hop != BEFORE]
    return [each for each in care_team(unit) if each.id in {*told, alert.taken_by}]


def _tell_closed(
    unit: Unit,
    site: Site,
    alert: Alert,
    clinician: Clinician,
    outcome: str,
    at: datetime,
    *,
    noted: bool,
) -> None:
    body = fixed(
        site.release,
        "c-closed",
        number=str(alert.id),
        pseudonym=pseudonyms.of(unit, alert.patient_id),
        name=clinician.name,
        outcome=site.release.escalation.outcomes.get(outcome, outcome),
    )
    others = [each for each in _heard(unit, alert) if each.id != clinician.id]
    post_to(unit, others, body, alert, at=at)
    rows = () if noted else ((("note", f"alert.{alert.id}.note"),),)
    labelled = tuple(tuple((site.release.label(n), data) for n, data in row) for row in rows)
    post_to(unit, [clinician], body.model_copy(update={"buttons": labelled}), alert, at=at)


def _lift_hold(unit: Unit, alert: Alert, at: datetime) -> None:
    """The program goes on for the patient once no open alert holds it back."""
    others = alerts.open_of_patient(unit, alert.patient_id)
    if not reason_of(alert).holds or any(reason_of(each).holds for each in others):
        return
    patient = people.load(unit, [alert.patient_id])[alert.patient_id]
    clear(unit, patient, at=at, name=f"cleared:{alert.id}:{at.isoformat()}")
