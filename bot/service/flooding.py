"""Who is told that too much came gets no more answers to it: what waits makes room for help."""

from __future__ import annotations

from bot.service.post import Bubble, bubble
from bot.store import outbox
from bot.store.people import Patient
from bot.store.unit import Unit
from flows import crowds
from flows.program import Release
from flows.turn import Turn


def make_room(unit: Unit, release: Release, patient: Patient, turned: Turn) -> None:
    """Drop the answers to a flood that still wait, where something else is to be said now.

    What is urgent is never among them.
    """
    if patient.contact_id is None or not crowds.makes_room(turned.state, turned.effects):
        return
    word = bubble(release.text("crowd"), {}).text
    waiting = outbox.waiting(unit, patient.contact_id)
    outbox.forget(unit, [post.id for post in waiting if not _stays(post.body, word)])


def _stays(body: str, word: str) -> bool:
    said = Bubble.model_validate_json(body)
    return crowds.stays(said.text, (data for row in said.buttons for _, data in row), word)
