"""An answer kept: under its key, in its own words, and a consent with all that was shown."""

from __future__ import annotations

from flows import agreement
from flows.answers import Answer, settled_value
from flows.effects import Agree, Record
from flows.scene import Scene
from flows.steps import Consent, Question, key_of
from flows.wording import plain, values_for


def keep_answer(scene: Scene, question: Question, given: Answer) -> Scene:
    """The scene with the answer to the step on top kept, if the question has a key."""
    key, top = key_of(question), scene.state.stack[-1]
    if key is None:
        return scene
    given = settled_value(scene, key, given)
    scene = known(scene, key, given).then(
        Record(flow=top.flow, step=top.step, key=key, value=given.value, question=question.text)
    )
    scene = scene.top_but(given=tuple(dict.fromkeys((*top.given, key))))
    if isinstance(question, Consent):
        agreed = given.value == "agree"
        scene = scene.then(Agree(version=question.consent, text=_shown(scene), agreed=agreed))
        return _agreed_to(scene) if agreed else scene
    return scene


def _agreed_to(scene: Scene) -> Scene:
    return scene.but(agreed=agreement.terms(scene.release, scene.event.desk.keeps))


def known(scene: Scene, key: str, given: Answer) -> Scene:
    """The scene in which this answer is known under its key, in place of an earlier one."""
    return scene.but(
        answers={**scene.state.answers, key: given.value},
        words={**scene.state.words, key: given.words},
    )


def _shown(scene: Scene) -> str:
    """Every text of the phase up to the question, which is what was agreed to."""
    top = scene.state.stack[-1]
    phase = scene.release.program.phases.get(scene.state.phase, ())
    earlier = phase[: phase.index(top.flow)] if top.flow in phase else ()
    flow = scene.release.flow(top.flow)
    steps = [step for name in earlier for step in scene.release.flow(name).steps]
    steps += flow.steps[: flow.names.index(top.step) + 1]
    texts = [getattr(step, "say", "") or getattr(step, "text", "") for step in steps]
    return "\n\n".join(plain(text, values_for(scene, text)).strip() for text in texts if text)
