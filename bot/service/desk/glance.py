"""A patient at a glance, as the cards of the desk show them."""

from __future__ import annotations

from bot.service import when
from bot.service.desk.chair import Chair
from bot.service.wording import age, line
from bot.store.people import Patient
from flows.state import Score, State


def whom(chair: Chair, patient: Patient) -> dict[str, str]:
    """Who this is: pseudonym, phase, last score, and what time it is where they are."""
    return {
        "pseudonym": patient.pseudonym,
        "phase": chair.site.release.label(f"phase-{patient.phase}"),
        "score": last_score(chair, patient),
        "time": local_time(chair, patient),
    }


def last_score(chair: Chair, patient: Patient) -> str:
    """The patient's newest score that has a total, in words."""
    release = chair.site.release
    scored = [
        score
        for score in State.model_validate_json(patient.state_json).scores
        if score.total is not None and score.measure in release.measures
    ]
    if not scored:
        return line(release, "c-card-no-score")
    return _score(chair, scored[-1])


def _score(chair: Chair, score: Score) -> str:
    release = chair.site.release
    measure = release.measures[score.measure]
    return line(
        release,
        "c-card-score",
        title=measure.short,
        total=f"{score.total:g}",
        highest=f"{measure.range[1]:g}",
        age=age(release, score.at, chair.at),
    )


def local_time(chair: Chair, patient: Patient) -> str:
    """What the clock says where the patient is, or that nobody knows."""
    if patient.zone is None:
        return line(chair.site.release, "c-unknown")
    return when.zoned(chair.site, chair.at, patient.zone)
