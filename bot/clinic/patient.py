"""A patient's page: their scores as charts and numbers, their lessons, and everything by time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.routing import Route

from bot.clinic import choices
from bot.clinic.answers import Answer, File, Missing, Shown
from bot.clinic.frame import Frame
from bot.clinic.looks import keep_look
from bot.clinic.opened import Opened, line_of, look, new_form, opened, shown_until, top
from bot.clinic.patients import PATH, asked_first
from bot.clinic.visit import Visit
from bot.clinic.writing import TEMPLATES
from bot.service import charts
from bot.service.charts import Figure
from bot.store import guidance, records, timeline
from bot.store.timeline import Moment
from flows.course import lessons_of
from flows.events import Cleared
from flows.program import Release
from flows.scene import Scene
from flows.state import Score, State

ONE = f"{PATH}/{{pseudonym}}"
MOMENTS = 60
"""How many moments a page of the timeline shows."""

MOST_PAGES = 250
"""As far as the timeline goes back: each page reads everything that is newer."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of the patient's course, and when they finished it."""

    title: str
    done_at: datetime | None
    is_open: bool


def routes(frame: Frame) -> list[Route]:
    """The addresses of a patient's page."""
    return [
        frame.page(ONE, overview, writes=True),
        frame.page(f"{ONE}/now", standing, writes=True),
        frame.page(f"{ONE}/timeline", by_time, writes=True),
        frame.page(f"{ONE}/chart/{{measure}}.svg", chart, writes=True),
    ]


def overview(visit: Visit) -> Answer:
    """Scores, lessons and what can be done; only the pseudonym where it is not open."""
    line = line_of(visit)
    if not visit.may_open(line.id):
        values = {"pseudonym": line.pseudonym, "typed": ""}
        return Shown("patient-shut.html", values, status=403)
    look(visit, line)
    it = opened(visit)
    release = visit.site.release
    scored = scored_of(visit, it)
    figures = figures_of(release, scored, it.state.zone)
    return Shown(
        "patient.html",
        {
            **top(visit, it, ""),
            "figures": [each for each in figures if len(each.dots) > 1],
            "singles": [each for each in figures if len(each.dots) == 1],
            "rows": _numbers(release, scored),
            "lessons": lessons_for(release, it.state, visit.at),
            "extras": _extras(release, it.state),
            "minutes": sum(each.minutes for each in guidance.of_patient(visit.unit, line.id)),
            "once": new_form(visit),
            "offered": choices.proposals(release),
            "modes": choices.MODES,
            "spent_on": choices.KINDS,
            "purposes": choices.PURPOSES,
        },
    )


def standing(visit: Visit) -> Answer:
    """What changes while one looks: the head of the page and the open alerts."""
    it = opened(visit)
    look(visit, it.line)
    return Shown("patient-now.html", top(visit, it, ""))


def by_time(visit: Visit) -> Answer:
    """Everything that was kept about the patient, the newest first; words only if asked for."""
    it = opened(visit)
    look(visit, it.line)
    number = min(max(1, visit.query_number("page") or 1), MOST_PAGES)
    moments = _moments(visit, it, number * MOMENTS + 1)
    page = moments[(number - 1) * MOMENTS : number * MOMENTS]
    until = shown_until(visit, it.line, "words")
    words = timeline.words(visit.unit, it.line.id, page) if until else {}
    values = {"moments": page, "words": words, "until": until, "what": "words"}
    pages = {"number": number, "is_more": number < MOST_PAGES and len(moments) > number * MOMENTS}
    names = {"rules": _rules(visit.site.release), "measures": visit.site.release.measures}
    flows = {name: flow.title for name, flow in visit.site.release.all_flows.items()}
    return Shown(
        "timeline.html",
        {**top(visit, it, "timeline"), **values, **pages, **names, "flows": flows},
    )


def chart(visit: Visit) -> Answer:
    """One chart as a file to keep."""
    it, name = opened(visit), visit.word("measure")
    if name not in visit.site.release.measures:
        raise Missing
    figures = figures_of(
        visit.site.release, {name: scored_of(visit, it).get(name, [])}, it.state.zone
    )
    if not figures:
        raise Missing
    keep_look(visit, it.line.id, "save-chart", name)
    drawn = TEMPLATES.get_template("chart.svg").render(figure=figures[0])
    return File(drawn.encode(), "image/svg+xml", f"{it.line.pseudonym}-{name}.svg")


def scored_of(visit: Visit, it: Opened) -> dict[str, list[Score]]:
    """The scores by measure, the oldest first; measures in the order of the first baseline."""
    found: dict[str, list[Score]] = defaultdict(list)
    for score in records.scores_of(visit.unit, it.line.id):
        found[score.measure].append(score)
    release = visit.site.release
    known = asked_first(release, release.measures.values())
    return {each.measure: found[each.measure] for each in known if each.measure in found}


def figures_of(release: Release, scored: dict[str, list[Score]], zone: str) -> list[Figure]:
    """The courses of these scores, as far as there is a score with a total."""
    drawn = [charts.figure(release.measures[name], them, zone) for name, them in scored.items()]
    return [each for each in drawn if each is not None]


def _numbers(release: Release, scored: dict[str, list[Score]]) -> list[dict[str, Any]]:
    """Every score as a row: the newest first in each measure."""
    return [
        {
            "measure": release.measures[name].title,
            "at": score.at,
            "total": charts.number_of(score.total),
            "missing": sum(value is None for value in score.items.values()),
            "items": ", ".join(
                f"{number}: {'–' if value is None else value}"
                for number, value in sorted(score.items.items())
            ),
            "prorated": score.prorated,
        }
        for name, them in scored.items()
        for score in reversed(them)
    ]


def lessons_for(release: Release, state: State, at: datetime) -> list[Lesson]:
    scene = Scene(release=release, state=state, event=Cleared(at=at))
    waiting = [frame.flow for frame in state.stack]
    return [
        Lesson(release.flow(name).title, state.finished(name), name in waiting)
        for name in lessons_of(scene)
        if name in release.all_flows
    ]


def _extras(release: Release, state: State) -> list[Lesson]:
    flows = [release.program.addons.get(name, "") for name in state.addons]
    return [
        Lesson(release.flow(flow).title, state.finished(flow), False)
        for flow in flows
        if flow in release.flows
    ]


def _moments(visit: Visit, it: Opened, limit: int) -> list[Moment]:
    kept = timeline.newest(visit.unit, it.line.id, limit, at=visit.at)
    done = [
        Moment(at=each.at, kind="done", subject=each.flow)
        for each in it.state.done
        if not each.flow.startswith("measure/")
    ]
    return sorted([*kept, *done], key=lambda each: each.at, reverse=True)[:limit]


def _rules(release: Release) -> dict[str, str]:
    return {rule.rule: rule.clinician.strip() for rule in release.escalation.rules}
