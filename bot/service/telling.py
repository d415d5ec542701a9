"""How an alert is told: bubbles to people and groups, e-mails, and a try kept for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.service.hops import Reached
from bot.service.mailing import mail_alert
from bot.service.post import Bubble
from bot.service.posting import post_one
from bot.service.reasons import facts_of, reason_of
from bot.service.site import Site
from bot.service.wording import age, alert_buttons, fixed, line
from bot.store import alerts, mails, people, pseudonyms, tries
from bot.store.alerts import Alert
from bot.store.mails import NewMail
from bot.store.unit import Unit
from flows import escalation
from flows.errors import IllegalMove
from flows.escalation import UNTAKEN

_OTHERS = "c-alert-stands-still"


def tell(
    unit: Unit,
    site: Site,
    alert: Alert,
    reached: Reached,
    words: Callable[[int | None], str],
    *,
    hop: int,
    at: datetime,
) -> None:
    """Send the alert to all of these; each is a try that waits to be settled."""
    for clinician in reached.people:
        body = bubble(unit, site, alert, words(clinician.id), at)
        post = post_one(unit, clinician.contact_id or 0, body, alert, at=at)
        tries.add_try(
            unit,
            alert_id=alert.id,
            hop=hop,
            channel="telegram",
            clinician_id=clinician.id,
            post_id=post,
            at=at,
        )
    for group in reached.groups:
        body = group_bubble(unit, site, alert, at)
        post = post_one(unit, group.contact_id, body, alert, at=at)
        tries.add_try(unit, alert_id=alert.id, hop=hop, channel="group", post_id=post, at=at)
    for clinician_id, address in reached.addresses:
        for mail in mail_alert(unit, site, alert, [address], at):
            _mail_try(unit, alert, clinician_id, mail, hop, at)


def tell_together(
    unit: Unit, site: Site, found: Sequence[Alert], reached: Reached, *, hop: int, at: datetime
) -> None:
    """One bubble and one e-mail for each reader about many alerts of one rule."""
    body = collected(site, found)
    contacts = [(each.contact_id or 0, each.id) for each in reached.people]
    contacts_of_groups = [(each.contact_id, None) for each in reached.groups]
    for contact, clinician_id in (*contacts, *contacts_of_groups):
        post = post_one(unit, contact, body, None, at=at)
        for alert in found:
            tries.add_try(
                unit,
                alert_id=alert.id,
                hop=hop,
                channel="group" if clinician_id is None else "telegram",
                clinician_id=clinician_id,
                post_id=post,
                at=at,
            )
    for clinician_id, address in reached.addresses:
        subject = " ".join(body.text.splitlines()[0].split())
        mail = mails.add(unit, NewMail("alert", address, subject, body.text, at))
        for alert in found:
            _mail_try(unit, alert, clinician_id, mail, hop, at)


def told(unit: Unit, alert: Alert, hop: int, deadline: datetime, *, at: datetime) -> None:
    """Keep that it was told at this hop, and until when somebody must move."""
    alerts.reach(unit, alert.id, hop)
    make_move(unit, alert, "tell", clinician_id=None, at=at, deadline_at=deadline)


def make_move(
    unit: Unit,
    alert: Alert,
    trigger: str,
    *,
    clinician_id: int | None,
    at: datetime,
    deadline_at: datetime | None,
    outcome: str | None = None,
) -> bool:
    """Whether the move was made: not from every state, and the first of two that race wins."""
    try:
        state = escalation.move(alert.state, trigger)
    except IllegalMove:
        return False
    return alerts.save_move(
        unit,
        alert.id,
        expected_state=alert.state,
        state=state,
        move=trigger,
        clinician_id=clinician_id,
        at=at,
        deadline_at=deadline_at,
        outcome=outcome,
    )


def bubble(unit: Unit, site: Site, alert: Alert, text: str, at: datetime) -> Bubble:
    """The alert in these words, with what the reader can do about it."""
    release, reason = site.release, reason_of(alert)
    moves = ("take",) if alert.state in UNTAKEN else ("close",)
    moves = ("relieve",) if text == _OTHERS else moves
    names = {each.id: each.name for each in people.clinicians(unit)}
    taker = {"name": names.get(alert.taken_by or 0, "–")} if text == _OTHERS else {}
    return fixed(
        release,
        text,
        alert_buttons(release, alert.id, *moves, "why"),
        tier=reason.tier,
        title=reason.title,
        rule=alert.rule,
        pseudonym=pseudonyms.of(unit, alert.patient_id),
        facts="".join(f"\n{fact}" for fact in facts_of(release, reason)),
        number=str(alert.id),
        age=age(release, alert.raised_at, at),
        count=str(alert.fired_count),
        **taker,
    )


def group_bubble(unit: Unit, site: Site, alert: Alert, at: datetime) -> Bubble:
    """What a group reads of an alert: about whom, how urgent and why, and no score."""
    reason = reason_of(alert)
    moves = ("take",) if alert.state in UNTAKEN else ()
    return fixed(
        site.release,
        "c-alert-group",
        alert_buttons(site.release, alert.id, *moves),
        tier=reason.tier,
        title=reason.title,
        pseudonym=pseudonyms.of(unit, alert.patient_id),
        number=str(alert.id),
        age=age(site.release, alert.raised_at, at),
    )


def collected(site: Site, found: Sequence[Alert]) -> Bubble:
    """Many alerts of one rule in one bubble."""
    reason = reason_of(found[0])
    values = {"tier": reason.tier, "title": reason.title, "rule": found[0].rule}
    return fixed(site.release, "c-collected", count=str(len(found)), **values)


def who_has(unit: Unit, site: Site, alert: Alert) -> str:
    """A line that says who has the alert."""
    names = {each.id: each.name for each in people.clinicians(unit)}
    pseudonym = pseudonyms.of(unit, alert.patient_id)
    name = names.get(alert.taken_by or 0, "–")
    return line(site.release, "c-taken-other", name=name, number=str(alert.id), pseudonym=pseudonym)


def _mail_try(
    unit: Unit, alert: Alert, clinician_id: int | None, mail: int, hop: int, at: datetime
) -> None:
    tries.add_try(
        unit,
        alert_id=alert.id,
        hop=hop,
        channel="mail",
        clinician_id=clinician_id,
        mail_id=mail,
        at=at,
    )


def state_of(unit: Unit, site: Site, alert: Alert) -> str:
    """Who has the alert, or that nobody has it, in a few words."""
    text = f"c-state-{alert.state}"
    if "{name}" not in site.release.text(text):
        return line(site.release, text)
    names = {each.id: each.name for each in people.clinicians(unit)}
    return line(site.release, text, name=names.get(alert.taken_by or 0, "–"))
