"""Which words of the patient are passed on to the care team."""

from __future__ import annotations

from flows.effects import Relay
from flows.events import Attached, Edited, Joined, Said, words_of
from flows.scene import Scene
from flows.steps import Tell, Write


def relay_of(scene: Scene) -> tuple[Relay, ...]:
    """The patient's words to be passed on, if they were written to the care team."""
    event, words = scene.event, words_of(scene.event)
    if scene.state.taken_by is not None and words and not isinstance(event, Joined):
        return (Relay(text=words),)
    if isinstance(event, Said | Edited | Attached) and event.to_clinician and words:
        return (Relay(text=words),)
    if isinstance(event, Said) and _is_for_team(scene):
        return (Relay(text=event.text),)
    return ()


def _is_for_team(scene: Scene) -> bool:
    """Whether the open question asks for the words that its flow then tells the care team."""
    question, top = scene.question, scene.top
    if not isinstance(question, Write) or top is None:
        return False
    steps = scene.release.flow(top.flow).steps
    return any(isinstance(step, Tell) and step.tell == question.write for step in steps)
