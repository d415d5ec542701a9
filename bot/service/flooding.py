"""Who is told that too much came gets no more answers to it: what waits makes room for help."""

from __future__ import annotations

from bot.service.post import Bubble, bubble
from bot.store import outbox
from bot.store.people import Patient
from bot.store.unit import Unit
from flows.effects import Send
from flows.program import Release
from flows.turn import Turn

ANSWER = ".answer"
"""The button that stands under a clinician's words."""


def make_room(unit: Unit, release: Release, patient: Patient, turned: Turn) -> None:
    """Drop the answers to a flood that still wait, where something else is to be said now.

    Words of a clinician stay, that it was too much stays, and so does all that is urgent.
    """
    crowd = turned.state.crowd
    is_said = any(isinstance(effect, Send) for effect in turned.effects)
    if crowd is None or not crowd.full or not is_said or patient.contact_id is None:
        return
    word = bubble(release.text("crowd"), {}).text
    waiting = outbox.waiting(unit, patient.contact_id)
    outbox.forget(unit, [post.id for post in waiting if not _stays(post.body, word)])


def _stays(body: str, word: str) -> bool:
    said = Bubble.model_validate_json(body)
    is_clinicians = any(data == ANSWER for row in said.buttons for _, data in row)
    return is_clinicians or said.text == word
