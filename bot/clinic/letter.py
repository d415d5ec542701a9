"""The letter for the family doctor: drafted, shown to the patient, printed once they agreed."""

from __future__ import annotations

from starlette.routing import Route

from bot.clinic.answers import Answer, Shown
from bot.clinic.frame import Frame
from bot.clinic.opened import Opened, look, opened, top
from bot.clinic.patient import ONE, figures_of, lessons_for, scored_of
from bot.clinic.visit import Visit
from bot.clinic.writing import TEMPLATES
from bot.keys import new_code
from bot.service import offers
from bot.store import audit
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
    values = {
        "agreed": offers.letter_of(visit.unit, it.line.id),
        "last": asked[-1] if asked else None,
        "draft": draft(visit, it),
        "most": offers.MOST_LETTERS,
        "once": new_code(),
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
    audit.note(
        visit.unit,
        at=visit.at,
        clinician_id=visit.clinician.id,
        act="letter",
        patient_id=it.line.id,
        subject=f"letter {agreed.id}",
    )


def draft(visit: Visit, it: Opened) -> str:
    """A letter from the records: scores, lessons and weeks, and nothing in the patient's words."""
    release, scored = visit.site.release, scored_of(visit, it)
    followed = {name: them for name, them in scored.items() if release.measures[name].progress}
    lessons = lessons_for(release, it.state, visit.at)
    track = release.program.tracks.get(str(it.state.answers.get("track")))
    since = it.line.created_at
    values = {
        "pseudonym": it.line.pseudonym,
        "since": f"{since.day} {since:%B %Y}",
        "weeks": max(1, (visit.at - since).days // 7),
        "track": track.title if track else None,
        "done": sum(each.done_at is not None for each in lessons),
        "count": len(lessons),
        "figures": figures_of(release, followed, it.state.zone),
    }
    return TEMPLATES.get_template("letter-draft.txt").render(values).strip()
