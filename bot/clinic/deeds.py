"""What a clinician does from a patient's page: each is a small form, and done once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.routing import Route

from bot.clinic import choices, kept, letter
from bot.clinic.answers import Answer, Shown, Unfit, Went
from bot.clinic.frame import Frame
from bot.clinic.opened import Opened, line_of, opened, path_of
from bot.clinic.patient import ONE
from bot.clinic.visit import Visit
from bot.service import access, call_offers, care, offers
from bot.store import audit, caseload, guidance, notes, openings
from flows import timing

MOST_LETTERS = care.PIECE
MOST_MINUTES = 240.0
LEAST_CALL, MOST_CALL = 5.0, 180.0
SLOTS = ("slot-1", "slot-2", "slot-3")
FURTHEST = timedelta(days=366)

WRITTEN: dict[str, Callable[[Visit], Answer]] = {
    "write": kept.messages,
    "note": kept.noted,
    "ask-letter": letter.letter,
}
"""The forms that hold somebody's own words, and the page on which each stands."""

REACHING = frozenset({"take-over", "call", "propose", "write", "ask-letter"})
"""What reaches the patient, and so is refused when they have left."""

Deed = Callable[[Visit, Opened, str], str]
"""What is done to a patient, under the name that makes it happen once; the notice it leaves."""


def routes(frame: Frame) -> list[Route]:
    """The addresses of the forms."""
    deeds: dict[str, tuple[Deed, str]] = {
        "take-over": (take_over, ""),
        "hand-back": (hand_back, ""),
        "call": (offer_call, ""),
        "propose": (propose, ""),
        "mode": (set_mode, ""),
        "assign": (assign, ""),
        "unassign": (unassign, ""),
        "minutes": (spend, ""),
        "write": (write, "/thread"),
        "note": (keep_note, "/notes"),
        "ask-letter": (ask_letter, "/letter"),
    }
    done = [frame.act(f"{ONE}/{name}", _once(name, *deed)) for name, deed in deeds.items()]
    return [frame.act(f"{ONE}/break", break_glass), *done]


def break_glass(visit: Visit) -> Answer:
    """Open a patient who is on nobody's own list, for a reason that is kept."""
    line = line_of(visit)
    reason = visit.field("reason")
    if not access.break_glass(visit.unit, visit.clinician, line.id, reason, visit.at):
        values = {"pseudonym": line.pseudonym, "typed": reason, "said": "glass-reason"}
        return Shown("patient-shut.html", values, status=409)
    return Went(path_of(line), "glass-broken")


def take_over(visit: Visit, it: Opened, name: str) -> str:
    """The clinician writes in the program's place."""
    return _said(
        care.take_over(visit.unit, visit.site, visit.clinician, it.patient, at=visit.at, name=name),
        "taken-over",
        "taken-over-already",
    )


def hand_back(visit: Visit, it: Opened, name: str) -> str:
    """The program goes on."""
    return _said(
        care.hand_back(visit.unit, visit.site, visit.clinician, it.patient, at=visit.at, name=name),
        "handed-back",
        "handed-back-already",
    )


def offer_call(visit: Visit, it: Opened, name: str) -> str:
    """Times for a call are offered."""
    slots = [slot for each in SLOTS if (slot := _slot(visit, each)) is not None]
    minutes = int(_minutes(visit, least=LEAST_CALL, most=MOST_CALL))
    purpose = visit.field("purpose")
    if not slots or purpose not in choices.PURPOSES:
        raise Unfit("call-slots")
    slots = sorted(set(slots))
    call_offers.offer(
        visit.unit,
        visit.site,
        visit.clinician,
        it.patient,
        slots,
        minutes,
        purpose,
        at=visit.at,
        name=name,
    )
    return "call-offered"


def propose(visit: Visit, it: Opened, name: str) -> str:
    """A change of the way is proposed."""
    chosen = choices.setting_of(visit.site.release, visit.field("change"))
    if chosen is None:
        raise Unfit("propose-what")
    offers.propose(
        visit.unit, visit.site, visit.clinician, it.patient, *chosen, at=visit.at, name=name
    )
    return "proposed"


def set_mode(visit: Visit, it: Opened, name: str) -> str:
    """How the patient wishes to be in contact."""
    if visit.field("mode") not in choices.MODES:
        raise Unfit("mode-which")
    caseload.set_mode(visit.unit, it.line.id, visit.field("mode"))
    return "mode-set"


def assign(visit: Visit, it: Opened, name: str) -> str:
    """The patient is put on a caseload."""
    caseload.assign(visit.unit, it.line.id, _member(visit, it), visit.at)
    return "assigned"


