"""Nobody was there to hear: the patient is told once, and what was asked is asked again."""

from __future__ import annotations

from datetime import datetime, timedelta

from flows import timing
from flows.events import Away
from flows.prompts import lasting
from flows.scene import Scene
from flows.talk import ask_again
from flows.wording import day_words, message, worded, zone_of

LEAP = 1000
"""How many turns a restored backup may lack: a button sent in one of them must be stale."""
_WEEKDAY_SAYS_WHICH = timedelta(days=6)


def away(scene: Scene, event: Away) -> Scene:
    """The scene with words that some may be lost; in danger with the lines and nothing else."""
    if event.restored:
        scene = scene.but(turn=scene.state.turn + LEAP)
    if scene.state.phase == "withdrawn" and scene.state.held is None:
        return scene
    scene = _told(scene, event)
    # what was left for later stays so, and a clinician who writes is not broken into
    return ask_again(scene) if scene.state.asked is not None else scene


def _told(scene: Scene, event: Away) -> Scene:
    since, until = _moment(scene, event.since), _moment(scene, event.until)
    if scene.state.held is not None:
        return message(scene, "away-held", since=since, until=until)
    name = "away-restored" if event.restored else "away"
    return message(scene, name, buttons=lasting(scene, "now"), since=since, until=until)


def _moment(scene: Scene, at: datetime) -> str:
    """The moment on the patient's own clock, or how many days ago it was."""
    ago = scene.event.at - at
    if ago > _WEEKDAY_SAYS_WHICH:
        return worded(scene, "away-days", count=str(ago.days))
    local = timing.local(at, zone_of(scene))
    return worded(scene, "clock", time=f"{local:%H:%M}", day=day_words(scene, at))
