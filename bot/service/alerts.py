"""Alerts: raised in the turn that fired them, told until one is taken, closed by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.service.post import Bubble, Settled
from bot.service.reasons import Reason, facts_of, reason_for
from bot.service.site import Site
from bot.service.team import readers
from bot.service.wording import age, alert_buttons, fixed
from bot.store import alerts, outbox, people, thread
from bot.store.alerts import Alert
from bot.store.outbox import NewPost
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows import escalation
from flows.effects import Raise
from flows.program import Release


def raise_alert(
    unit: Unit, site: Site, release: Release, patient: Patient, raised: Raise, *, at: datetime
) -> None:
    """Keep the alert and tell its readers; one that is open, or in its window, fires again."""
    reason, rule = reason_for(release, raised), release.escalation.rule(raised.rule)
    window = timedelta(hours=release.escalation.tiers[rule.tier].window_hours)
    fired = _last_fired(unit, patient, rule.rule)
    alert, is_new = alerts.raise_(
        unit,
        patient_id=patient.id,
        rule=rule.rule,
        tier=rule.tier,
        facts=reason.model_dump_json(),
        at=at,
        deadline_at=at + timedelta(minutes=reason.remind_minutes),
        window_hours=int(window.total_seconds() // 3600),
    )
    if is_new or _reopen(unit, alert, at):
        _tell(unit, site, alert.id, "c-alert", at=at)
    elif reason.always_tell or fired is None or at - fired >= window:
        _tell(unit, site, alert.id, "c-alert-fired", at=at)


def overdue(unit: Unit, site: Site) -> Sequence[int]:
    """The ids of the alerts that nobody had taken by their deadline."""
    return [alert.id for alert in alerts.due(unit, site.clock.now())]


def remind(unit: Unit, site: Site, alert_id: int) -> None:
    """Tell its readers again of an alert that nobody has taken."""
    _tell(unit, site, alert_id, "c-alert-again", at=site.clock.now())


def tell_open(unit: Unit, site: Site, clinician: Clinician, *, at: datetime) -> None:
    """Tell someone who just joined of every alert that nobody has taken, and what came with it."""
    waiting = [alert for alert in alerts.open_(unit) if alert.state in {"raised", "told"}]
    for alert in waiting:
        if clinician.id not in {each.id for each in told_of(unit, alert)}:
            continue
        _tell(unit, site, alert.id, "c-alert", at=at, team=[clinician])
        for message in thread.of(unit, alert.patient_id):
            if message.alert_id == alert.id and message.clinician_id is None:
                bubble = says(unit, site, alert.patient_id, message.text)
                post_to(unit, [clinician], bubble, alert, at=at)


def says(unit: Unit, site: Site, patient_id: int, text: str) -> Bubble:
    """A patient's words as a bubble for the care team."""
    name = people.load(unit, [patient_id])[patient_id].pseudonym
    return fixed(site.release, "c-patient-says", pseudonym=name, text=text)


def make_move(
    unit: Unit,
    alert: Alert,
    trigger: str,
    *,
    clinician: Clinician | None,
    at: datetime,
    deadline_at: datetime | None = None,
    outcome: str | None = None,
) -> bool:
    """Whether the move was made: the first of two that race for it wins."""
    return alerts.save_move(
        unit,
        alert.id,
        expected_state=alert.state,
        state=escalation.move(alert.state, trigger),
        move=trigger,
        clinician_id=clinician.id if clinician else None,
        at=at,
        deadline_at=deadline_at,
        outcome=outcome,
    )


def post_to(
    unit: Unit,
    clinicians: Iterable[Clinician],
    body: Bubble | Settled,
    alert: Alert | None,
    *,
    at: datetime,
    patient_id: int | None = None,
) -> None:
    """Put a post for these clinicians into the outbox."""
    owner = alert.patient_id if alert else patient_id
    outbox.add(
        unit,
        [
            NewPost(
                contact_id=clinician.contact_id,
                patient_id=owner,
                alert_id=alert.id if alert else None,
                lane="alert",
                shape=body.shape,
                body=body.model_dump_json(),
                created_at=at,
                # what a patient's turn is to their prompts, an alert's number is to its buttons
                turn=alert.id if alert and _has_buttons(body) else None,
            )
            for clinician in clinicians
            if clinician.contact_id is not None
        ],
    )


def _has_buttons(body: Bubble | Settled) -> bool:
    return isinstance(body, Settled) or bool(body.buttons)


def settle_buttons(
    unit: Unit, clinicians: Iterable[Clinician], alert: Alert, *, at: datetime
) -> None:
    """Take the buttons off the last bubble about this alert in these clinicians' chats."""
    post_to(unit, clinicians, Settled(), alert, at=at)


def reason_of(alert: Alert) -> Reason:
    """Why the alert was raised, as it was kept."""
    return Reason.model_validate_json(alert.facts)


def told_of(unit: Unit, alert: Alert) -> list[Clinician]:
    """Those who hear of the alert, by the roles that its rule reaches."""
    return readers(unit, reason_of(alert).reaches)


def _last_fired(unit: Unit, patient: Patient, rule: str) -> datetime | None:
    fired = [a.last_fired_at for a in alerts.of_patient(unit, patient.id) if a.rule == rule]
    return max(fired, default=None)


def _reopen(unit: Unit, alert: Alert, at: datetime) -> bool:
    if alert.state != "closed":
        return False
    deadline = at + timedelta(minutes=reason_of(alert).remind_minutes)
    return make_move(unit, alert, "fire", clinician=None, at=at, deadline_at=deadline)


def _tell(
    unit: Unit,
    site: Site,
    alert_id: int,
    text: str,
    *,
    at: datetime,
    team: Sequence[Clinician] | None = None,
) -> None:
    alert = alerts.get(unit, alert_id)
    if alert is None:
        return
    waits = alert.state in {"raised", "told"}
    deadline = at + timedelta(minutes=reason_of(alert).remind_minutes) if waits else None
    team = told_of(unit, alert) if team is None else team
    if not team:
        # nobody was told, so it stays raised; whoever joins hears of it at once
        alerts.postpone(unit, alert.id, deadline)
        return
    post_to(unit, team, _bubble(unit, site, alert, text, at), alert, at=at)
    make_move(unit, alert, "tell", clinician=None, at=at, deadline_at=deadline)


def _bubble(unit: Unit, site: Site, alert: Alert, text: str, at: datetime) -> Bubble:
    release, reason = site.release, reason_of(alert)
    patient = people.load(unit, [alert.patient_id])[alert.patient_id]
    moves = ("take",) if alert.state in {"raised", "told"} else ("close",)
    return fixed(
        release,
        text,
        alert_buttons(release, alert.id, *moves),
        tier=reason.tier,
        title=reason.title,
        rule=alert.rule,
        pseudonym=patient.pseudonym,
        facts="".join(f"\n{fact}" for fact in facts_of(release, reason)),
        number=str(alert.id),
        age=age(release, alert.raised_at, at),
        count=str(alert.fired_count),
    )
