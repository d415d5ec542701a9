"""A tick asks once for all of its parts, and leaves out those that have nothing to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from bot.service import deliver, glance
from bot.store.replicas import ALONE
from bot.store.tables import outbox
from tests.bot.service.practice import Practice

SECOND = timedelta(seconds=1)


def busy(practice: Practice) -> set[str]:
    """What the next tick would do."""
    return set(practice.store.read_now(glance.busy, practice.site, ALONE))


async def asked(practice: Practice) -> list[str]:
    """The statements of one tick."""
    found: list[str] = []

    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    sources = practice.store._reading, practice.store._writing
    for source in sources:
        event.listen(source, "before_cursor_execute", note)
    await practice.workers._tick()
    for source in sources:
        event.remove(source, "before_cursor_execute", note)
    return [each for each in found if not each.startswith("BEGIN")]


async def test_a_quiet_tick_asks_two_questions(practice: Practice) -> None:
    """One for the clocks of everybody, one for the digests of the team; and it writes nothing."""
    await practice.patient(101)
    await practice.clinician(9, "Dr Lee")
    await practice.tick()

    practice.clock.moment += SECOND
    statements = await asked(practice)

    assert [each.split()[0] for each in statements] == ["SELECT", "SELECT"]
    assert busy(practice) == set()


def test_whatever_may_be_left_out_is_a_part_of_the_tick(practice: Practice) -> None:
    """A name that is no part's would leave out nothing, and a part of another name would starve."""
    assert set(practice.workers._ticks.parts()) >= glance.ASKED


@pytest.mark.parametrize(
    ("by", "ago", "is_busy"),
    [
        pytest.param(0, SECOND, False, id="ours, just claimed"),
        pytest.param(0, deliver.LEASE, True, id="ours, for as long as anything may take"),
        pytest.param(0, -deliver.LEASE - SECOND, True, id="ours, by a clock that was ahead"),
        pytest.param(7, SECOND, True, id="another process', which may be gone"),
        pytest.param(None, SECOND, True, id="nobody knows whose"),
    ],
)
async def test_a_post_on_its_way_is_looked_at_when_it_may_be_lost(
    practice: Practice, by: int | None, ago: timedelta, is_busy: bool
) -> None:
    """One that this process has in hand keeps no tick busy."""
    await practice.clinician(9, "Dr Lee")
    await practice.tick()
    claimed = {"claimed_by": by, "claimed_at": practice.clock.now() - ago}
    practice.run(update(outbox).values(state="sending", **claimed))

    assert busy(practice) == ({"outbox"} if is_busy else set())
