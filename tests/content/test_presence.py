"""The times of a forgotten take-over: what an author may write, and what the check says."""

from __future__ import annotations

import pytest

from flows.program import Presence
from flows.walk.graph import Atlas
from flows.walk.order import order
from tests.flows.starts import real_release


@pytest.mark.parametrize(
    ("reminders", "back", "wrong"),
    [
        ((120, 360), 1440, []),
        ((), 60, []),
        ((360, 120), 1440, ["presence.remind_minutes"]),
        ((120, 120), 1440, ["presence.remind_minutes"]),
        ((0,), 1440, ["presence.remind_minutes"]),
        ((120, 360), 360, ["presence.back_minutes"]),
        ((), 30, ["presence.back_minutes"]),
    ],
)
def test_reminders_come_in_order_and_before_the_end(
    reminders: tuple[int, ...], back: int, wrong: list[str]
) -> None:
    """Times that cannot hold are named with their place."""
    release = real_release()
    presence = Presence(remind_minutes=reminders, back_minutes=back)
    program = release.program.model_copy(update={"presence": presence})

    found = order(Atlas(release.model_copy(update={"program": program})))

    assert [each.step for each in found if each.step.startswith("presence")] == wrong
