"""The weekly round: whose turn it is, what to know about them, and what could be said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.service import care, when
from bot.service.guiding import due_call, scene_of
from bot.service.reasons import reason_of
from bot.service.site import Site
from bot.service.wording import age, line
from bot.store import alerts, calls, guidance, guided, people
from bot.store.calls import Call
from bot.store.guided import Guided
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from bot.store.wants import TIERS
from flows import course, timing
from flows.feedback import filled, fitting
from flows.measure import Measure
from flows.measures import trend
from flows.scene import Scene

MOST_PATIENTS = 200
MOST_SUGGESTIONS = 3
QUIET = timedelta(days=14)
A_WEEK = timedelta(weeks=1)
PHASES = ("planning", "learning", "paused", "finishing", "following_up")
"""The phases in which someone is guided; in others only an alert brings them into a round."""

OFF_TRACK = frozenset(
    {"behind-schedule", "nudges-unanswered", "overdue-after-amber", "silence-after-amber"}
)
"""The rules whose alerts say that somebody fell behind."""


@dataclass(frozen=True, slots=True)
class Need:
    """Why a patient's turn comes when it does."""

    patient_id: int
    pseudonym: str
    mode: str
    tier: str | None
    worse: tuple[str, ...]
    unread: int
    off_track: bool
    weeks: int

    @property
    def rank(self) -> tuple[int, int, int, int, int, int, int]:
        """The less, the earlier; who wishes for no contact comes last."""
        urgency = TIERS.index(self.tier) if self.tier in TIERS else len(TIERS)
        return (
            int(self.mode == "none"),
            urgency,
            -len(self.worse),
            -self.unread,
            int(not self.off_track),
            -self.weeks,
            self.patient_id,
        )


@dataclass(frozen=True, slots=True)
class Suggested:
    """Words that a clinician may send: their name, what the button says, and the words."""

    name: str
    title: str
    text: str


def order(unit: Unit, site: Site, clinician: Clinician, at: datetime) -> list[Need]:
    """The clinician's patients, most need first; who wishes for no contact only with an alert."""
    found = guided.of_clinician(unit, clinician.id, PHASES, MOST_PATIENTS)
    numbers = [each.id for each in found]
    tiers, behind = _alerts(unit, numbers)
    worse, unread = _worse(unit, site, numbers), care.unread(unit, numbers)
    contacts = _contacts(unit, numbers)
    needs = [
        Need(
            patient_id=each.id,
            pseudonym=each.pseudonym,
            mode=each.mode,
            tier=tiers.get(each.id),
            worse=tuple(worse[each.id]),
            unread=unread[each.id].count if each.id in unread else 0,
            off_track=each.id in behind or _is_quiet(each, at),
            weeks=(at - contacts.get(each.id, each.created_at)) // A_WEEK,
        )
        for each in found
        if each.mode != "none" or each.id in tiers
    ]
    return sorted(needs, key=lambda need: need.rank)


def summary(unit: Unit, site: Site, patient_id: int, at: datetime) -> tuple[str, ...]:
    """Five lines: who and where, scores, the last sign of life, the plan, what is open."""
    patient = people.load(unit, [patient_id])[patient_id]
    scene = scene_of(site, patient, at)
    return (
        _who(site, patient, scene),
        _scores(site, scene),
        _last(site, scene, at),
        _plan(site, scene),
        _open(unit, site, patient, at),
    )


def suggestions(unit: Unit, site: Site, patient_id: int, at: datetime) -> list[Suggested]:
    """Up to three suggestions from content/feedback.yaml that fit, quoting the patient's plan."""
    patient = people.load(unit, [patient_id])[patient_id]
    scene = scene_of(site, patient, at)
    fit = fitting(scene, MOST_SUGGESTIONS)
    return [Suggested(each.feedback, each.title, filled(scene, each)) for each in fit]


def over_calls(unit: Unit, patient_id: int) -> list[Call]:
    """The patient's calls that are over, and of which nobody has said how they went."""
    return [call for call in calls.of_patient(unit, patient_id) if call.state == "over"]


def _alerts(unit: Unit, numbers: Sequence[int]) -> tuple[dict[int, str], set[int]]:
    """The most urgent open tier of each patient, and who fell behind."""
    found = guided.open_alerts(unit, numbers)
    known = sorted((each for each in found if each.tier in TIERS), key=lambda a: -_rank(a.tier))
    return (
        {each.patient_id: each.tier for each in known},
        {each.patient_id for each in found if each.rule in OFF_TRACK},
    )


def _rank(tier: str) -> int:
    return TIERS.index(tier)


