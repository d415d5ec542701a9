"""What a due nudge writes: where the patient is now, and nothing that it left as it was."""

from __future__ import annotations

import re

from sqlalchemy import event

from bot.service import handle, nudge
from tests.bot.service.practice import Practice

INDEXED = {"phase", "last_seen_at"}


async def test_a_nudge_leaves_alone_by_what_patients_are_looked_for(practice: Practice) -> None:
    """These columns stand in indexes; what she does herself is written in them as ever."""
    ann = await practice.patient(1, "learning-cbt")
    [hers] = [each for each in ann.nudges if each.state == "waiting"]
    practice.clock.moment = hers.due_at
    written: list[set[str]] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE patients"):
            written.append(set(re.findall(r"\w+", statement)) & INDEXED)

    event.listen(practice.store._writing, "before_cursor_execute", note)
    assert practice.store.write_now(nudge.claim, practice.site) == 1
    practice.store.write_now(handle.handle_batch, practice.site)
    assert "sent" in {each.state for each in ann.nudges}
    assert written == [set()]

    await practice.intake.keep([ann.wrote("/help")])
    practice.store.write_now(handle.handle_batch, practice.site)
    assert written == [set(), INDEXED]
