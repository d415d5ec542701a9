"""Alerts: raised in the turn that fired them, told until one is taken, closed by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from bot.service.post import Bubble, Settled
from bot.service.site import Site
from bot.service.team import care_team
from bot.service.wording import age, alert_buttons, fixed, line
from bot.store import alerts, outbox, people
from bot.store.alerts import Alert
from bot.store.outbox import NewPost
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows import escalation
from flows.effects import Fact, Raise
from flows.program import Release, Rule, Tier

_FACTS: TypeAdapter[tuple[Fact, ...]] = TypeAdapter(tuple[Fact, ...])


def raise_alert(unit: Unit, site: Site, patient: Patient, raised: Raise, *, at: datetime) -> None:
    """Keep the alert and tell the care team; one that is already open fires again."""
    rule, tier = _rule(site.release, raised.rule)
    alert, is_new = alerts.raise_(
        unit,
        patient_id=patient.id,
        rule=rule.rule,
        tier=rule.tier,
        facts=_FACTS.dump_json(raised.facts).decode(),
        at=at,
        deadline_at=at + timedelta(minutes=tier.remind_minutes),
        window_hours=tier.window_hours,
    )
    reopened = not is_new and _reopen(unit, site, alert, at)
    if is_new or reopened:
        _tell(unit, site, alert.id, "c-alert", at=at)
    elif tier.always_tell:
        _tell(unit, site, alert.id, "c-alert-fired", at=at)


def remind(unit: Unit, site: Site) -> int:
    """How many alerts nobody had taken by their deadline; each is told to everyone again."""
    now = site.clock.now()
    overdue = alerts.due(unit, now)
    for alert in overdue:
        _tell(unit, site, alert.id, "c-alert-again", at=now)
    return len(overdue)


def tell_open(unit: Unit, site: Site, clinician: Clinician, *, at: datetime) -> None:
    """Tell someone who just joined of every alert that nobody has taken."""
    waiting = [alert for alert in alerts.open_(unit) if alert.state in {"raised", "told"}]
    for alert in waiting:
        _tell(unit, site, alert.id, "c-alert", at=at, team=[clinician])


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
    bubble: Bubble,
    alert: Alert | None,
    *,
    at: datetime,
    patient_id: int | None = None,
) -> None:
    """Put a bubble for these clinicians into the outbox."""
    owner = alert.patient_id if alert else patient_id
    outbox.add(
        unit,
        [
            NewPost(
                contact_id=clinician.contact_id,
                patient_id=owner,
                alert_id=alert.id if alert else None,
                lane="alert",
                shape="bubble",
                body=bubble.model_dump_json(),
                created_at=at,
                # what a patient's turn is to their prompts, an alert's number is to its buttons
                turn=alert.id if alert else None,
            )
            for clinician in clinicians
            if clinician.contact_id is not None
        ],
    )


def settle_buttons(
    unit: Unit, clinicians: Iterable[Clinician], alert: Alert, *, at: datetime
) -> None:
    """Take the buttons off the last bubble about this alert in these clinicians' chats."""
    outbox.add(
        unit,
        [
            NewPost(
                contact_id=clinician.contact_id,
                patient_id=alert.patient_id,
                alert_id=alert.id,
                lane="alert",
                shape="settle",
                body=Settled().model_dump_json(),
                created_at=at,
                turn=alert.id,
            )
            for clinician in clinicians
            if clinician.contact_id is not None
        ],
    )


def title(release: Release, alert: Alert) -> tuple[str, str]:
    """The tier's title and the reason's words for a clinician."""
    rule, tier = _rule(release, alert.rule)
    return tier.title, rule.clinician.strip()


def _rule(release: Release, name: str) -> tuple[Rule, Tier]:
    rule = release.escalation.rule(name)
    return rule, release.escalation.tiers[rule.tier]


def _reopen(unit: Unit, site: Site, alert: Alert, at: datetime) -> bool:
    if alert.state != "closed":
        return False
    _, tier = _rule(site.release, alert.rule)
    deadline = at + timedelta(minutes=tier.remind_minutes)
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
    _, tier = _rule(site.release, alert.rule)
    waits = alert.state in {"raised", "told"}
    deadline = at + timedelta(minutes=tier.remind_minutes) if waits else None
    team = care_team(unit) if team is None else team
    if not team:
        # nobody was told, so it stays raised; whoever joins hears of it at once
        alerts.postpone(unit, alert.id, deadline)
        return
    post_to(unit, team, _bubble(unit, site, alert, text, at), alert, at=at)
    make_move(unit, alert, "tell", clinician=None, at=at, deadline_at=deadline)


def _bubble(unit: Unit, site: Site, alert: Alert, text: str, at: datetime) -> Bubble:
    release = site.release
    patient = people.load(unit, [alert.patient_id])[alert.patient_id]
    tier, reason = title(release, alert)
    moves = ("take",) if alert.state in {"raised", "told"} else ("close",)
    values = {
        "tier": tier,
        "title": reason,
        "rule": alert.rule,
        "pseudonym": patient.pseudonym,
        "facts": "".join(f"\n{fact}" for fact in facts(release, alert)),
        "number": str(alert.id),
        "age": age(release, alert.raised_at, at),
        "count": str(alert.fired_count),
    }
    wanted = {name: value for name, value in values.items() if f"{{{name}}}" in release.text(text)}
    return fixed(release, text, alert_buttons(release, alert.id, *moves), **wanted)


def facts(release: Release, alert: Alert) -> Sequence[str]:
    """The scores that fired the alert, a line each, with their threshold and its source."""
    rule, _ = _rule(release, alert.rule)
    found = _FACTS.validate_json(alert.facts)
    return [text for fact in found for text in _fact(release, rule, fact)]


def _fact(release: Release, rule: Rule, fact: Fact) -> list[str]:
    told = {
        "measure": release.measures[fact.measure].title,
        "threshold": _threshold(release, fact),
        "source": rule.source,
    }
    if fact.now is None:
        return [
            line(release, "c-fact-item", item=item, value=_number(value), **told)
            for item, value in fact.items.items()
        ]
    scores = {"now": fact.now, "baseline": fact.baseline, "best": fact.best}
    numbers = {name: _number(score) for name, score in scores.items()}
    items = ", ".join(f"{item}: {_number(value)}" for item, value in fact.items.items())
    return [
        line(release, "c-fact", **numbers, **told),
        line(release, "c-fact-items", items=items),
    ]


def _threshold(release: Release, fact: Fact) -> str:
    if fact.now is None and not fact.bound:
        return line(release, "c-not-answered")
    if not fact.against:
        return fact.bound
    whom = [line(release, f"c-against-{name}") for name in fact.against]
    # a text of its own would lose the spaces around it
    joined = release.text("c-and").join(whom)
    change = line(release, "c-change", change=fact.change, against=joined)
    return ", ".join(filter(None, (fact.bound, change)))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
