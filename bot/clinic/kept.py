"""What is opened only on demand: plans and exercises, the thread, the notes; each look is kept."""

from __future__ import annotations

from starlette.routing import Route

from bot import markup
from bot.clinic.answers import Answer, Missing, Shown, Went
from bot.clinic.frame import Frame
from bot.clinic.opened import Opened, look, new_form, opened, shown_until, top
from bot.clinic.patient import ONE
from bot.clinic.visit import Visit
from bot.service import care, charts
from bot.store import audit, cards, notes, thread

SHOWS = {"words": "timeline", "thread": "thread", "cards": "plans", "notes": "notes"}
"""What can be shown on demand, and the page on which it stands."""


def routes(frame: Frame) -> list[Route]:
    """The addresses of what is opened on demand."""
    return [
        frame.page(f"{ONE}/thread", messages, writes=True),
        frame.page(f"{ONE}/plans", plans, writes=True),
        frame.page(f"{ONE}/notes", noted, writes=True),
        frame.act(f"{ONE}/show", show),
        frame.act(f"{ONE}/hide", hide),
    ]


def messages(visit: Visit) -> Answer:
    """The thread if it was asked for; what the clinician reads there counts as seen."""
    it = opened(visit)
    look(visit, it.line)
    until = shown_until(visit, it.line, "thread")
    found = thread.of(visit.unit, it.line.id) if until else []
    if until and not visit.asked.polls:
        care.mark_seen(visit.unit, it.line.id, visit.at)
    names = {each.id: each.name for each in it.team}
    values = {"messages": found, "names": names, "until": until, "what": "thread"}
    form = {"once": new_form(visit), "typed": visit.field("text"), "score": _last_score(visit, it)}
    return Shown("thread.html", {**top(visit, it, "thread"), **values, **form})


def plans(visit: Visit) -> Answer:
    """The patient's plans and exercise records if they were asked for."""
    it = opened(visit)
    look(visit, it.line)
    until = shown_until(visit, it.line, "cards")
    kept = cards.of_patient(visit.unit, it.line.id) if until else []
    shown = [(each, markup.plain(each.card.text, each.card.words)) for each in reversed(kept)]
    values = {"cards": shown, "until": until, "what": "cards", "count": len(it.state.cards)}
    return Shown("plans.html", {**top(visit, it, "plans"), **values})


def noted(visit: Visit) -> Answer:
    """The notes if they were asked for, and a form for a new one."""
    it = opened(visit)
    look(visit, it.line)
    until = shown_until(visit, it.line, "notes")
    found = notes.of_patient(visit.unit, it.line.id) if until else []
    names = {each.id: each.name for each in it.team}
    count = notes.count(visit.unit, it.line.id)
    values = {"notes": found, "names": names, "until": until, "what": "notes", "count": count}
    form = {"once": new_form(visit), "typed": visit.field("text")}
    return Shown("notes.html", {**top(visit, it, "notes"), **values, **form})


def show(visit: Visit) -> Answer:
    """Show what was asked for, for a while, and keep that it was."""
    return _turned(visit, "show")


def hide(visit: Visit) -> Answer:
    """Hide it again."""
    return _turned(visit, "hide")


def _turned(visit: Visit, act: str) -> Went:
    it, what = opened(visit), visit.field("what")
    if what not in SHOWS:
        raise Missing
    audit.note(
        visit.unit,
        at=visit.at,
        clinician_id=visit.clinician.id,
        act=f"{act}-{what}",
        patient_id=it.line.id,
    )
    number = visit.field("page")
    page = f"?page={number}" if number.isascii() and number.isdecimal() else ""
    return Went(f"{it.path}/{SHOWS[what]}{page}")


def _last_score(visit: Visit, it: Opened) -> str | None:
    """The newest of the scores that patients follow: it helps to see to whom one writes."""
    followed = {m.measure: m.short for m in visit.site.release.measures.values() if m.progress}
    whole = [s for s in it.state.scores if s.total is not None and s.measure in followed]
    last = max(whole, key=lambda score: score.at, default=None)
    return f"{followed[last.measure]} {charts.number_of(last.total)}" if last else None