def _worse(unit: Unit, site: Site, numbers: Sequence[int]) -> dict[int, list[str]]:
    """In which measures each patient is reliably worse than at the start."""
    measures = {m.measure: m for m in site.release.measures.values() if m.progress}
    series: dict[tuple[int, str], list[float]] = defaultdict(list)
    for each in guided.totals(unit, numbers, list(measures)):
        series[each.patient_id, each.measure].append(each.total)
    found: dict[int, list[str]] = defaultdict(list)
    for (patient_id, name), totals in series.items():
        if trend(measures[name], totals[0], totals[-1]) == "worse":
            found[patient_id].append(name)
    return found


def _contacts(unit: Unit, numbers: Sequence[int]) -> dict[int, datetime]:
    """When each patient last had somebody's attention."""
    wrote = guided.written_to(unit, numbers)
    spent = guidance.last_by_patient(unit, list(numbers))
    return {
        number: max(each for each in (wrote.get(number), spent.get(number)) if each is not None)
        for number in {*wrote, *spent}
    }


def _is_quiet(each: Guided, at: datetime) -> bool:
    waits = each.phase in {"planning", "learning", "finishing"}
    return waits and (each.last_seen_at is None or at - each.last_seen_at >= QUIET)


def _who(site: Site, patient: Patient, scene: Scene) -> str:
    zone = when.zone_or(site, patient.zone)
    lessons = course.lessons_done(scene)
    return line(
        site.release,
        "c-round-who",
        pseudonym=patient.pseudonym,
        phase=site.release.label(f"phase-{patient.phase}"),
        done=str(lessons),
        all=str(lessons + course.lessons_left(scene)),
        week=str(course.weeks(scene) + 1 if scene.state.learning_at else 0),
        time=f"{timing.local(scene.event.at, zone):%H:%M}",
        zone=when.place(site, zone),
    )


def _scores(site: Site, scene: Scene) -> str:
    followed = [m for m in site.release.measures.values() if m.progress]
    said = [_score(site, scene, measure) for measure in followed]
    known = ", ".join(filter(None, said)) or line(site.release, "c-round-no-scores")
    return line(site.release, "c-round-scores", scores=known)


def _score(site: Site, scene: Scene, measure: Measure) -> str:
    scores = scene.state.scores_of(measure.measure)
    if not scores:
        return ""
    first, last = scores[0].total or 0.0, scores[-1].total or 0.0
    if len(scores) == 1:
        return line(site.release, "c-round-score-first", title=measure.short, last=f"{last:.3g}")
    return line(
        site.release,
        "c-round-score",
        title=measure.short,
        first=f"{first:.3g}",
        last=f"{last:.3g}",
        trend=line(site.release, f"c-trend-{trend(measure, first, last)}"),
    )


def _last(site: Site, scene: Scene, at: datetime) -> str:
    lessons = [done for done in scene.state.done if done.flow.startswith("lesson/")]
    done = lessons[-1] if lessons else None
    known = done is not None and done.flow in site.release.flows
    text = "c-round-last" if known else "c-round-last-none"
    values = {"seen": age(site.release, scene.state.last_seen_at, at)}
    if done is not None and known:
        values |= {
            "lesson": site.release.flow(done.flow).title,
            "age": age(site.release, done.at, at),
        }
    return line(site.release, text, **values)


def _plan(site: Site, scene: Scene) -> str:
    plan = scene.state.words.get("plan-what")
    if not plan:
        return line(site.release, "c-round-no-plan")
    return line(site.release, "c-round-plan", plan=" ".join(plan.split()))


def _open(unit: Unit, site: Site, patient: Patient, at: datetime) -> str:
    release = site.release
    unread = care.unread(unit, [patient.id]).get(patient.id)
    found = alerts.open_of_patient(unit, patient.id)
    tiers = [reason_of(each).tier for each in found]
    booked = [c for c in calls.of_patient(unit, patient.id) if c.state == "booked" and c.at]
    due = due_call(unit, site, patient, at)
    said = [
        *(line(release, "c-round-alert", tier=title) for title in tiers),
        *([line(release, "c-round-unread", count=str(unread.count))] if unread else []),
        *(
            line(release, "c-round-call", when=when.zoned(site, call.at, zone))
            for call in booked
            if call.at and (zone := when.zone_or(site, call.clinician_zone))
        ),
        *(
            line(release, "c-round-call-over", when=when.zoned(site, call.at, zone))
            for call in over_calls(unit, patient.id)
            if call.at and (zone := when.zone_or(site, call.clinician_zone))
        ),
        *([line(release, "c-round-due", purpose=release.label(f"call-for-{due}"))] if due else []),
    ]
    return line(release, "c-round-open", open=", ".join(said) or line(release, "c-round-nothing"))
