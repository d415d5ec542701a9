"""A one-page letter about a patient's progress, from what is recorded, for them to approve."""

from __future__ import annotations

from datetime import datetime

from bot.service.guiding import scene_of
from bot.service.site import Site
from bot.service.wording import line
from bot.store import people
from bot.store.unit import Unit
from flows import course, timing
from flows.measure import Measure
from flows.measures import trend
from flows.scene import Scene
from flows.state import Score

MOST_MEASURES = 12
MOST_PLAN = 300


def text_of(unit: Unit, site: Site, patient_id: int, *, plan: bool, at: datetime) -> str:
    """The letter as it would be now: numbers only, and the plan in own words if that is wished."""
    patient = people.load(unit, [patient_id])[patient_id]
    scene = scene_of(site, patient, at)
    lessons = course.lessons_done(scene)
    own = _plan(site, scene) if plan else ""
    return line(
        site.release,
        "letter",
        date=_day(site, at, scene.state.zone),
        since=_day(site, patient.created_at, scene.state.zone),
        weeks=str(course.weeks(scene)),
        done=str(lessons),
        all=str(lessons + course.lessons_left(scene)),
        scores="\n".join(_scores(site, scene)) or line(site.release, "letter-no-scores"),
        plan=f"\n\n{own}" if own else "",
    )


def _scores(site: Site, scene: Scene) -> list[str]:
    followed = [m for m in site.release.measures.values() if m.progress]
    known = [(m, scores) for m in followed if (scores := scene.state.scores_of(m.measure))]
    return [_score(site, scene, *each) for each in known[:MOST_MEASURES]]


def _score(site: Site, scene: Scene, measure: Measure, scores: tuple[Score, ...]) -> str:
    first, last = scores[0], scores[-1]
    values = {
        "title": measure.title,
        "first": _rounded(first),
        "first_day": _day(site, first.at, scene.state.zone),
        "highest": f"{measure.range[1]:g}",
        "good": line(site.release, f"better-{measure.better}"),
    }
    if len(scores) == 1:
        return line(site.release, "letter-score-first", **values)
    change = trend(measure, first.total or 0.0, last.total or 0.0)
    return line(
        site.release,
        "letter-score",
        last=_rounded(last),
        last_day=_day(site, last.at, scene.state.zone),
        trend=line(site.release, f"letter-{change}"),
        **values,
    )


def _plan(site: Site, scene: Scene) -> str:
    words = scene.state.words.get("plan-what", "")
    plan = " ".join(words.split())[:MOST_PLAN]
    return line(site.release, "letter-plan", plan=plan) if plan else ""


def _day(site: Site, moment: datetime, zone: str) -> str:
    day = timing.local_date(moment, zone)
    return f"{day.day} {site.release.text('months').split()[day.month - 1]} {day.year}"


def _rounded(score: Score) -> str:
    return f"{score.total:.3g}"