def unassign(visit: Visit, it: Opened, name: str) -> str:
    """The patient is taken off a caseload."""
    member = _member(visit, it)
    if not access.may_let_go(visit.unit, member, it.line.id):
        raise Unfit("unassign-last")
    caseload.unassign(visit.unit, it.line.id, member, visit.at)
    return "unassigned"


def spend(visit: Visit, it: Opened, name: str) -> str:
    """Minutes of guidance are kept."""
    kind, minutes = visit.field("kind"), _minutes(visit, most=MOST_MINUTES)
    if kind not in choices.KINDS:
        raise Unfit("minutes-how-many")
    guidance.spent(visit.unit, it.line.id, visit.clinician.id, kind, minutes, visit.at)
    return "minutes-kept"


def write(visit: Visit, it: Opened, name: str) -> str:
    """The clinician's words go to the patient."""
    text = visit.field("text")
    if not text:
        raise Unfit("write-what")
    if len(text) > MOST_LETTERS:
        raise Unfit("write-too-long")
    care.send(visit.unit, visit.site, visit.clinician, it.patient, text, at=visit.at, name=name)
    return "written" if it.patient.reachable else "written-unreachable"


def keep_note(visit: Visit, it: Opened, name: str) -> str:
    """A note is kept."""
    text = visit.field("text")
    if not text:
        raise Unfit("note-what")
    notes.add(
        visit.unit,
        patient_id=it.line.id,
        clinician_id=visit.clinician.id,
        text=text,
        at=visit.at,
    )
    return "note-kept"


def ask_letter(visit: Visit, it: Opened, name: str) -> str:
    """The patient is shown the letter, and asked whether it may be printed."""
    text = visit.field("text")
    if not text:
        raise Unfit("letter-what")
    try:
        offers.ask_letter(
            visit.unit, visit.site, visit.clinician, it.patient, text, at=visit.at, name=name
        )
    except offers.TooLong:
        raise Unfit("letter-too-long") from None
    return "letter-asked"


def _once(act: str, deed: Deed, place: str) -> Callable[[Visit], Answer]:
    """The deed behind its form: kept in the audit, and not done again by the same form."""

    def doing(visit: Visit) -> Answer:
        it = opened(visit)
        refused = care.refuses(visit.unit, it.patient, live=act == "take-over")
        if refused is not None and act in REACHING:
            return _again(visit, act, Unfit(f"refused-{refused}"))
        subject = f"form {visit.field('once')[:12]}"
        if openings.did(visit.unit, visit.clinician.id, it.line.id, act, subject=subject):
            return Went(it.path + place, "done-already")
        try:
            notice = deed(visit, it, f"page:{act}:{it.line.id}:{visit.clinician.id}:{subject}")
        except Unfit as unfit:
            return _again(visit, act, unfit)
        audit.note(
            visit.unit,
            at=visit.at,
            clinician_id=visit.clinician.id,
            act=act,
            patient_id=it.line.id,
            subject=subject,
        )
        return Went(it.path + place, notice)

    return doing


def _again(visit: Visit, act: str, unfit: Unfit) -> Answer:
    """The page of the form once more, with what was typed in it and what was wrong."""
    page = WRITTEN.get(act)
    answer = page(visit) if page is not None else None
    if not isinstance(answer, Shown):
        raise unfit
    return Shown(answer.template, {**answer.values, "said": unfit.notice}, status=409)


def _said(done: bool, yes: str, no: str) -> str:
    return yes if done else no


def _slot(visit: Visit, name: str) -> datetime | None:
    """The moment that was filled in, on the clinician's own clock; None for an empty field."""
    text = visit.field(name)
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit("call-slots") from None
    there = local.replace(tzinfo=visit.zone) if local.tzinfo is None else local
    if not visit.at < there <= visit.at + FURTHEST:
        raise Unfit("call-slots")
    return there.astimezone(timing.zone_of("UTC"))


def _minutes(visit: Visit, *, most: float, least: float = 0.0) -> float:
    try:
        minutes = float(visit.field("minutes").replace(",", "."))
    except ValueError:
        raise Unfit("minutes-how-many") from None
    # not a number compares with nothing
    if not (minutes > 0 and least <= minutes <= most):
        raise Unfit("minutes-how-many")
    return minutes


def _member(visit: Visit, it: Opened) -> int:
    known = {str(each.id): each.id for each in it.team}
    chosen = known.get(visit.field("who"))
    if chosen is None:
        raise Unfit("assign-whom")
    return chosen
