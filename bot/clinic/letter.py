"""The letter for the family doctor: drafted, shown to the patient, printed once they agreed."""

from __future__ import annotations

from starlette.routing import Route

from bot.clinic.answers import Answer, Shown
from bot.clinic.frame import Frame
from bot.clinic.looks import keep_look
from bot.clinic.opened import Opened, look, new_form, opened, shown_until, top
from bot.clinic.patient import ONE
from bot.clinic.visit import Visit
from bot.service import letter as letters
from bot.service import offers
from bot.store import offers as offered
from bot.store.offers import Offer


def routes(frame: Frame) -> list[Route]:
    """The addresses of the letter."""
    return [
        frame.page(f"{ONE}/letter", letter, writes=True),
        frame.page(f"{ONE}/letter/print", printed, writes=True),
    ]


def letter(visit: Visit) -> Answer:
    """How the letter stands, and a form to ask for one."""
    it = opened(visit)
    look(visit, it.line)
    asked = [o for o in offered.of_patient(visit.unit, it.line.id) if o.kind == "letter"]
    # the plan is in the patient's own words: it takes a look at the plans, which is kept
    plans_open = shown_until(visit, it.line, "cards") is not None
    plan = plans_open and visit.query("plan") == "1"
    values = {
        "agreed": offers.letter_of(visit.unit, it.line.id),
        "last": asked[-1] if asked else None,
        "draft": visit.field("text")
        or letters.text_of(visit.unit, visit.site, it.line.id, plan=plan, at=visit.at),
        "plans_open": plans_open,
        "with_plan": plan,
        "most": offers.MOST_LETTERS,
        "once": new_form(visit),
    }
    return Shown("letter.html", {**top(visit, it, "letter"), **values})


def printed(visit: Visit) -> Answer:
    """The letter as a page to print; only what the patient agreed to."""
    it = opened(visit)
    agreed = offers.letter_of(visit.unit, it.line.id)
    if agreed is None:
        return Shown("letter-none.html", top(visit, it, "letter"), status=404)
    _keep(visit, it, agreed)
    return Shown("letter-print.html", {**top(visit, it, "letter"), "letter": agreed})


def _keep(visit: Visit, it: Opened, agreed: Offer) -> None:
    keep_look(visit, it.line.id, "letter", f"letter {agreed.id}")
