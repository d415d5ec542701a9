"""What a clinician does in their chat: look, take, write to a patient, close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.service import alerts as alerting
from bot.service import care
from bot.service.incoming import Incoming, Pressed, SentThing, Wrote
from bot.service.post import Bubble, Toast
from bot.service.site import Site
from bot.service.team import CARING, care_team
from bot.service.wording import age, alert_buttons, fixed, line, outcome_buttons
from bot.store import alerts, outbox, people
from bot.store.alerts import Alert
from bot.store.outbox import NewPost
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows.errors import IllegalMove
from flows.scene import Rows

MOST_LETTERS = 3000
MOST_PATIENTS = 50
LINES_A_BUBBLE = 10


@dataclass(frozen=True, slots=True)
class Chair:
    """A clinician at their desk, for one thing they did."""

    unit: Unit
    site: Site
    clinician: Clinician
    cause: int
    at: datetime

    def say(
        self, name: str, alert: Alert | None = None, buttons: Rows = (), /, **values: str
    ) -> None:
        """Answer the clinician with a fixed text."""
        self.post(fixed(self.site.release, name, buttons, **values), alert)

    def post(
        self, bubble: Bubble, alert: Alert | None, *, to: list[Clinician] | None = None
    ) -> None:
        """Put a bubble into the outbox for this clinician, or for others."""
        alerting.post_to(self.unit, to or [self.clinician], bubble, alert, at=self.at)


def at_desk(chair: Chair, incoming: Incoming) -> None:
    """Carry out what the clinician did, and answer them."""
    if chair.clinician.role not in CARING:
        chair.say("c-help-operator")
        return
    match incoming.what:
        case Pressed() as pressed:
            _answer_tap(chair, pressed, _pressed(chair, pressed.data))
        case Wrote(edited=True):
            chair.say("c-edited")
        case Wrote() as wrote:
            _wrote(chair, wrote)
        case SentThing():
            chair.say("c-text-only")
        case _:
            return


def _wrote(chair: Chair, wrote: Wrote) -> None:
    text = wrote.text.strip()
    if text.startswith("/"):
        _command(chair, (text[1:].partition("@")[0].split() or [""])[0].lower())
    elif wrote.reply_to is None:
        chair.say("c-which")
    else:
        _reply(chair, wrote.reply_to, text)


def _command(chair: Chair, name: str) -> None:
    match name:
        case "alerts":
            _list_alerts(chair)
        case "patients":
            _list_patients(chair)
        case _:
            chair.say("c-help")


def _list_alerts(chair: Chair) -> None:
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
        pseudonym=_patient(chair, alert.patient_id).pseudonym,
        state=line(release, f"c-state-{alert.state}", **who),
        age=age(release, alert.raised_at, chair.at),
    )


def _list_patients(chair: Chair) -> None:
    release = chair.site.release
    lines = [
        line(
            release,
            "c-patient-line",
            pseudonym=glance.pseudonym,
            phase=release.label(f"phase-{glance.phase}"),
            age=age(release, glance.last_seen_at, chair.at),
        )
        for glance in people.patients(chair.unit, MOST_PATIENTS)
    ]
    if lines:
        chair.say("c-patients", patients="\n".join(lines))
    else:
        chair.say("c-patients-none")


def _reply(chair: Chair, reply_to: int, text: str) -> None:
    contact = chair.clinician.contact_id or 0
    post = outbox.by_message(chair.unit, contact, reply_to)
    if post is None or post.patient_id is None:
        chair.say("c-which")
        return
    if len(text) > MOST_LETTERS:
        chair.say("c-too-long", count=str(len(text)), most=str(MOST_LETTERS))
        return
    patient = _patient(chair, post.patient_id)
    alert = alerts.get(chair.unit, post.alert_id) if post.alert_id else None
    if alert is not None:
        _acted(chair, alert)
    name = f"told:{chair.cause}"
    care.tell(chair.unit, patient, chair.clinician, text, at=chair.at, name=name)
    chair.say(
        "c-sent" if patient.reachable else "c-unreachable", alert, pseudonym=patient.pseudonym
    )


def _acted(chair: Chair, alert: Alert) -> None:
    """Writing to a patient takes an alert that nobody has, and shows that one is acted on."""
    if alert.state in {"raised", "told"}:
        _take(chair, alert)
        alert = alerts.get(chair.unit, alert.id) or alert
    if alert.state in {"taken", "acted"}:
        alerting.make_move(chair.unit, alert, "act", clinician=chair.clinician, at=chair.at)


def _pressed(chair: Chair, data: str) -> str | None:
    """What a tap asks for, carried out; the short notice to show, if any."""
    match data.split("."):
        case ["alert", number, *moves] if number.isdecimal():
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
    values = {"number": str(alert.id), "pseudonym": _patient(chair, alert.patient_id).pseudonym}
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
        pseudonym=_patient(chair, alert.patient_id).pseudonym,
    )
    chair.post(bubble, alert, to=to)


def _choose_outcome(chair: Chair, alert: Alert) -> str | None:
    if alert.state in {"raised", "told"}:
        return "c-take-first"
    alerting.settle_buttons(chair.unit, [chair.clinician], alert, at=chair.at)
    values = {"number": str(alert.id), "pseudonym": _patient(chair, alert.patient_id).pseudonym}
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
    patient = _patient(chair, alert.patient_id)
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


def _answer_tap(chair: Chair, pressed: Pressed, notice: str | None) -> None:
    text = chair.site.release.text(notice).strip() if notice else ""
    outbox.add(
        chair.unit,
        [
            NewPost(
                contact_id=chair.clinician.contact_id or 0,
                lane="reply",
                shape="toast",
                body=Toast(query=pressed.query, text=text).model_dump_json(),
                created_at=chair.at,
            )
        ],
    )


def _patient(chair: Chair, patient_id: int) -> Patient:
    return people.load(chair.unit, [patient_id])[patient_id]
