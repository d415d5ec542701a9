"""Discreet mode: what comes unasked shows no words on a locked phone, and records stay in the chat.

Help is never veiled: whoever needs it must be able to read it at a glance, and pass it on.
"""

from __future__ import annotations

from dataclasses import replace

from flows.effects import Chart, Effect, Send, Sheet
from flows.events import is_cue, is_patients
from flows.scene import Scene

KEY, ON = "discreet", "on"
"""The answer in /settings that turns it on."""


def is_on(scene: Scene) -> bool:
    """Whether this patient wants it."""
    return scene.state.answers.get(KEY) == ON


def held_close(before: Scene, after: Scene) -> Scene:
    """The scene in which what was said since then is a record, which may not be passed on."""
    if not is_on(after):
        return after
    old, new = after.effects[: len(before.effects)], after.effects[len(before.effects) :]
    return replace(after, effects=(*old, *(_private(each) for each in new)))


def veiled(scene: Scene) -> Scene:
    """The scene with its words veiled, where they come unasked; pictures may not be passed on."""
    if not is_on(scene):
        return scene
    is_unasked = not is_patients(scene.event) and not is_cue(scene.event)
    veil = scene.release.text("veil").strip() if is_unasked else ""
    return replace(scene, effects=tuple(_covered(each, veil) for each in scene.effects))


def _covered(effect: Effect, veil: str) -> Effect:
    if isinstance(effect, Send) and effect.lane != "crisis" and veil:
        return effect.model_copy(update={"veil": veil})
    return _private(effect) if isinstance(effect, Chart | Sheet) else effect


def _private(effect: Effect) -> Effect:
    if isinstance(effect, Send | Chart | Sheet):
        return effect.model_copy(update={"private": True})
    return effect
