"""Which suggested feedback fits where a patient is, and its words for this patient."""

from __future__ import annotations

from datetime import timedelta

from flows.conditions import holds
from flows.known import known_of
from flows.program import Feedback
from flows.scene import Scene
from flows.wording import plain, values_for


def fitting(scene: Scene, most: int) -> list[Feedback]:
    """The first suggestions, in the order of the file, that fit where the patient is."""
    return [each for each in scene.release.feedback if _fits(scene, each)][:most]


def filled(scene: Scene, suggested: Feedback) -> str:
    """The words of a suggestion for this patient, their own words among them."""
    text = suggested.text.strip()
    return plain(text, values_for(scene, text))


def _fits(scene: Scene, each: Feedback) -> bool:
    return (
        (each.when is None or holds(each.when, known_of(scene)))
        and (each.extra is None or each.extra in scene.state.addons)
        and (each.quiet_days is None or _is_quiet(scene, each.quiet_days))
    )


def _is_quiet(scene: Scene, days: int) -> bool:
    seen = scene.state.last_seen_at
    return seen is None or scene.event.at - seen >= timedelta(days=days)
