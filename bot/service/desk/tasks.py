"""What a clinician was asked to write: each task's room takes the next words."""

from __future__ import annotations

from collections.abc import Callable

from bot.service.desk.chair import Chair
from bot.service.incoming import Wrote
from bot.store import desks
from bot.store.desks import Desk
from bot.store.outbox import Post

Task = Callable[[Chair, Desk, Wrote], None]
"""Takes the words that answer a task; what was asked is cleared already, and may be put again."""

TASKS: dict[str, Task] = {}
"""Every task by the name under which it lies on the desk."""


def ask(chair: Chair, task: str, patient_id: int | None, detail: str = "") -> None:
    """Have the clinician's next words go to this task."""
    desks.put(chair.unit, chair.clinician.id, task, patient_id, detail, chair.at)


def is_asked_by(chair: Chair, post: Post) -> bool:
    """Whether this bubble asked for what lies on the desk, so that a reply to it is meant for that.

    Words that were asked for must never go to the patient whom they are about.
    """
    desk = desks.get(chair.unit, chair.clinician.id, chair.at)
    return desk is not None and desk.at == post.created_at


def take(chair: Chair, wrote: Wrote) -> bool:
    """Whether a task was open, and so took these words."""
    desk = desks.get(chair.unit, chair.clinician.id, chair.at)
    if desk is None or desk.task not in TASKS:
        return False
    desks.clear(chair.unit, chair.clinician.id)
    TASKS[desk.task](chair, desk, wrote)
    return True


def cancel(chair: Chair, rest: str) -> None:
    """Forget what the clinician was asked to write, and answer so."""
    desks.clear(chair.unit, chair.clinician.id)
    chair.say("c-cancelled")
