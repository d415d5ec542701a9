"""The patients as a clinician sees them in their chat."""

from __future__ import annotations

from bot.service.desk.chair import Chair
from bot.service.wording import age, line
from bot.store import people

MOST_PATIENTS = 50


def list_patients(chair: Chair, rest: str) -> None:
    """Answer with the patients at a glance."""
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
