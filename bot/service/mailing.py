"""What goes out by e-mail: alerts that nobody took, and trouble that operators must hear of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from bot.service.reasons import Reason, facts_of
from bot.service.site import Site
from bot.service.team import care_team, operators
from bot.service.wording import age, fixed, line
from bot.store import mails, outbox, people
from bot.store.alerts import Alert
from bot.store.mails import NewMail
from bot.store.outbox import NewPost
from bot.store.people import Clinician
from bot.store.unit import Unit


def mail_alert(
    unit: Unit, site: Site, alert: Alert, addresses: Iterable[str], at: datetime
) -> list[int]:
    """The numbers of the e-mails about an alert, one for each address; none without a server.

    One that still waits to tell the same address of the same alert is overtaken by the new one.
    """
    wanted = list(dict.fromkeys(addresses))
    if site.settings.smtp_url is None or not wanted:
        return []
    waiting = mails.waiting_about(unit, alert.id)
    mails.drop(unit, [mail.id for mail in waiting if mail.address in wanted], "overtaken")
    values = _values(unit, site, alert, at)
    subject = _one_line(line(site.release, "m-alert-subject", **values))
    body = line(site.release, "m-alert", **values)
    new = (NewMail("alert", address, subject, body, at, alert.id) for address in wanted)
    return [mails.add(unit, mail) for mail in new]


def page_operators(
    unit: Unit,
    site: Site,
    name: str,
    values: Mapping[str, str],
    at: datetime,
    *,
    also: Sequence[Clinician] = (),
) -> None:
    """Tell whoever runs the service, by Telegram and by e-mail, and these others by Telegram.

    Where no operator has joined, the care team is told.
    """
    told = {each.id: each for each in (*(operators(unit) or care_team(unit)), *also)}
    body = fixed(site.release, name, **values)
    posts = [
        NewPost(
            contact_id=each.contact_id,
            lane="alert",
            shape="bubble",
            body=body.model_dump_json(),
            created_at=at,
        )
        for each in told.values()
        if each.contact_id is not None
    ]
    outbox.add(unit, posts)
    # while the mail server is down, the same words need to wait there only once
    waiting = {(mail.address, mail.body) for mail in mails.waiting_about(unit, None)}
    for mail in operator_mails(site, body.text, at):
        if (mail.address, mail.body) not in waiting:
            mails.add(unit, mail)


def operator_mails(site: Site, text: str, at: datetime) -> list[NewMail]:
    """This text as an e-mail to each address in OPERATOR_MAIL; none without a server."""
    if site.settings.smtp_url is None:
        return []
    subject = _one_line(line(site.release, "m-operator-subject"))
    body = line(site.release, "m-operator", text=text)
    return [
        NewMail("operator", address, subject, body, at)
        for address in _listed(site.settings.operator_mail)
    ]


def alert_addresses(site: Site) -> list[str]:
    """The care team's own mailboxes, in ALERT_MAIL."""
    return _listed(site.settings.alert_mail)


def _values(unit: Unit, site: Site, alert: Alert, at: datetime) -> dict[str, str]:
    reason = Reason.model_validate_json(alert.facts)
    patient = people.load(unit, [alert.patient_id])[alert.patient_id]
    return {
        "tier": reason.tier,
        "title": reason.title,
        "rule": alert.rule,
        "pseudonym": patient.pseudonym,
        "facts": "".join(f"\n{fact}" for fact in facts_of(site.release, reason)),
        "number": str(alert.id),
        "age": age(site.release, alert.raised_at, at),
        "page": f"{site.settings.page_root}/clinic/patients/{quote(patient.pseudonym, safe='')}",
    }


def _listed(addresses: str | None) -> list[str]:
    return addresses.split(",") if addresses else []


def _one_line(words: str) -> str:
    return " ".join(words.split())
