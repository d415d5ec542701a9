"""What a patient agreed to: the same words still, or newer ones that they must be asked about.

Until they have agreed to newer words the program waits: what was open is put aside, whole, with
the release that it belongs to. Whoever says no has left.
"""

from __future__ import annotations

from flows.events import Due, Event, is_cue, is_patients
from flows.frames import rest
from flows.program import Release
from flows.scene import Scene
from flows.state import Aside, State
from flows.terms import fingerprint
from flows.watches import is_watch

NOT_ASKED = frozenset({"consenting", "withdrawn"})
"""The phases in which nobody has an agreement that could be out of date."""


def flow_of(release: Release) -> str | None:
    """The flow that asks for the agreement, or None in a program that has none."""
    return release.terms.flow if release.terms is not None else None


def terms(release: Release, keeps: str) -> str:
    """A hash of what is agreed to: the version, every word up to the question, how long it holds.

    `keeps` is for how long the service keeps records; it counts where the words name it.
    """
    return fingerprint(release.terms, keeps) if release.terms is not None else ""


def is_old(release: Release, state: State, keeps: str) -> bool:
    """Whether the patient agreed to other words than this release has."""
    if state.agreed is None or state.phase in NOT_ASKED or release.hash == state.excused:
        return False
    return state.agreed != terms(release, keeps)


def is_wanted(scene: Scene) -> bool:
    """Whether nothing of the program goes on before the patient agrees to the newer words."""
    return is_old(scene.release, scene.state, scene.event.desk.keeps)


def is_asked(scene: Scene) -> bool:
    """Whether they can be asked now: not in danger, and nobody writes in the program's place."""
    state = scene.state
    is_free = state.held is None and state.taken_by is None and not scene.in_safety
    return is_free and is_wanted(scene)


def release_for(newest: Release, begun: Release, state: State, event: Event) -> Release:
    """The release for this turn: the one that what is open began on, unless newer words wait.

    A safety talk ends on the release that it began on.
    """
    if not state.stack or newest.hash == begun.hash:
        return begun if state.stack else newest
    is_nudge = isinstance(event, Due) and not is_cue(event) and not is_watch(event)
    if not is_patients(event) and not is_nudge:
        return begun
    is_safe = state.held is None and not Scene(begun, event, state).in_safety
    is_free = is_safe and state.taken_by is None
    keeps = event.desk.keeps
    is_in_question = state.aside is not None or is_old(newest, state, keeps)
    if state.phase == "consenting":
        # whoever agrees only now agrees to the newest words
        is_in_question = terms(newest, keeps) != terms(begun, keeps)
    return newest if is_free and is_in_question else begun


def put_aside(scene: Scene, release: str) -> Scene:
    """The scene with what is open, which belongs to that release, put aside whole."""
    stack = rest(scene).state.stack
    aside = scene.state.aside or Aside(release=release, stack=stack)
    return rest(scene).but(stack=(), aside=aside)


def taken_up(scene: Scene) -> Scene:
    """The scene with what was put aside open again, once the patient has agreed."""
    aside = scene.state.aside
    if aside is None or is_wanted(scene) or scene.state.held is not None or scene.in_safety:
        return scene
    if scene.state.asked is not None:
        return scene
    if not aside.stack:
        return scene.but(aside=None)
    is_older = aside.release != scene.release.hash
    excused = aside.release if is_older else scene.state.excused
    return scene.but(stack=aside.stack, release=aside.release, aside=None, excused=excused)
