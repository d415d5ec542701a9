"""What a tick looks for is found among the few that wait, however many patients there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.keys import Vault
from bot.store import (
    alerts,
    calls,
    digests,
    gaps,
    glance,
    inbox,
    nudges,
    presence,
    roster,
    today,
    workload,
)
from bot.store.glance import Glance
from bot.store.store import Store
from bot.store.unit import Unit
from bot.store.wants import Wanted
from tests.bot.store.plans import plans

NOW = datetime(2027, 1, 13, 15, tzinfo=UTC)
LONGEST = {("red", "told"): timedelta(minutes=15), ("amber", "taken"): timedelta(hours=4)}
GLANCE = Glance(NOW, 0, LONGEST, timedelta(minutes=2), timedelta(minutes=5))
OF_THE_FEW = (
    "ix_alerts_due", "ix_alerts_asleep", "ix_alerts_open", "ix_patients_taken_due_at",
    "ix_messages_unseen", "ix_inbox_dead", "ix_inbox_waiting", "ix_nudges_coming",
)  # fmt: skip
TABLES = (
    "patients", "alerts", "nudges", "messages", "inbox", "outbox", "calls", "scores", "contacts",
    "mails", "alert_moves",
)  # fmt: skip
Work = Callable[[Unit], object]


@pytest.fixture
def store(sqlite_url: str, vault: Vault) -> Iterator[Store]:
    """A store on a file, which says how it answers what it is asked."""
    opened = Store.open(sqlite_url, vault)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda unit: alerts.due(unit, NOW), id="alerts that are due"),
        pytest.param(lambda unit: alerts.asleep(unit, NOW, LONGEST), id="alerts asleep"),
        pytest.param(lambda unit: glance.busy(unit, GLANCE), id="what a tick has to do"),
        pytest.param(alerts.open_counts, id="open alerts by tier"),
        pytest.param(alerts.next_deadline, id="the next deadline"),
        pytest.param(digests.next_due, id="the next digest"),
        pytest.param(lambda unit: presence.due(unit, NOW), id="silent take-overs"),
        pytest.param(presence.next_due, id="the next silence"),
        pytest.param(lambda unit: calls.due(unit, NOW), id="calls"),
        pytest.param(nudges.next_due, id="the next nudge"),
        pytest.param(gaps.open_gaps, id="gaps"),
        pytest.param(inbox.counts, id="the inbox"),
        pytest.param(lambda unit: today.unread(unit, 50, open_to=None, at=NOW), id="unread words"),
        pytest.param(lambda unit: _table(unit, "score-peg"), id="patients by a score"),
        pytest.param(lambda unit: _table(unit, "pseudonym"), id="patients by name"),
        pytest.param(lambda unit: _table(unit, "due"), id="patients by what comes next"),
        pytest.param(lambda unit: _table(unit, "phase", open_to=2), id="patients by phase"),
        pytest.param(lambda unit: _table(unit, "due", off_track=True), id="who is off track"),
        pytest.param(
            lambda unit: _table(unit, "due", off_track=True, open_to=2),
            id="off track and one's own",
        ),
        pytest.param(lambda unit: today.unread(unit, 50, open_to=2, at=NOW), id="one's unread"),
        pytest.param(lambda unit: today.open_alerts(unit, 100), id="open alerts"),
        pytest.param(lambda unit: list(workload.steps(unit, NOW)), id="what became of alerts"),
        pytest.param(lambda unit: list(workload.written(unit, NOW)), id="how soon words had one"),
    ],
)
def test_nobody_looks_through_everything(store: Store, work: Work) -> None:
    """A table that grows with the patients is never read row by row."""
    found = store.read_now(plans, work)

    assert found
    assert [plan for plan in found if _is_through_all(plan)] == []


def _table(unit: Unit, sort: str, **wish: Any) -> object:
    return roster.page(unit, Wanted(sort=sort, **wish), (), at=NOW)


def _is_through_all(plan: str) -> bool:
    """Whether this line says that a whole table is read, and not one of the few or a narrow one."""
    is_scan = any(plan.startswith(f"SCAN {name}") for name in TABLES)
    return is_scan and "COVERING INDEX" not in plan and not any(i in plan for i in OF_THE_FEW)
