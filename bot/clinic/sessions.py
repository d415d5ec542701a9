"""Sessions: where somebody is signed in, and how that is ended."""

from __future__ import annotations

from starlette.routing import Route

from bot.clinic.answers import Answer, Forbidden, Shown, Went
from bot.clinic.frame import ROOT, Frame
from bot.clinic.visit import Visit
from bot.service import signing_in
from bot.store import audit, pages

MINE = f"{ROOT}/sessions"


def routes(frame: Frame) -> list[Route]:
    """One's own sessions, and how they are ended."""
    return [
        frame.page(MINE, view),
        frame.act(f"{MINE}/end-others", end_others),
        frame.act(f"{MINE}/{{session}}/end", end),
    ]


def view(visit: Visit) -> Answer:
    """Where the clinician is signed in now."""
    mine = signing_in.sessions(visit.unit, visit.at, visit.clinician)
    values = {"sessions": [(each, agent_words(each.agent)) for each in mine]}
    return Shown("sessions.html", {**values, "this": visit.session.id})


def end(visit: Visit) -> Answer:
    """One session is over: one's own, or anyone's where a lead says so."""
    session = pages.get(visit.unit, visit.part("session"))
    is_own = session is not None and session.clinician_id == visit.clinician.id
    if session is None or not (is_own or visit.is_lead):
        # nobody learns which numbers there are
        raise Forbidden
    ended = pages.end(visit.unit, session.id, "revoked", visit.at)
    _note(visit, f"of clinician {session.clinician_id}")
    back = f"{ROOT}/team" if visit.field("back") == "team" and visit.is_lead else MINE
    return Went(back, "session-ended" if ended else "session-gone")


def end_others(visit: Visit) -> Answer:
    """All of the clinician's sessions but this one are over."""
    for each in signing_in.sessions(visit.unit, visit.at, visit.clinician):
        if each.id != visit.session.id:
            pages.end(visit.unit, each.id, "revoked", visit.at)
    _note(visit, "all other own ones")
    return Went(MINE, "sessions-ended")


def _note(visit: Visit, subject: str) -> None:
    audit.note(
        visit.unit,
        at=visit.at,
        clinician_id=visit.clinician.id,
        act="end-session",
        subject=subject,
    )


_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("OPR/", "Opera"), ("Chrome/", "Chrome"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def agent_words(agent: str) -> str:
    """The browser and its system in plain words, as far as they can be told."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    if not browser and "Safari/" in agent:
        browser = "Safari"
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " on ".join(filter(None, (browser or "A browser", system)))
